import { sha256 } from "#platform/hash";
import { evaluate } from "../../evaluate/evaluate.js";
import { type CaseAnswer, type CaseThresholds, caseOf } from "../../explain/cases.js";
import { observePicture, runPlan } from "../../explain/classification.js";
import type { Explanation } from "../../explain/explanation.js";
import { planOf } from "../../explain/plan.js";
import { splitLabels } from "../../explain/truth-text.js";
import type { SaliencyMap } from "../../explanation/saliency-map.js";
import { readEncoded } from "../../image/read-encoded.js";
import type { PreparedImage } from "../../image/types.js";
import { featureRows, penultimateOf } from "../../model/features.js";
import { answersOf, hasIndependentLabels, seenLabels } from "../../model/ranking.js";
import type { Model } from "../../model/types.js";
import { labelSetText, labelsOfText } from "../labels/label-set.js";
import type { AuditRow } from "../row.js";
import type { AuditItem } from "../sources/item.js";
import { borderShare, concentration, coveredShare, evidenceOf } from "./evidence-grid.js";
import { maskCoverage } from "./mask-coverage.js";
import { isPictureError } from "./picture-error.js";
import { pixelColumns } from "./pixel-columns.js";
import { thumbnailOf } from "./thumbnail.js";

/** How each picture is examined. */
export interface ExamineOptions {
  readonly method: string;
  readonly preset: "speed" | "balance" | "quality";
  readonly seed: number;
  /** The method's own options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly thresholds: CaseThresholds;
  /** Also measure how stable each map is, which costs the method again a few times. */
  readonly stability: boolean;
  readonly decode?: "fast";
  readonly signal?: AbortSignal;
}

type PictureRow = Omit<AuditRow, "shard" | "map_row">;

/** One picture examined: its row (without where it is stored), its map and a thumbnail. */
export interface Examined {
  readonly row: PictureRow;
  readonly map?: SaliencyMap;
  readonly thumbnail?: Uint8Array;
  /** Probability of each class. */
  readonly scores?: Float32Array;
  /** What the model's last linear layer reads, where there is one such layer. */
  readonly features?: Float32Array;
}

/** Of classes that exclude each other. */
const NO_LABEL_SETS = { seen: null, missed: null, mistaken: null } as const;

const EMPTY_ROW: Omit<PictureRow, "path"> = {
  sha256: null,
  width: null,
  height: null,
  truth: null,
  prediction: null,
  probability: null,
  second: null,
  second_probability: null,
  truth_probability: null,
  ...NO_LABEL_SETS,
  correct: null,
  case: null,
  method: null,
  peak_x: null,
  peak_y: null,
  concentration: null,
  border_share: null,
  mask_share: null,
  stability: null,
  split: null,
  brightness: null,
  darkest: null,
  brightest: null,
  saturation: null,
  sharpness: null,
  entropy: null,
  notes: null,
  error: null,
};

/**
 * Examines one picture. What is wrong with the picture becomes its row's `error`; what is wrong with the model or the
 * work itself is thrown.
 * @throws SightlineError `aborted`, `worker-died`, `model-closed`, …
 */
export async function examine(model: Model, item: AuditItem, settings: ExamineOptions): Promise<Examined> {
  const labelled = { ...EMPTY_ROW, path: item.path, truth: item.truth ?? null, split: item.split ?? null };
  let explained: ExplainedFile;
  try {
    explained = await explainFile(model, item.file, settings);
  } catch (error) {
    if (isPictureError(error)) return { row: { ...labelled, error: `${error.code}: ${error.message}` } };
    throw error;
  }
  const { bytes, prepared, explanation, scores, features } = explained;
  const { image, whole = image } = prepared.picture;
  const map = explanation.map();
  const mask = item.mask === undefined ? {} : await maskCoverage(item.mask, prepared, bytes);
  const { notes } = explanation.provenance;
  return {
    map,
    thumbnail: thumbnailOf(image, prepared.view),
    scores,
    features,
    row: {
      ...labelled,
      sha256: sha256(bytes),
      width: whole.width,
      height: whole.height,
      ...(hasIndependentLabels(model.info) ? labelColumns : answerColumns)(explanation, item, {
        labels: model.labels,
        thresholds: settings.thresholds,
        probabilities: scores,
      }),
      method: explanation.provenance.method,
      ...mapColumns(map, mask.cells),
      ...pixelColumns(image),
      stability: settings.stability ? await stabilityOf(model, explained, settings.signal) : null,
      notes: [...notes, ...(mask.note ? [mask.note] : [])].join("\n") || null,
    },
  };
}

interface ExplainedFile {
  readonly bytes: Uint8Array;
  readonly prepared: PreparedImage;
  readonly explanation: Explanation;
  readonly scores: Float32Array;
  readonly features?: Float32Array;
}

async function explainFile(model: Model, file: string, settings: ExamineOptions): Promise<ExplainedFile> {
  const { method, preset, seed, options, decode, signal } = settings;
  const { bytes } = await readEncoded(file, signal);
  const prepared = await model.prepare(bytes, { decode, signal });
  const asked = { method, preset, seed, ...options, signal };
  const plan = planOf(model, asked);
  const features = penultimateOf(model);
  const layers = new Set([...plan.observed, ...(features ? [features.tensor] : [])]);
  const observed = await observePicture(model, prepared, [...layers], signal);
  const activation = features && observed.activations.get(features.tensor);
  return {
    bytes,
    prepared,
    explanation: await runPlan(model, plan, asked, async () => observed),
    scores: model.probabilities(observed.scores).data,
    features: features && activation && featureRows(activation, features)[0],
  };
}

interface Answered {
  readonly labels: readonly string[];
  readonly thresholds: CaseThresholds;
  readonly probabilities: Float32Array;
}

type AnswerColumns = Pick<
  AuditRow,
  | "prediction"
  | "probability"
  | "second"
  | "second_probability"
  | "truth_probability"
  | "seen"
  | "missed"
  | "mistaken"
  | "correct"
  | "case"
>;

/** What the model says, and whether that is right. */
function answerColumns(
  explanation: Explanation,
  { truth }: AuditItem,
  { labels, thresholds }: Answered,
): AnswerColumns {
  const answers = answersOf(explanation.predictions);
  const [first, second] = answers;
  const truths = truth === undefined ? undefined : splitLabels(truth, (label) => labels.includes(label));
  const trueAnswer = truths && answers.find(({ label }) => truths.includes(label));
  return {
    prediction: first.label,
    probability: first.probability,
    second: second?.label ?? null,
    second_probability: second?.probability ?? null,
    truth_probability: trueAnswer?.probability ?? null,
    ...NO_LABEL_SETS,
    correct: truths ? truths.includes(first.label) : null,
    case: caseOf(answers, truths, thresholds),
  };
}

/** What a model of independent labels sees, and whether that is all of the truth; the case is that of the most probable label. */
function labelColumns(
  explanation: Explanation,
  { truth }: AuditItem,
  { labels, thresholds, probabilities }: Answered,
): AnswerColumns {
  const [first, second] = explanation.predictions;
  const seen = seenLabels(probabilities).map((index) => labels[index]);
  const answer = {
    prediction: first.label,
    probability: first.probability,
    second: second.label,
    second_probability: second.probability,
    seen: labelSetText(seen, labels),
  };
  if (truth === undefined) {
    const unknown = { truth_probability: null, missed: null, mistaken: null, correct: null };
    return { ...answer, ...unknown, case: caseOf(explanation.predictions, undefined, thresholds) };
  }
  const truths = labelsOfText(truth, new Set(labels));
  const own = truths.map((label) => ({ label, probability: probabilities[labels.indexOf(label)] }));
  const missed = truths.filter((label) => !seen.includes(label));
  const mistaken = seen.filter((label) => !truths.includes(label));
  const some = (set: readonly string[]) => (set.length > 0 ? labelSetText(set, labels) : null);
  return {
    ...answer,
    truth_probability: own.length > 0 ? Math.min(...own.map(({ probability }) => probability)) : null,
    missed: some(missed),
    mistaken: some(mistaken),
    correct: missed.length === 0 && mistaken.length === 0,
    case: labelCase([first, second, ...own], truths, thresholds),
  };
}

/** No case speaks of a picture without labels in which none is held likely. */
function labelCase(answers: readonly CaseAnswer[], truths: readonly string[], thresholds: CaseThresholds) {
  if (truths.length > 0) return caseOf(answers, truths, thresholds);
  return answers[0].probability >= thresholds.high ? "false positive, high confidence" : null;
}

/** Where the map's peak and its evidence are. */
function mapColumns(map: SaliencyMap, mask: Float32Array | undefined) {
  const peak = map.peak();
  const evidence = evidenceOf(map);
  return {
    peak_x: peak.x,
    peak_y: peak.y,
    concentration: evidence ? concentration(evidence) : null,
    border_share: evidence ? borderShare(evidence) : null,
    mask_share: evidence && mask ? coveredShare(evidence, mask) : null,
  };
}

async function stabilityOf(
  model: Model,
  { prepared, explanation }: ExplainedFile,
  signal?: AbortSignal,
): Promise<number | null> {
  const result = await evaluate(model, prepared, explanation, { metrics: ["stability"], nulls: 0, signal });
  return result.get("stability").value;
}
