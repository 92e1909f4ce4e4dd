import type { RawImage } from "./types.js";

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Reconstruction kernels: radius, and weight at a distance from the centre. */
const KERNELS = {
  nearest: { radius: 0.5, weight: () => 1 },
  bilinear: { radius: 1, weight: (x: number) => 1 - x },
  /** Keys with a = −½ (Catmull–Rom). */
  bicubic: {
    radius: 2,
    weight: (x: number) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2),
  },
  lanczos: { radius: 3, weight: (x: number) => sinc(x) * sinc(x / 3) },
} as const;

interface Taps {
  readonly from: number;
  readonly weights: readonly number[];
}

function tapsOf(from: number, to: number, kernel: keyof typeof KERNELS): Taps[] {
  const { radius, weight } = KERNELS[kernel];
  return Array.from({ length: to }, (_, i) => {
    const centre = ((i + 0.5) * from) / to;
    if (kernel === "nearest") return { from: Math.min(from - 1, Math.floor(centre)), weights: [1] };
    const first = Math.max(0, Math.floor(centre - radius + 0.5));
    const last = Math.min(from, Math.floor(centre + radius + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => weight(Math.abs(first + k + 0.5 - centre)));
    const sum = raw.reduce((total, value) => total + value, 0);
    return { from: first, weights: raw.map((value) => value / sum) };
  });
}

/**
 * A picture made larger (never smaller) with half-pixel centres, as Pillow does it. libvips, which does the shrinking,
 * shifts enlarged pictures by half a pixel of the result.
 */
export function enlarge(image: RawImage, width: number, height: number, kernel: keyof typeof KERNELS): RawImage {
  const columns = tapsOf(image.width, width, kernel);
  const rows = tapsOf(image.height, height, kernel);
  const wide = new Uint8ClampedArray(width * image.height * 3);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const { from, weights } = columns[x];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * image.data[(y * image.width + from + k) * 3 + c];
        wide[(y * width + x) * 3 + c] = sum;
      }
    }
  }
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    const { from, weights } = rows[y];
    for (let i = 0; i < width * 3; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * wide[(from + k) * width * 3 + i];
      data[y * width * 3 + i] = sum;
    }
  }
  return { data, width, height };
}
