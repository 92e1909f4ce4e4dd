/** Where each output sample falls between two input samples: half-pixel centres, edges clamped. */
function taps(from: number, to: number): { low: Int32Array; high: Int32Array; weight: Float64Array } {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const weight = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    low[i] = Math.floor(centre);
    high[i] = Math.min(from - 1, low[i] + 1);
    weight[i] = centre - low[i];
  }
  return { low, high, weight };
}

/**
 * Bilinear copy of a map at another size: half-pixel centres, edges clamped (the `linear`, `half_pixel` mode of ONNX
 * Resize; `align_corners=False` of torch).
 *
 * @param data `height * width` values, rows from the top left
 */
export function resizeMap(
  data: Float32Array,
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
): Float32Array {
  const across = taps(width, newWidth);
  const down = taps(height, newHeight);
  const out = new Float32Array(newWidth * newHeight);
  const blend = new Float64Array(width);
  for (let y = 0, o = 0; y < newHeight; y++) {
    const upper = down.low[y] * width;
    const lower = down.high[y] * width;
    const weight = down.weight[y];
    for (let x = 0; x < width; x++) {
      const value = data[upper + x];
      blend[x] = weight === 0 ? value : value + weight * (data[lower + x] - value);
    }
    for (let x = 0; x < newWidth; x++, o++) {
      const value = blend[across.low[x]];
      const part = across.weight[x];
      out[o] = part === 0 ? value : value + part * (blend[across.high[x]] - value);
    }
  }
  return out;
}
