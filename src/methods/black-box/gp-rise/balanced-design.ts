import type { Random } from "../../../core/random.js";
import { RiseDesign } from "../rise/rise-design.js";
import { PRIOR_SIDE } from "./place-kernel.js";

/** Pairs of a grid with exactly half of its cells shown and its opposite: sample 2k and 2k + 1. */
export class BalancedDesign extends RiseDesign {
  constructor(
    height: number,
    width: number,
    cells: number,
    private readonly source: Random,
  ) {
    super(height, width, cells, 0.5, source);
  }

  override draw(count: number): void {
    const size = this.cells ** 2;
    while (this.grids.length < count) {
      const grid = new Uint8Array(size).fill(1, 0, size >> 1);
      this.source.shuffle(grid);
      const shift: [number, number] = [this.source.integer(this.rows.cell), this.source.integer(this.columns.cell)];
      this.grids.push(
        grid,
        grid.map((shown) => 1 - shown),
      );
      this.shifts.push(shift, shift);
    }
  }

  /** Means of mask 2k over 28 × 28 blocks of the picture, less ½. */
  blocks(pair: number): Float64Array {
    this.draw(2 * pair + 2);
    const { cells } = this;
    const grid = this.grids[2 * pair];
    const [shiftY, shiftX] = this.shifts[2 * pair];
    const down = blockWeights(this.rows, shiftY, this.height, cells);
    const across = blockWeights(this.columns, shiftX, this.width, cells);
    const means = new Float64Array(PRIOR_SIDE * PRIOR_SIDE);
    const band = new Float64Array(cells);
    for (let y = 0; y < PRIOR_SIDE; y++) {
      for (let j = 0; j < cells; j++) {
        band[j] = 0;
        for (let i = 0; i < cells; i++) band[j] += down[y * cells + i] * grid[i * cells + j];
      }
      for (let x = 0; x < PRIOR_SIDE; x++) {
        let sum = -0.5;
        for (let j = 0; j < cells; j++) sum += across[x * cells + j] * band[j];
        means[y * PRIOR_SIDE + x] = sum;
      }
    }
    return means;
  }
}

/** [28, cells]: how much of each cell a block of the picture sees, along one axis. */
function blockWeights({ low, weight }: RiseDesign["rows"], shift: number, size: number, cells: number): Float64Array {
  const weights = new Float64Array(PRIOR_SIDE * cells);
  for (let block = 0; block < PRIOR_SIDE; block++) {
    const [from, to] = [Math.floor((block * size) / PRIOR_SIDE), Math.ceil(((block + 1) * size) / PRIOR_SIDE)];
    for (let i = from; i < to; i++) {
      const part = Math.min(i + 1, ((block + 1) * size) / PRIOR_SIDE) - Math.max(i, (block * size) / PRIOR_SIDE);
      const share = (part * PRIOR_SIDE) / size;
      weights[block * cells + low[shift * size + i]] += share * (1 - weight[shift * size + i]);
      weights[block * cells + low[shift * size + i] + 1] += share * weight[shift * size + i];
    }
  }
  return weights;
}
