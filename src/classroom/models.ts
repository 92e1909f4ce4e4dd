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
