import type { RawImage } from "../image/types.js";

const LINEAR = Float64Array.from({ length: 256 }, (_, value) => {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});
/** White point D65, 2° observer. */
const WHITE = [0.95047, 1, 1.08883];

const lightness = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);

/** CIELAB (D65) of sRGB pixels: planes L 0…100, a, b, each [height · width]. */
export function toLab({ data, width, height }: RawImage): [l: Float32Array, a: Float32Array, b: Float32Array] {
  const size = width * height;
  const planes: [Float32Array, Float32Array, Float32Array] = [
    new Float32Array(size),
    new Float32Array(size),
    new Float32Array(size),
  ];
  for (let p = 0; p < size; p++) {
    const red = LINEAR[data[3 * p]];
    const green = LINEAR[data[3 * p + 1]];
    const blue = LINEAR[data[3 * p + 2]];
    const x = lightness((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / WHITE[0]);
    const y = lightness((0.2126729 * red + 0.7151522 * green + 0.072175 * blue) / WHITE[1]);
    const z = lightness((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / WHITE[2]);
    planes[0][p] = 116 * y - 16;
    planes[1][p] = 500 * (x - y);
    planes[2][p] = 200 * (y - z);
  }
  return planes;
}
