import { resizeMap } from "../image/resize-map.js";

/**
 * A map at a coarser size: the mean over the box of cells that each new cell covers. Where a side does not shrink, the
 * map is interpolated instead.
 */
export function boxMean(
  data: Float32Array,
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
): Float32Array {
  if (width < newWidth || height < newHeight) return resizeMap(data, width, height, newWidth, newHeight);
  const out = new Float32Array(newWidth * newHeight);
  for (let y = 0, o = 0; y < newHeight; y++) {
    const top = Math.floor((y * height) / newHeight);
    const bottom = Math.floor(((y + 1) * height) / newHeight);
    for (let x = 0; x < newWidth; x++, o++) {
      const left = Math.floor((x * width) / newWidth);
      const right = Math.floor(((x + 1) * width) / newWidth);
      let sum = 0;
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) sum += data[v * width + u];
      out[o] = sum / ((bottom - top) * (right - left));
    }
  }
  return out;
}
