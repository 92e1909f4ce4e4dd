import { random } from "../../core/random.js";

/** Random directions, [count, length]: a random matrix keeps distances nearly as they are (Johnson & Lindenstrauss, 1984). */
export function randomDirections(length: number, count: number, seed: number): Float32Array {
  const source = random(seed);
  return Float32Array.from({ length: count * length }, () => source.normal() / Math.sqrt(count));
}

/** A row along each of the directions. */
export function projected(row: Float32Array, directions: Float32Array): Float32Array {
  return Float32Array.from({ length: directions.length / row.length }, (_, k) => {
    let sum = 0;
    for (let d = 0; d < row.length; d++) sum += row[d] * directions[k * row.length + d];
    return sum;
  });
}
