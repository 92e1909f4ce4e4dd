// AssemblyScript, compiled to dist/src/image/resample.wasm: arithmetic of ../resample.ts on four numbers at a time.

/** Weights are fixed-point numbers with so many bits after the point; a result is rounded to the nearest. */
const PRECISION: i32 = 22;
const HALF: i32 = 1 << (PRECISION - 1);
/** Bits of the low part of a weight. The parts are multiplied on their own, since products have factors of 16 bits. */
const LOW: i32 = 12;

/**
 * One row at its new width, `count` pixels of three bytes. For each of them there is a header of 16 bytes, where it
 * starts in the row (in bytes) and how many groups of four weights follow; a group is [low 0, low 1, high 0, high 1,
 * low 2, low 3, high 2, high 3], 16 bits each. Reads up to 15 bytes beyond the row and writes one beyond the result.
 */
export function across(row: usize, weights: usize, count: i32, to: usize): void {
  const zero = i32x4.splat(0);
  for (let i = 0; i < count; i++) {
    let from = row + load<u32>(weights);
    const end = weights + 16 + ((load<u32>(weights, 4) as usize) << 4);
    let low = i32x4.splat(HALF);
    let high = zero;
    for (weights += 16; weights < end; weights += 16, from += 12) {
      const pixels = v128.load(from);
      const first = i8x16.shuffle(pixels, zero, 0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16);
      const second = i8x16.shuffle(pixels, zero, 6, 16, 9, 16, 7, 16, 10, 16, 8, 16, 11, 16, 16, 16, 16, 16);
      low = i32x4.add(low, i32x4.dot_i16x8_s(first, v128.load32_splat(weights)));
      high = i32x4.add(high, i32x4.dot_i16x8_s(first, v128.load32_splat(weights, 4)));
      low = i32x4.add(low, i32x4.dot_i16x8_s(second, v128.load32_splat(weights, 8)));
      high = i32x4.add(high, i32x4.dot_i16x8_s(second, v128.load32_splat(weights, 12)));
    }
    const sums = i32x4.shr_s(i32x4.add(low, i32x4.shl(high, LOW)), PRECISION);
    store<u32>(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(sums, sums), zero), 0));
    to += 3;
  }
}

/** Adds a row to sums, times a weight: `count` bytes, a multiple of 16. */
export function down(row: usize, weight: i32, sums: usize, count: i32): void {
  const factor = i32x4.splat(weight);
  for (const end = row + count; row < end; row += 16, sums += 64) {
    const bytes = v128.load(row);
    const low = i16x8.extend_low_i8x16_u(bytes);
    const high = i16x8.extend_high_i8x16_u(bytes);
    v128.store(sums, i32x4.add(v128.load(sums), i32x4.mul(i32x4.extend_low_i16x8_u(low), factor)));
    v128.store(sums, i32x4.add(v128.load(sums, 16), i32x4.mul(i32x4.extend_high_i16x8_u(low), factor)), 16);
    v128.store(sums, i32x4.add(v128.load(sums, 32), i32x4.mul(i32x4.extend_low_i16x8_u(high), factor)), 32);
    v128.store(sums, i32x4.add(v128.load(sums, 48), i32x4.mul(i32x4.extend_high_i16x8_u(high), factor)), 48);
  }
}

/** The bytes that sums come to, and sums set to 0 again: `count` of them, a multiple of 16. */
export function finish(sums: usize, to: usize, count: i32): void {
  const zero = i32x4.splat(0);
  for (const end = to + count; to < end; to += 16, sums += 64) {
    const low = i16x8.narrow_i32x4_s(rounded(sums), rounded(sums + 16));
    const high = i16x8.narrow_i32x4_s(rounded(sums + 32), rounded(sums + 48));
    v128.store(to, i8x16.narrow_i16x8_u(low, high));
    v128.store(sums, zero);
    v128.store(sums, zero, 16);
    v128.store(sums, zero, 32);
    v128.store(sums, zero, 48);
  }
}

function rounded(sums: usize): v128 {
  return i32x4.shr_s(i32x4.add(v128.load(sums), i32x4.splat(HALF)), PRECISION);
}
