import { SightlineError } from "./errors.js";
import { kindOf } from "./kind-of.js";

/** A seeded source of random numbers: the same seed gives the same stream, bit for bit, on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** Permutes an array in place (Fisher–Yates) and returns it. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
  /** An independent stream, derived from this one's seed and a number. */
  fork(stream: number): Random;
}

/**
 * A generator of the sfc32 family (C. Doty-Humphrey, PractRand), seeded through splitmix32.
 * @param seed any finite number; its 53-bit integer part decides
 * @example
 * const [a, b] = [random(7), random(7)];
 * console.log(a.uniform() === b.uniform());                         // true
 * @throws SightlineError `bad-config` for a seed that is no finite number
 */
export function random(seed: number): Random {
  if (!Number.isFinite(seed)) {
    throw new SightlineError("bad-config", `the seed is ${kindOf(seed)}`, {
      received: seed,
      expected: "a finite number",
    });
  }
  let mix = Math.trunc(seed) | 0;
  const high = Math.floor(Math.trunc(seed) / 2 ** 32) | 0;
  const next32 = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  let a = next32() ^ high;
  let b = next32();
  let c = next32();
  let counter = 1;
  const bits = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();

  let spare: number | undefined;
  const uniform = () => bits() / 4294967296;
  const self: Random = {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = self.integer(i + 1);
        const held = items[i];
        (items as { [index: number]: unknown })[i] = items[j];
        (items as { [index: number]: unknown })[j] = held;
      }
      return items;
    },
    fork: (stream) => random(Math.trunc(seed) * 1_000_003 + stream + 1),
  };
  return self;
}
