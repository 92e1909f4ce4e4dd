/** A box of the search space: its centre has been looked at. */
interface Cell {
  readonly centre: readonly number[];
  /** How often each axis was cut in three. */
  readonly cuts: number[];
  readonly value: number;
}

/** Half the diagonal, from the cuts alone, so that cells of one shape have exactly one size. */
function sizeOf(cuts: readonly number[]): number {
  const sorted = [...cuts].sort((a, b) => a - b);
  return 0.5 * Math.sqrt(sorted.reduce((sum, cut) => sum + 9 ** -cut, 0));
}

/** Points along one axis of a cell that is about to be cut: the centres of its outer thirds. */
interface Cut {
  readonly cell: Cell;
  readonly axis: number;
  readonly low: number[];
  readonly high: number[];
}

/**
 * DIRECT, the search for a maximum over the unit cube by dividing rectangles, without derivatives and without chance.
 * Jones, Perttunen & Stuckman, "Lipschitzian optimization without the Lipschitz constant", JOTA 1993. It is asked for
 * points and told their values, so that all points of an iteration can be evaluated in one batch; where the limit falls
 * inside an iteration, only so many of its points are asked for. Ties are all followed.
 */
export class Direct {
  readonly #axes: number;
  readonly #epsilon: number;
  readonly #cells: Cell[] = [];
  #pending: Cut[] | undefined;
  #asked = 0;
  #left: number;
  #best = Number.NEGATIVE_INFINITY;

  /**
   * @param epsilon how much better than the best value a cell must promise to be, as a share of it; larger searches wider
   * @param limit evaluations in all
   */
  constructor({ axes, epsilon, limit }: { axes: number; epsilon: number; limit: number }) {
    this.#axes = axes;
    this.#epsilon = epsilon;
    this.#left = limit;
  }

  /** Points of the next iteration, coordinates 0…1; none when the limit is reached. {@link tell} must come before the next. */
  ask(): number[][] {
    if (this.#left <= 0) return [];
    const points = this.#cells.length === 0 ? [new Array<number>(this.#axes).fill(0.5)] : this.#cuts();
    const taken = points.slice(0, this.#left);
    this.#asked = taken.length;
    this.#left -= taken.length;
    return taken;
  }

  /** Values at the points that were asked for, in their order. */
  tell(values: readonly number[]): void {
    if (values.length !== this.#asked) throw new RangeError(`${values.length} values for ${this.#asked} points`);
    this.#best = Math.max(this.#best, ...values);
    if (this.#cells.length === 0) {
      this.#cells.push({
        centre: new Array<number>(this.#axes).fill(0.5),
        cuts: new Array<number>(this.#axes).fill(0),
        value: values[0],
      });
    } else if (this.#pending && values.length === 2 * this.#pending.length) this.#divide(this.#pending, values);
    this.#pending = undefined;
  }

  #cuts(): number[][] {
    this.#pending = this.#promising().flatMap((cell) => {
      const fewest = Math.min(...cell.cuts);
      return cell.cuts.flatMap((cuts, axis) => {
        if (cuts !== fewest) return [];
        const beside = (by: number) => cell.centre.map((value, i) => (i === axis ? value + by : value));
        const third = 3 ** -(fewest + 1);
        return { cell, axis, low: beside(-third), high: beside(third) };
      });
    });
    return this.#pending.flatMap(({ low, high }) => [low, high]);
  }

  /** Cells are cut along the axis with the best value first, so that it gets the largest pieces (§3.2). */
  #divide(cuts: readonly Cut[], values: readonly number[]): void {
    const told = cuts.map((cut, i) => ({ ...cut, lowValue: values[2 * i], highValue: values[2 * i + 1] }));
    for (const cell of new Set(cuts.map((cut) => cut.cell))) {
      const cellCuts = told.filter((cut) => cut.cell === cell);
      cellCuts.sort((a, b) => Math.max(b.lowValue, b.highValue) - Math.max(a.lowValue, a.highValue));
      for (const { axis, low, high, lowValue, highValue } of cellCuts) {
        cell.cuts[axis]++;
        this.#cells.push({ centre: low, cuts: [...cell.cuts], value: lowValue });
        this.#cells.push({ centre: high, cuts: [...cell.cuts], value: highValue });
      }
    }
  }

  /** The potentially optimal cells: best for some rate of change, and promising enough (§4), largest first. */
  #promising(): Cell[] {
    const bySize = new Map<number, Cell[]>();
    for (const cell of this.#cells) {
      const size = sizeOf(cell.cuts);
      const best = bySize.get(size)?.[0].value ?? Number.NEGATIVE_INFINITY;
      if (cell.value > best) bySize.set(size, [cell]);
      else if (cell.value === best) bySize.get(size)?.push(cell);
    }
    const groups = [...bySize].sort(([a], [b]) => b - a);
    const enough = this.#best + this.#epsilon * Math.abs(this.#best);
    return groups.flatMap(([size, cells], i) => {
      const { value } = cells[0];
      const rises = groups.map(([other, [{ value: its }]]) => (value - its) / (other - size));
      const steepest = Math.min(Number.POSITIVE_INFINITY, ...rises.slice(0, i));
      const flattest = Math.max(0, ...rises.slice(i + 1));
      if (steepest <= 0 || flattest > steepest || value + steepest * size < enough) return [];
      return cells;
    });
  }
}
