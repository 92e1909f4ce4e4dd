import type { Case } from "../../src/explain/cases.js";
import type { Explanation } from "../../src/explain/explanation.js";
import { methods } from "../../src/methods/registry.js";
import type { DetectionModel } from "../../src/model/detection/types.js";
import type { Model } from "../../src/model/types.js";
import type { Figure } from "../../src/render/figure.js";
import { runCode } from "../support/run-code.js";

/** The situations in which a reader meets a prediction, as `caseOf` calls them, and in the words of a caption. */
export const CASES = {
  "true positive, high confidence": "right and sure",
  "true positive, low confidence": "right but unsure",
  "false positive, high confidence": "wrong and sure",
  "mixed predictions": "torn between two, one of them right",
  "missed class": "torn between two, the right one third",
} as const satisfies Partial<Record<Case, string>>;

export type GalleryCase = keyof typeof CASES;

export interface GalleryPicture {
  /** From the repository's root. */
  readonly file: string;
  readonly case: GalleryCase;
  /** What the picture shows: the classes that would be right. */
  readonly truth: readonly string[];
}

/** A model, and a picture of each case for it. */
export interface Collection {
  /** Code that loads it as `model`. */
  readonly load: string;
  readonly pictures: readonly GalleryPicture[];
}

const photographs: readonly GalleryPicture[] = [
  { file: "notebooks/images/camera.png", case: "true positive, high confidence", truth: ["tripod"] },
  { file: "test/fixtures/gallery/camera-top.png", case: "true positive, low confidence", truth: ["tripod"] },
  { file: "notebooks/images/clock_motion.png", case: "false positive, high confidence", truth: ["wall clock"] },
  { file: "notebooks/images/chelsea.png", case: "mixed predictions", truth: ["tiger cat", "tabby"] },
  { file: "notebooks/images/grace_hopper.jpg", case: "missed class", truth: ["military uniform"] },
];

const drawing = (name: string, kind: GalleryCase, truth: string): GalleryPicture => ({
  file: `test/fixtures/gallery/${name}.png`,
  case: kind,
  truth: [truth],
});

export const COLLECTIONS = {
  photographs: { load: 'const model = await loadModel("efficientnet-lite0");', pictures: photographs },
  embedded: {
    load: `await using plain = await loadModel("efficientnet-lite0");
await insertXai(plain, { method: "recipro-cam", output: "dist/lite0-xai.onnx" });
const { labels, info } = plain;
const model = await loadModel("dist/lite0-xai.onnx", { labels, preprocess: info.preprocess });`,
    pictures: photographs,
  },
  detector: {
    load: `const labels = ["red", "green", "blue"];
const model = await loadModel("test/fixtures/gallery/blobs.onnx", { task: "detection", labels });`,
    pictures: [
      drawing("blobs-1", "true positive, high confidence", "red"),
      drawing("blobs-2", "true positive, low confidence", "red"),
      drawing("blobs-3", "false positive, high confidence", "nothing: a bar is no blob"),
      drawing("blobs-4", "mixed predictions", "red"),
      drawing("blobs-5", "mixed predictions", "red"),
    ],
  },
  transformer: {
    load: `const model = await loadModel("test/fixtures/gallery/vit.onnx", classroom.models.honest.options);`,
    pictures: [
      drawing("vit-1", "true positive, high confidence", "fish"),
      drawing("vit-2", "true positive, low confidence", "star"),
      drawing("vit-3", "false positive, high confidence", "fish"),
      drawing("vit-4", "mixed predictions", "star"),
      drawing("vit-5", "missed class", "heart"),
    ],
  },
} as const satisfies Record<string, Collection>;

/** The methods that need another kind of model than the photographs' one. */
const ELSEWHERE: Readonly<Record<string, keyof typeof COLLECTIONS>> = {
  "d-rise": "detector",
  "det-class-probability-map": "detector",
  embedded: "embedded",
  "vit-recipro-cam": "transformer",
  "attention-rollout": "transformer",
  "transformer-relevance": "transformer",
  "attn-lrp": "transformer",
};

/** A preset that costs more passes than this is not used where a cheaper one is there. */
const MOST_FORWARD = 600;
const MOST_BACKWARD = 100;

export interface GalleryEntry {
  readonly method: string;
  readonly signed: boolean;
  readonly preset: "speed" | "balance";
  readonly collection: keyof typeof COLLECTIONS;
  /** Forward and backward passes of the preset for one class. */
  readonly passes: number;
}

/** The methods, in the order of the registry. */
export const entries: readonly GalleryEntry[] = methods().map(({ name, signed, presets }) => {
  const { forward, backward } = presets.balance;
  const preset = forward > MOST_FORWARD || backward > MOST_BACKWARD ? "speed" : "balance";
  const passes = presets[preset].forward + presets[preset].backward;
  return { method: name, signed, preset, collection: ELSEWHERE[name] ?? "photographs", passes };
});

/** What a reader types for a picture of the gallery, where `model` is its collection's; {@link drawn} runs this very text. */
export function codeOf({ method, signed, preset }: GalleryEntry, { file }: GalleryPicture): string {
  const options = [`method: "${method}"`, ...(preset === "balance" ? [] : [`preset: "${preset}"`])].join(", ");
  return `const explanation = await explain(model, "${file}", { ${options} });
const figure = await visualize(explanation${signed ? ', { polarity: "both" }' : ""});`;
}

/** Where a picture of a method is kept, below test/gallery/methods/. */
export const webp = ({ method }: GalleryEntry, { file }: GalleryPicture): string =>
  `${method}/${file.replace(/^.*\//, "").replace(/\.\w+$/, "")}.webp`;

/** Loads a collection's model as its code says. */
export async function loadCollection(name: keyof typeof COLLECTIONS): Promise<Model | DetectionModel> {
  let loaded: unknown;
  await runCode(COLLECTIONS[name].load, {}, ["model"], ({ model }) => {
    loaded = model;
  });
  return loaded as Model | DetectionModel;
}

/** The figure that an entry's code makes, and what it says of its cost. */
export async function drawn(
  entry: GalleryEntry,
  picture: GalleryPicture,
  model: Model | DetectionModel,
): Promise<{ figure: Figure; forward: number; backward: number }> {
  let made: Record<string, unknown> = {};
  await runCode(codeOf(entry, picture), { model }, ["explanation", "figure"], (values) => {
    made = values;
  });
  const { provenance } = made.explanation as Explanation;
  return { figure: made.figure as Figure, forward: provenance.forwardPasses, backward: provenance.backwardPasses };
}
