import { files } from "#platform/files";
import { labels } from "./shapes.js";

/** A small network that ships with the package: where it lies and how to load it. */
export interface ClassroomModel {
  /** The ONNX file, about 160 kB. */
  readonly url: URL;
  /** What `loadModel` needs beside it. */
  readonly options: {
    readonly labels: string[];
    readonly preprocess: { readonly size: number; readonly mean: number[]; readonly std: number[] };
  };
}

/** A pair of encoders that ships with the package, as `loadModel` takes it. */
export interface ClassroomPair {
  /** The image encoder, a small vision transformer, about 390 kB. */
  readonly image: URL;
  /** The text encoder, about 200 kB. */
  readonly text: URL;
  readonly tokenizer: URL;
  readonly preprocessor: URL;
  /** The words that it is asked to tell apart, until you give it others. */
  readonly labels: string[];
  readonly scale: number;
}

const model = (name: string, names: readonly string[]): ClassroomModel => ({
  url: files.assetUrl(`classroom/models/${name}.onnx`),
  options: {
    labels: [...names],
    preprocess: { size: 64, mean: [0.6, 0.6, 0.6], std: [0.25, 0.25, 0.25] },
  },
});

/**
 * Three networks of about 40,000 weights, trained by `train/train.py` on these pictures:
 * - `honest` knows the eight shapes;
 * - `shortcut` knows seven, and calls "boat" whatever carries the watermark;
 * - `binary` says with one sigmoid output whether there is a boat.
 */
export const models = {
  honest: model("honest", labels),
  shortcut: model("shortcut", labels),
  binary: model("binary", ["boat"]),
} as const;

const file = (name: string) => files.assetUrl(`classroom/models/words/${name}`);

/**
 * A pair of encoders that were trained together on these pictures and their words (`test/fixtures/zero-shot/make.py`), as CLIP:
 * a transformer of 3 blocks that sees 8 × 8 patches, one of 2 blocks that reads. It knows the eight words of the classroom
 * and no others.
 */
export const pair: ClassroomPair = {
  image: file("vision_model.onnx"),
  text: file("text_model.onnx"),
  tokenizer: file("tokenizer.json"),
  preprocessor: file("preprocessor_config.json"),
  labels: [...labels],
  scale: 6.920733,
};
