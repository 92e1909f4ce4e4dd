import type { PropertyName } from "./property-name.js";
import type { Pixels, View, Viewer } from "./view.js";

/** Something that pictures have, and that can be given to others. */
export interface Property {
  readonly name: PropertyName;
  /** Numbers that say how a picture has it; as many for each. */
  measure(view: View): readonly number[] | Promise<readonly number[]>;
  /**
   * The picture as if it had it from another one; undefined where it cannot be given, as detail cannot to a picture
   * that has less.
   */
  edit(view: View, donor: View, tools: EditTools): Pixels | undefined | Promise<Pixels | undefined>;
}

export interface EditTools extends Pick<Viewer, "seenOf"> {
  /** Whole number below another one, drawn at random. */
  integer(below: number): number;
}

/** Rec. 601, of levels. */
export const lumaAt = (data: ArrayLike<number>, place: number): number =>
  0.299 * data[3 * place] + 0.587 * data[3 * place + 1] + 0.114 * data[3 * place + 2];

export function lumaPlane({ seen: { data, width, height } }: Pick<View, "seen">): Float32Array {
  return Float32Array.from({ length: width * height }, (_, place) => lumaAt(data, place));
}

/** Means of red, green and blue over places. */
export function meanColour(data: ArrayLike<number>, places: ArrayLike<number>): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < places.length; i++) for (let c = 0; c < 3; c++) sums[c] += data[3 * places[i] + c];
  return sums.map((value) => value / places.length) as typeof sums;
}

export const lumaOf = ([red, green, blue]: readonly [number, number, number]): number =>
  0.299 * red + 0.587 * green + 0.114 * blue;
