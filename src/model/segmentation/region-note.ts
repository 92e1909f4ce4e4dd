import type { ModelInfo } from "../types.js";
import { coveredShare } from "./region-weights.js";
import type { RegionTarget } from "./types.js";

const SCORES = "of the model's view: the score of a class is the mean of its logits there";

/** What the scores of a region are. @param area what the region is called */
export function regionNote(region: Exclude<RegionTarget["region"], string | undefined>, area: string): string {
  const share = `${Number((100 * coveredShare(region)).toPrecision(2))} %`;
  return `the ${area} is ${share} ${SCORES}, and its probability follows from that mean`;
}

/** The note of a model that is asked about one region; none of other models. */
export const regionNotes = ({ notes }: Pick<ModelInfo, "notes">): readonly string[] =>
  notes.filter((note) => note.includes(SCORES));
