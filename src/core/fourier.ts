/** Complex numbers: real and imaginary parts. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The discrete Fourier transform of a plane, row by row; `inverse` undoes it. Fast where the sides have small prime factors. */
export function fourier2d({ re, im }: Complex, width: number, height: number, inverse = false): Complex {
  const out = { re: re.slice(), im: im.slice() };
  along(out, { count: height, step: width }, { length: width, step: 1 }, inverse);
  along(out, { count: width, step: 1 }, { length: height, step: width }, inverse);
  if (inverse) {
    for (const part of [out.re, out.im]) for (let i = 0; i < part.length; i++) part[i] /= width * height;
  }
  return out;
}

function along(
  { re, im }: Complex,
  lines: { count: number; step: number },
  line: { length: number; step: number },
  inverse: boolean,
): void {
  const { length, step } = line;
  const turns = unitRoots(length, inverse);
  const own = { re: new Float64Array(length), im: new Float64Array(length) };
  const spare = { re: new Float64Array(length), im: new Float64Array(length) };
  for (let k = 0; k < lines.count; k++) {
    const start = k * lines.step;
    for (let i = 0; i < length; i++) {
      own.re[i] = re[start + i * step];
      own.im[i] = im[start + i * step];
    }
    transform(own, spare, turns, { from: 0, length, stride: 1 });
    for (let i = 0; i < length; i++) {
      re[start + i * step] = spare.re[i];
      im[start + i * step] = spare.im[i];
    }
  }
}

function unitRoots(length: number, inverse: boolean): Complex {
  const sign = inverse ? 1 : -1;
  const angle = (i: number) => (sign * 2 * Math.PI * i) / length;
  return {
    re: Float64Array.from({ length }, (_, i) => Math.cos(angle(i))),
    im: Float64Array.from({ length }, (_, i) => Math.sin(angle(i))),
  };
}

interface Part {
  /** Where the values begin, and how far apart they are. */
  readonly from: number;
  readonly stride: number;
  readonly length: number;
}

/**
 * Cooley and Tukey's algorithm for any factors (Mathematics of Computation, 1965): writes the transform of every
 * `stride`-th value into `to[at …]`, `at` counted in places of the result.
 */
function transform(values: Complex, to: Complex, turns: Complex, { from, length, stride }: Part, at = 0): void {
  if (length === 1) {
    to.re[at] = values.re[from];
    to.im[at] = values.im[from];
    return;
  }
  const radix = smallestFactor(length);
  const rest = length / radix;
  for (let r = 0; r < radix; r++) {
    const part = { from: from + r * stride, length: rest, stride: stride * radix };
    transform(values, to, turns, part, at + r * rest);
  }
  const column = { re: new Float64Array(radix), im: new Float64Array(radix) };
  const all = turns.re.length;
  for (let k = 0; k < rest; k++) {
    for (let r = 0; r < radix; r++) {
      column.re[r] = to.re[at + r * rest + k];
      column.im[r] = to.im[at + r * rest + k];
    }
    for (let q = 0; q < radix; q++) {
      const place = k + q * rest;
      let [re, im] = [0, 0];
      for (let r = 0; r < radix; r++) {
        const turn = (r * place * stride) % all;
        re += column.re[r] * turns.re[turn] - column.im[r] * turns.im[turn];
        im += column.re[r] * turns.im[turn] + column.im[r] * turns.re[turn];
      }
      to.re[at + place] = re;
      to.im[at + place] = im;
    }
  }
}

function smallestFactor(value: number): number {
  for (let factor = 2; factor * factor <= value; factor++) if (value % factor === 0) return factor;
  return value;
}
