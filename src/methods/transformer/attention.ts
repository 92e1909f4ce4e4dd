import { SightlineError } from "../../core/errors.js";
import type { RawMap } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import type { LayerInfo, ModelInfo } from "../../model/types.js";
import type { Subject } from "../method.js";

/** Why attention cannot be followed through a model; undefined when it can. */
export function attentionUnsupported(model: ModelInfo, layers: readonly LayerInfo[]): string | undefined {
  if (!model.attentions?.length) return "no attention matrices between all tokens were found in the graph";
  return layers.some((layer) => layer.kind === "tokens") ? undefined : "no tokens that stand for patches were found";
}

/** Names of the attention matrices, first block first. */
export function attentionsOf(subject: Subject): readonly string[] {
  const names = subject.info.attentions ?? [];
  if (names.length > 0) return names;
  throw new SightlineError("no-feature-layer", "no attention matrices between all tokens were found in the graph", {
    expected: "a transformer whose attention is a softmax over tokens",
    next: "use a method that needs no attention, such as recipro-cam or integrated-gradients",
  });
}

/** A square matrix, row-major, in double precision. */
export type Matrix = Float64Array;

export function multiply(a: Matrix, b: Matrix, n: number): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const value = a[i * n + k];
      if (value === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j] += value * b[k * n + j];
    }
  }
  return out;
}

export function identity(n: number): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}

/** Mean over heads of a function of [1, heads, n, n] tensors' elements. */
export function overHeads(tensor: Tensor, value: (index: number) => number): { matrix: Matrix; n: number } {
  const n = tensor.dims.at(-1) as number;
  const heads = tensor.data.length / (n * n);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < tensor.data.length; i++) matrix[i % (n * n)] += value(i) / heads;
  return { matrix, n };
}

/**
 * What the picture's patches give to the result: the row of the class token, or the mean of all rows where the head pools
 * over tokens, laid out in rows and columns.
 */
export function patchMap(subject: Subject, matrix: Matrix, n: number): RawMap {
  const layer = subject
    .layers()
    .find(({ kind, geometry: g }) => kind === "tokens" && g.offset + g.height * g.width === n);
  if (!layer) {
    throw new SightlineError("no-feature-layer", `${n} tokens do not form rows and columns`, {
      expected: "tokens that stand for patches, after class and register tokens",
    });
  }
  const { offset, width, height } = layer.geometry;
  const rows = offset > 0 ? [0] : Array.from({ length: n }, (_, i) => i);
  const data = Float32Array.from({ length: width * height }, (_, p) => {
    return rows.reduce((sum, row) => sum + matrix[row * n + offset + p], 0) / rows.length;
  });
  return { data, width, height };
}
