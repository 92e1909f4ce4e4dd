import { sizeOf, type Tensor } from "../core/tensor.js";
import { type Constant, DataType } from "../onnx/constant.js";
import { MASK_PORTS, type MaskGeometry } from "../onnx/masking.js";
import type { Rows } from "./passes.js";
import { checkFinite, shapeMismatch } from "./tensor-checks.js";
import type { MaskedBatch } from "./types.js";

/** The tensor that masks perturb. */
export interface MaskedTensor {
  readonly dims: readonly number[];
  readonly geometry: MaskGeometry;
}

/** What a masked graph is fed. */
export interface MaskFeeds {
  /** With a row per mask. */
  readonly rows: Readonly<Record<string, Rows>>;
  /** The same for all masks. */
  readonly fixed: Readonly<Record<string, Constant>>;
  readonly hasBase: boolean;
}

/** @throws SightlineError `shape-mismatch`, `not-finite` where base, delta or masks do not fit what they perturb */
export function maskFeeds({ base, delta, count, masks }: MaskedBatch, perturbed: MaskedTensor): MaskFeeds {
  checkPart(base, "base", perturbed.dims);
  checkPart(delta, "delta", perturbed.dims);
  const { height, width } = perturbed.geometry;
  const rows: Record<string, Rows> = {};
  const fixed: Record<string, Constant> = { [MASK_PORTS.delta]: asConstant(delta) };
  if (masks.kind === "separable") {
    rows[MASK_PORTS.left] = { data: masks.left, dims: [count, height, masks.rank] };
    rows[MASK_PORTS.right] = { data: masks.right, dims: [count, masks.rank, width] };
  } else if (masks.kind === "segments") {
    rows[MASK_PORTS.weights] = { data: masks.weights, dims: [count, masks.segments] };
    const { labels } = masks;
    if (labels.length !== height * width) throw shapeMismatch("the segments", [labels.length], [height * width]);
    fixed[MASK_PORTS.labels] = { type: DataType.INT32, dims: [labels.length], data: labels };
  } else {
    rows[MASK_PORTS.data] = { data: masks.data, dims: [count, height * width] };
  }
  for (const [name, { data, dims }] of Object.entries(rows)) {
    if (data.length !== sizeOf(dims)) throw shapeMismatch(`the masks (${name})`, [data.length], dims);
  }
  const hasBase = base?.data.some((value) => value !== 0) ?? false;
  if (base && hasBase) fixed[MASK_PORTS.base] = asConstant(base);
  return { rows, fixed, hasBase };
}

function checkPart(tensor: Tensor | undefined, name: string, dims: readonly number[]): void {
  if (!tensor) return;
  if (tensor.dims.join() !== dims.join()) throw shapeMismatch(`the masks' ${name}`, tensor.dims, dims);
  checkFinite(tensor.data, `the masks' ${name}`);
}

function asConstant({ data, dims }: Tensor): Constant {
  return { type: DataType.FLOAT, dims, data };
}
