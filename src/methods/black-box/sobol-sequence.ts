import type { Random } from "../../core/random.js";

const BITS = 30;

/**
 * Sobol' points in [0, 1)^dimensions: a low-discrepancy sequence for every seed. Primitive polynomials are found by
 * computation; first direction numbers and a digital shift come from the seed. Sobol' 1967; Bratley & Fox, Algorithm
 * 659, 1988; Gray-code order after Antonov & Saleev 1979.
 * @returns a function that gives the next point
 */
export function sobolSequence(dimensions: number, random: Random): () => Float64Array {
  const directions = primitivePolynomials(dimensions - 1).map((polynomial) => directionNumbers(polynomial, random));
  directions.unshift(Uint32Array.from({ length: BITS }, (_, k) => 2 ** (BITS - 1 - k)));
  const state = Uint32Array.from({ length: dimensions }, () => random.integer(2 ** BITS));
  let index = 0;
  return () => {
    const point = Float64Array.from(state, (value) => value / 2 ** BITS);
    const flip = Math.clz32(~index & (index + 1)) ^ 31;
    index++;
    for (let d = 0; d < dimensions; d++) state[d] ^= directions[d][flip];
    return point;
  };
}

/** Direction numbers of a polynomial, its first ones random odd numbers. */
function directionNumbers(polynomial: number, random: Random): Uint32Array {
  const degree = 31 - Math.clz32(polynomial);
  const directions = new Uint32Array(BITS);
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      directions[k] = (2 * random.integer(2 ** k) + 1) * 2 ** (BITS - 1 - k);
      continue;
    }
    let value = directions[k - degree] ^ (directions[k - degree] >>> degree);
    for (let i = 1; i < degree; i++) if ((polynomial >>> (degree - i)) & 1) value ^= directions[k - i];
    directions[k] = value;
  }
  return directions;
}

/** The first primitive polynomials over GF(2), by degree; bit i is the coefficient of xⁱ. */
export function primitivePolynomials(count: number): number[] {
  const polynomials: number[] = [];
  for (let degree = 1; polynomials.length < count; degree++) {
    for (let low = 1; low < 2 ** degree && polynomials.length < count; low += 2) {
      const polynomial = 2 ** degree + low;
      if (isPrimitive(polynomial, degree)) polynomials.push(polynomial);
    }
  }
  return polynomials;
}

/** Whether x has order 2^degree − 1 modulo the polynomial. */
function isPrimitive(polynomial: number, degree: number): boolean {
  const full = 2 ** degree - 1;
  let power = 1;
  for (let order = 1; order <= full; order++) {
    power *= 2;
    if (power > full) power ^= polynomial;
    if (power === 1) return order === full;
  }
  return false;
}
