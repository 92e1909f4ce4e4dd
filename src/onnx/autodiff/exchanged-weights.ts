import { sharedFloats } from "../../core/shared-memory.js";
import type { Constant } from "../constant.js";

/** Where the taps of a kernel go. */
export interface TapPlaces {
  /** Of each tap, from the beginning of the new kernel of its input and output; below 0: it is left out. */
  readonly places: Int32Array;
  /** Taps of a new kernel. */
  readonly size: number;
  /** Kernels of one input that lie `outputs / group` kernels apart. */
  readonly copies: number;
}

/** The one tap of a kernel of size 1. */
export const POINT: TapPlaces = { places: Int32Array.of(0), size: 1, copies: 1 };

/** Taps in reverse. */
export const backwards = (taps: number): Int32Array => Int32Array.from({ length: taps }, (_, tap) => taps - 1 - tap);

/** Outputs and inputs of a block, which stays in the cache while it is turned. */
const BLOCK = 16;

/**
 * Weights [outputs, inputs / group, …] with the roles of inputs and outputs exchanged: [inputs · copies, outputs / group, …],
 * in memory that threads share.
 */
export function exchanged({ dims, data }: Constant, group: number, { places, size, copies }: TapPlaces): Float32Array {
  const [outputs, inputs] = dims;
  const perGroup = outputs / group;
  const taps = places.length;
  const source = data as Float32Array;
  const ofInput = copies * perGroup * size;
  const result = sharedFloats(group * inputs * ofInput);
  for (let g = 0; g < group; g++) {
    for (let firstInput = 0; firstInput < inputs; firstInput += BLOCK) {
      const lastInput = Math.min(inputs, firstInput + BLOCK);
      for (let firstOutput = 0; firstOutput < perGroup; firstOutput += BLOCK) {
        const lastOutput = Math.min(perGroup, firstOutput + BLOCK);
        for (let i = firstInput; i < lastInput; i++) {
          let from = ((g * perGroup + firstOutput) * inputs + i) * taps;
          let to = (g * inputs + i) * ofInput + firstOutput * size;
          for (let o = firstOutput; o < lastOutput; o++, from += inputs * taps, to += size) {
            for (let tap = 0; tap < taps; tap++) {
              const place = places[tap];
              if (place >= 0) result[to + place] = source[from + tap];
            }
          }
        }
      }
    }
  }
  return result;
}
