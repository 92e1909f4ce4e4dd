import type { RawImage } from "../../src/image/types.js";

/** A square picture whose pixels differ all over, the same each time. */
export function pattern(side: number): RawImage {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919) % 251);
  return { data, width: side, height: side };
}
