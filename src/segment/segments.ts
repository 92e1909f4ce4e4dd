/** A picture cut into parts: every pixel has a label 0 … count − 1, every label is used. */
export interface Segments {
  /** [height · width], rows from the top left. */
  readonly labels: Int32Array;
  readonly count: number;
  readonly width: number;
  readonly height: number;
}

/** Renumbers any labels 0 … n − 1 in the order in which they first appear. */
export function compactLabels(labels: ArrayLike<number>, width: number, height: number): Segments {
  const numbers = new Map<number, number>();
  const compact = new Int32Array(width * height);
  for (let p = 0; p < compact.length; p++) {
    let number = numbers.get(labels[p]);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(labels[p], number);
    }
    compact[p] = number;
  }
  return { labels: compact, count: numbers.size, width, height };
}
