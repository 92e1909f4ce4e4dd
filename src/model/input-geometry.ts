import { SightlineError } from "../core/errors.js";
import type { Dim, Port } from "../onnx/graph.js";
import type { InputGeometry, Layout } from "./types.js";

const DEFAULT_SIZE = 224;

/** What the caller knows of a model's input. */
export interface GeometryWish {
  readonly layout?: Layout;
  /** Height and width, for graphs that leave them open. */
  readonly size?: readonly [number, number];
  /** Pictures come from a function that may make any number of channels. */
  readonly anyChannels?: boolean;
}

/** Dimensions of a batch of inputs. */
export function inputDims({ layout, channels, height, width }: InputGeometry, batch = 1): number[] {
  return layout === "nchw" ? [batch, channels, height, width] : [batch, height, width, channels];
}

/**
 * How pictures lie in a model's input, from what the file and the caller say.
 * @param wanted layout and size [height, width], where the caller knows them
 * @throws SightlineError `not-a-classifier`
 */
export function inputGeometry(
  { name, dims = [] }: Port,
  wanted: GeometryWish,
): { geometry: InputGeometry; notes: string[] } {
  const isColour = (dim: Dim) => dim === 1 || dim === 3 || dim === 4;
  const layout = wanted.layout ?? (!isColour(dims[1]) && isColour(dims[3]) ? "nhwc" : "nchw");
  const [channels, height, width] = layout === "nchw" ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  const { size } = wanted;
  const fixed = (dim: Dim, given: number | undefined) =>
    typeof dim === "number" && dim > 0 ? dim : (given ?? DEFAULT_SIZE);
  if (typeof channels === "number" && !isColour(channels) && !wanted.anyChannels) {
    throw new SightlineError("not-a-classifier", `the input '${name}' is [${dims.join(", ")}]`, {
      received: `[${dims.join(", ")}]`,
      expected: "an image with 3 channels, or 1, or 4 with alpha",
      next: "give a preprocess function that makes its channels, or preprocess: { layout } if they lie elsewhere",
    });
  }
  const geometry = {
    name,
    layout,
    channels: typeof channels === "number" ? channels : 3,
    height: fixed(height, size?.[0]),
    width: fixed(width, size?.[1]),
  };
  const assumed = !size && (typeof height !== "number" || typeof width !== "number");
  const notes = assumed
    ? [
        `the graph leaves the picture's size open; ${geometry.height} × ${geometry.width} is assumed (preprocess.size changes it)`,
      ]
    : [];
  return { geometry, notes };
}
