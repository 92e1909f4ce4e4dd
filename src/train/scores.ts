import { wilsonInterval } from "../core/wilson.js";

/** How good answers to held-out pictures are. */
export interface HeldOut {
  /** Share of held-out pictures that were answered right, 0…1. */
  readonly accuracy: number;
  /** Wilson's 95 % interval of the accuracy. */
  readonly interval: readonly [low: number, high: number];
  /** Held-out pictures of each class by what they were taken for: [truth][answer]. */
  readonly confusion: readonly (readonly number[])[];
}

/** @param pairs truth and answer of each held-out picture */
export function heldOut(classes: number, pairs: readonly (readonly [truth: number, answer: number])[]): HeldOut {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [truth, answer] of pairs) confusion[truth][answer] += 1;
  const right = confusion.reduce((sum, row, truth) => sum + row[truth], 0);
  return { accuracy: right / pairs.length, interval: wilsonInterval(right, pairs.length), confusion };
}

/** Said where the accuracy could be luck. */
export function chanceNote({ interval, confusion }: HeldOut): string[] {
  const sizes = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const guess = Math.max(...sizes) / sizes.reduce((sum, size) => sum + size, 0);
  if (interval[0] > guess) return [];
  return [
    "always naming the commonest class could be as good on held-out pictures: add pictures, or tell the classes apart better",
  ];
}
