import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SightlineError } from "../core/errors.js";
import { evaluate } from "../evaluate/evaluate.js";
import { massInside } from "../evaluate/relevance-mass.js";
import { type CaseThresholds, caseOf } from "../explain/cases.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { SaliencyMap } from "../explanation/saliency-map.js";
import { decodeImage } from "../image/decode.js";
import type { PreparedImage, RawImage } from "../image/types.js";
import { answersOf } from "../model/ranking.js";
import type { Model } from "../model/types.js";
import type { AuditItem } from "./items.js";
import type { AuditRow } from "./row.js";
import { thumbnailOf } from "./thumbnail.js";

/** How each picture is looked at. */
export interface ExamineOptions {
  readonly method: string;
  readonly preset: "speed" | "balance" | "quality";
  readonly seed: number;
  /** The method's own options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly thresholds: CaseThresholds;
  /** Also measure how stable each map is, which costs the method again a few times. */
  readonly stability: boolean;
  readonly signal?: AbortSignal;
}

/** One picture looked at: its row (where it is stored left open), its map and a thumbnail. */
export interface Examined {
  readonly row: Omit<AuditRow, "shard" | "map_row">;
  readonly map?: SaliencyMap;
  readonly thumbnail?: Uint8Array;
}

/** Evidence is shared out on a grid of so many cells a side. */
const GRID = 40;

const EMPTY: Omit<Examined["row"], "path"> = {
  sha256: null,
  width: null,
  height: null,
  truth: null,
  prediction: null,
  probability: null,
  second: null,
  second_probability: null,
  truth_probability: null,
  correct: null,
  case: null,
  method: null,
  peak_x: null,
  peak_y: null,
  concentration: null,
  border_share: null,
  mask_share: null,
  stability: null,
  notes: null,
  error: null,
};

/**
 * Looks at one picture. What is wrong with the picture becomes its row's `error`; what is wrong with the model or the
 * work itself is thrown.
 * @throws SightlineError `aborted`, `worker-died`, `model-closed`, …
 */
export async function examine(model: Model, item: AuditItem, settings: ExamineOptions): Promise<Examined> {
  const { method, preset, seed, options, thresholds, signal } = settings;
  const known = { ...EMPTY, path: item.path, truth: item.truth ?? null };
  let bytes: Uint8Array;
  let prepared: PreparedImage;
  let explanation: Explanation;
  try {
    bytes = await readFile(item.file).catch((cause: NodeJS.ErrnoException) => {
      throw new SightlineError("file-not-found", "the file could not be read", { received: cause.code, cause });
    });
    prepared = await model.prepare(bytes, { signal });
    explanation = await explain(model, prepared, { method, preset, seed, ...options, signal } as object);
  } catch (error) {
    if (isOfThePicture(error)) return { row: { ...known, error: `${error.code}: ${error.message}` } };
    throw error;
  }
  const { provenance } = explanation;
  const predictions = answersOf(explanation.predictions);
  const { view } = prepared;
  const { image } = prepared.picture;
  const [first, second] = predictions;
  const truths = item.truth?.split("|");
  const map = explanation.map();
  const peak = map.peak();
  const evidence = map.resize(GRID, GRID).data.map((value) => Math.max(0, value));
  const some = evidence.some((value) => value > 0);
  const mask = item.mask === undefined ? {} : await maskGrid(item.mask, prepared);
  const truthProbability = truths && predictions.filter(({ label }) => truths.includes(label));
  return {
    map,
    thumbnail: thumbnailOf(image, view),
    row: {
      ...known,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      width: image.width,
      height: image.height,
      prediction: first.label,
      probability: first.probability,
      second: second?.label ?? null,
      second_probability: second?.probability ?? null,
      truth_probability: truthProbability?.[0]?.probability ?? null,
      correct: truths ? truths.includes(first.label) : null,
      case: caseOf(predictions, truths, thresholds),
      method: provenance.method,
      peak_x: peak.x,
      peak_y: peak.y,
      concentration: some ? strongestShare(evidence) : null,
      border_share: some ? massInside(evidence, BORDER) : null,
      mask_share: some && mask.cells ? massInside(evidence, mask.cells) : null,
      stability: settings.stability ? await stabilityOf(model, prepared, explanation, signal) : null,
      notes: [...provenance.notes, ...(mask.note ? [mask.note] : [])].join("\n") || null,
    },
  };
}

const OF_THE_PICTURE: ReadonlySet<string> = new Set(["bad-image", "image-too-large", "file-not-found", "not-finite"]);

const isOfThePicture = (error: unknown): error is SightlineError =>
  error instanceof SightlineError && OF_THE_PICTURE.has(error.code);

const BORDER = Uint8Array.from({ length: GRID * GRID }, (_, i) => {
  const [x, y] = [i % GRID, Math.floor(i / GRID)];
  return Math.min(x, y, GRID - 1 - x, GRID - 1 - y) < GRID / 10 ? 1 : 0;
});

/** Share of the evidence in the strongest tenth of the cells. */
function strongestShare(evidence: Float32Array): number {
  const sorted = evidence.toSorted();
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
  return sum(sorted.subarray(-Math.round(sorted.length / 10))) / sum(sorted);
}

/** A mask picture, cut to the model's view, on the grid; what is wrong with it is said in a note. */
async function maskGrid(
  file: string,
  { view, picture: { image: pixels } }: PreparedImage,
): Promise<{ cells?: Uint8Array; note?: string }> {
  let mask: RawImage;
  try {
    ({ image: mask } = await decodeImage(file, { background: "black" }));
  } catch (error) {
    if (isOfThePicture(error)) return { note: `the mask could not be read: ${error.code}: ${error.message}` };
    throw error;
  }
  const cells = Uint8Array.from({ length: GRID * GRID }, (_, i) => {
    const x = (view.x + (((i % GRID) + 0.5) / GRID) * view.width) / pixels.width;
    const y = (view.y + ((Math.floor(i / GRID) + 0.5) / GRID) * view.height) / pixels.height;
    const column = Math.min(mask.width - 1, Math.floor(x * mask.width));
    const row = Math.min(mask.height - 1, Math.floor(y * mask.height));
    return mask.data[(row * mask.width + column) * 3] >= 128 ? 1 : 0;
  });
  return { cells };
}

async function stabilityOf(
  model: Model,
  prepared: PreparedImage,
  e: Explanation,
  signal?: AbortSignal,
): Promise<number | null> {
  const result = await evaluate(model, prepared, e, { metrics: ["stability"], nulls: 0, signal });
  return result.get("stability").value;
}
