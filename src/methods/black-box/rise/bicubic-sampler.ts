import type { RawMap } from "../../../core/raw-map.js";
import type { Tensor } from "../../../core/tensor.js";
import type { MaskedBatch } from "../../../model/types.js";
import type { Subject } from "../../method.js";
import type { Sampler } from "../../sampling.js";
import type { RiseDesign } from "./rise-design.js";

/** Catmull's constant of the cubic kernel, as OpenCV has it. */
const SHARPNESS = -0.75;
const TAPS = 4;

/** Cubic weights of one axis, enlarged from `cells` to (cells + 1) · cell: four cells a position, edges repeated. */
interface CubicAxis {
  /** [size · 4]: cells. */
  readonly taps: Int32Array;
  /** [size · 4]: their weights. */
  readonly weights: Float64Array;
}

/** Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, eq. 15, half-pixel centres. */
function cubicAxis(size: number, cells: number): CubicAxis {
  const taps = new Int32Array(size * TAPS);
  const weights = new Float64Array(size * TAPS);
  for (let i = 0; i < size; i++) {
    const position = ((i + 0.5) * cells) / size - 0.5;
    const lower = Math.floor(position);
    for (let t = 0; t < TAPS; t++) {
      const cell = lower - 1 + t;
      const far = Math.abs(position - cell);
      taps[i * TAPS + t] = Math.min(cells - 1, Math.max(0, cell));
      weights[i * TAPS + t] =
        far < 1
          ? ((SHARPNESS + 2) * far - (SHARPNESS + 3)) * far * far + 1
          : SHARPNESS * (((far - 5) * far + 8) * far - 4);
    }
  }
  return { taps, weights };
}

/** What is kept of the even or the odd samples. */
interface Half {
  count: number;
  readonly masks: Float64Array;
  readonly scores: Float64Array;
  /** Σ score · mask per target. */
  readonly products: Float64Array[];
}

/**
 * RISE with grids enlarged by cubic interpolation and cut to 0…1, as OpenVINO XAI does. The cut makes masks that are no
 * products of rows and columns: each is made when its sample is asked for, and again when its scores come.
 */
export class BicubicRiseSampler implements Sampler {
  readonly halves = true;
  readonly chunk = 8;
  readonly #rows: CubicAxis;
  readonly #columns: CubicAxis;
  readonly #sums: readonly [Half, Half];

  constructor(
    private readonly design: RiseDesign,
    private readonly subject: Pick<Subject, "targets" | "probabilities">,
    private readonly centre: boolean,
    private readonly tensors: Pick<MaskedBatch, "base" | "delta">,
  ) {
    const { width, height, cells, rows, columns } = design;
    this.#rows = cubicAxis((cells + 1) * rows.cell, cells);
    this.#columns = cubicAxis((cells + 1) * columns.cell, cells);
    const half = (): Half => ({
      count: 0,
      masks: new Float64Array(width * height),
      scores: new Float64Array(subject.targets.length),
      products: subject.targets.map(() => new Float64Array(width * height)),
    });
    this.#sums = [half(), half()];
  }

  /** Mask n, [height · width], values 0…1. */
  mask(n: number): Float32Array {
    this.design.draw(n + 1);
    const { width, height, cells } = this.design;
    const grid = this.design.grids[n];
    const [shiftY, shiftX] = this.design.shifts[n];
    const band = new Float64Array(cells * width);
    for (let row = 0; row < cells; row++) {
      for (let x = 0; x < width; x++) {
        const at = (x + shiftX) * TAPS;
        let sum = 0;
        for (let t = at; t < at + TAPS; t++)
          sum += this.#columns.weights[t] * grid[row * cells + this.#columns.taps[t]];
        band[row * width + x] = sum;
      }
    }
    const mask = new Float32Array(height * width);
    for (let y = 0; y < height; y++) {
      const at = (y + shiftY) * TAPS;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let t = at; t < at + TAPS; t++) sum += this.#rows.weights[t] * band[this.#rows.taps[t] * width + x];
        mask[y * width + x] = Math.min(1, Math.max(0, sum));
      }
    }
    return mask;
  }

  batch(from: number, count: number): MaskedBatch {
    const size = this.design.width * this.design.height;
    const data = new Float32Array(count * size);
    for (let n = 0; n < count; n++) data.set(this.mask(from + n), n * size);
    return { ...this.tensors, count, masks: { kind: "dense", data } };
  }

  take(raw: Tensor, from: number): void {
    const { data, dims } = this.subject.probabilities(raw);
    const [count, classes] = dims;
    for (let n = 0; n < count; n++) {
      const half = this.#sums[(from + n) % 2];
      const mask = this.mask(from + n);
      half.count++;
      for (let p = 0; p < mask.length; p++) half.masks[p] += mask[p];
      this.subject.targets.forEach((target, t) => {
        const score = data[n * classes + target];
        const products = half.products[t];
        half.scores[t] += score;
        for (let p = 0; p < mask.length; p++) products[p] += score * mask[p];
      });
    }
  }

  *maps(half?: 0 | 1): Iterable<RawMap> {
    const { width, height, probability } = this.design;
    const used: readonly Half[] = half === undefined ? this.#sums : [this.#sums[half]];
    const count = Math.max(
      1,
      used.reduce((sum, one) => sum + one.count, 0),
    );
    for (const t of this.subject.targets.keys()) {
      const mean = this.centre ? used.reduce((sum, one) => sum + one.scores[t], 0) / count : 0;
      const data = new Float32Array(width * height);
      for (let p = 0; p < data.length; p++) {
        let sum = 0;
        for (const { products, masks } of used) sum += products[t][p] - mean * masks[p];
        data[p] = sum / (count * probability);
      }
      yield { data, width, height };
    }
  }
}
