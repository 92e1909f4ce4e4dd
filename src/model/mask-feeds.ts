import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { isTensor, sizeOf, type Tensor } from "../core/tensor.js";
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

const KINDS = ["separable", "segments", "dense", "parts"];

/** How many copies a batch asks for. @throws SightlineError `bad-config` for what is no batch of masks */
export function checkMaskedBatch(batch: MaskedBatch): number {
  const { delta, base, count, masks } = batch ?? {};
  const whole = Number.isInteger(count) && count >= 0;
  const tensors = isTensor(delta) && (base === undefined || isTensor(base));
  if (whole && tensors && KINDS.includes(masks?.kind)) return count;
  throw new SightlineError("bad-config", `not a batch of masks: ${kindOf(batch)}`, {
    received: batch,
    expected: "{ delta, count, masks, base?, layer? } with masks of kind 'separable', 'segments', 'dense' or 'parts'",
  });
}

/** @throws SightlineError `shape-mismatch`, `not-finite` where base, delta or masks do not fit what they perturb */
export function maskFeeds({ base, delta, count, masks }: MaskedBatch, perturbed: MaskedTensor): MaskFeeds {
  checkPart(base, "base", perturbed.dims);
  const parts = masks.kind === "parts" ? delta.dims[0] : 1;
  checkPart(delta, "delta", [parts, ...perturbed.dims.slice(1)]);
  const { height, width } = perturbed.geometry;
  const rows: Record<string, Rows> = {};
  const fixed: Record<string, Constant> = { [MASK_PORTS.delta]: asConstant(delta) };
  if (masks.kind === "separable") {
    rows[MASK_PORTS.left] = { data: masks.left, dims: [count, height, masks.rank] };
    rows[MASK_PORTS.right] = { data: masks.right, dims: [count, masks.rank, width] };
  } else if (masks.kind === "segments") {
    rows[MASK_PORTS.weights] = { data: masks.weights, dims: [count, masks.segments] };
    const { labels } = masks;
    if (labels?.length !== height * width) throw shapeMismatch("the segments", [labels?.length ?? 0], [height * width]);
    fixed[MASK_PORTS.labels] = { type: DataType.INT32, dims: [labels.length], data: labels };
  } else if (masks.kind === "parts") {
    rows[MASK_PORTS.weights] = { data: masks.weights, dims: [count, parts] };
  } else {
    rows[MASK_PORTS.data] = { data: masks.data, dims: [count, height * width] };
  }
  for (const [name, { data, dims }] of Object.entries(rows)) {
    if (data?.length !== sizeOf(dims)) throw shapeMismatch(`the masks (${name})`, [data?.length ?? 0], dims);
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
