import type { Finding } from "../audit/findings.js";
import { evidenceOf } from "../audit/shortcuts/evidence.js";
import { searchPictures } from "../audit/shortcuts/find-shortcuts.js";
import { type SearchedPicture, SMALLEST_GROUP } from "../audit/shortcuts/searched-pictures.js";
import { shortcutFindings } from "../audit/shortcuts/shortcut-findings.js";
import type { ShortcutReport } from "../audit/shortcuts/types.js";
import { random } from "../core/random.js";
import { testClaim } from "../evaluate/claim.js";
import type { ClaimResult } from "../evaluate/claim-result.js";
import { topRegion } from "../evaluate/region.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { ImageSource } from "../image/types.js";
import type { Model } from "../model/types.js";
import { plural } from "../render/format.js";
import { type Examples, prepareExample } from "./examples.js";

/** What the model sees in one picture of a class, and whether that is so. */
export interface ClassLook {
  readonly label: string;
  readonly image: ImageSource;
  /** Of the class, whatever the model answers. */
  readonly explanation: Explanation;
  /** What becomes of the class when the map's strongest part is hidden. */
  readonly claim: ClaimResult;
}

/** What came out when a trained model was asked at once what it looks at. */
export interface Examination {
  readonly looks: readonly ClassLook[];
  /** What is flagged as a shortcut among the training pictures; the same as an audit's findings. */
  readonly findings: readonly Finding[];
  /** The whole search, for a report. */
  readonly shortcuts: ShortcutReport;
  readonly notes: readonly string[];
}

/** Pictures that are searched for shortcuts; of more, a sample. */
const MOST_SEARCHED = 200;
/** Share of the picture that the claim hides. */
const HIDDEN = 0.15;

/**
 * Evidence for one class against the others, whatever constant its scores have in common: a new head's biases may be
 * larger than what one cell adds, and maps of scores, such as those of recipro-cam, then have one sign all over.
 */
function methodFor({ info }: Model): "grad-cam" | "auto" {
  return info.methods.some(({ method, supported }) => method === "grad-cam" && supported) ? "grad-cam" : "auto";
}

export interface ExaminationOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Pictures that show each class, by their position: the first ones that were answered right. */
  readonly shown: readonly number[];
  /** Called after each picture. */
  step(): void;
}

/** How often `step` is called. */
export const examinationSteps = ({ items, labels }: Examples): number =>
  Math.min(MOST_SEARCHED, items.length) + labels.length;

/** Maps and claims for each class, and the search of the training pictures for a shortcut. */
export async function examineTrained(
  model: Model,
  examples: Examples,
  { seed, signal, shown, step }: ExaminationOptions,
): Promise<Examination> {
  const looks: ClassLook[] = [];
  const { labels, items, counts } = examples;
  const method = methodFor(model);
  for (const [index, label] of labels.entries()) {
    const prepared = await prepareExample(model, items[shown[index]], signal);
    const explanation = await explain(model, prepared, { method, targets: index, preset: "speed", seed, signal });
    const region = topRegion(explanation.map(), HIDDEN, model.info.input);
    const claim = await testClaim(model, prepared, region, { target: index, seed, signal });
    looks.push({ label, image: items[shown[index]].image, explanation, claim });
    step();
  }
  const source = random(seed);
  const sample = source.shuffle([...items]).slice(0, MOST_SEARCHED);
  const searched: SearchedPicture[] = [];
  for (const example of sample) {
    const prepared = await prepareExample(model, example, signal);
    const explanation = await explain(model, prepared, { method, preset: "speed", seed, signal });
    const prediction = explanation.targets[0].label;
    searched.push({ path: example.name, prediction, image: example.image, evidence: evidenceOf(explanation.map()) });
    step();
  }
  const shortcuts = await searchPictures(model, searched, source, { seed, signal });
  const least = Math.min(...counts);
  const notes: string[] = [];
  if (sample.length < items.length) {
    notes.push(`shortcuts were looked for in ${sample.length} of ${plural(items.length, "picture")}`);
  }
  if (least < SMALLEST_GROUP) {
    notes.push(
      `a shortcut can be found among at least ${SMALLEST_GROUP} pictures of a class: the smallest has ${least}`,
    );
  }
  return { looks, findings: shortcutFindings(shortcuts), shortcuts, notes };
}
