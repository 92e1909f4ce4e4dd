/** A larger batch must be faster by this much, as a share of the time a picture, to be worth its memory. */
const WORTHWHILE = 0.97;
/** Passes of a size of which the fastest counts: the first one may compile. */
const TRIALS = 3;

/**
 * How many pictures go in a pass, chosen by what passes take while they do their work: one at first, then more as long as
 * that is faster a picture.
 */
export class BatchChoice {
  readonly #untried: number[];
  readonly #passes = new Map<number, number[]>();
  #best = 1;

  /** @param sizes larger batches to try, ascending; none where one picture a pass is known to be best */
  constructor(sizes: readonly number[]) {
    this.#untried = [1, ...sizes];
  }

  /** Pictures a pass for so many pictures. */
  sizeFor(count: number): number {
    const [next] = this.#untried;
    if (next !== undefined && next <= count) return next;
    return this.#best <= count ? this.#best : 1;
  }

  /** Of so many pictures, how many go in passes of a size before the choice may be another one. */
  rowsBeforeNext(size: number, count: number): number {
    if (size !== this.#untried[0]) return count;
    const left = TRIALS - (this.#passes.get(size)?.length ?? 0);
    return Math.min(count, Math.max(1, left) * size);
  }

  /** Notes what a pass of some size took. */
  took(size: number, milliseconds: number): void {
    if (size !== this.#untried[0]) return;
    const passes = this.#passes.get(size) ?? [];
    this.#passes.set(size, [...passes, milliseconds]);
    if (passes.length + 1 < TRIALS) return;
    if (size === 1 || this.#perPicture(size) < WORTHWHILE * this.#perPicture(this.#best)) {
      this.#best = size;
      this.#untried.shift();
    } else this.#untried.length = 0;
  }

  /** Notes that passes of a size cannot be had: neither can larger ones. */
  failed(size: number): void {
    const at = this.#untried.indexOf(size);
    if (at >= 0) this.#untried.length = at;
  }

  #perPicture(size: number): number {
    return Math.min(...(this.#passes.get(size) ?? [])) / size;
  }
}
