import { draw } from "../drawing.js";
import type { ShownExplanation } from "../explanation.js";
import { canvasOf } from "../pictures.js";

/** Ranks that differ by less than this share of the picture are no disagreement. */
const AGREED = 0.25;

/**
 * The grey picture, bright where the ranks that maps give a place are far apart.
 * @param maps on a grid of `side` × `side` cells
 */
export function disagreementPicture(
  explanation: ShownExplanation,
  maps: readonly Float32Array[],
  side: number,
): HTMLCanvasElement {
  const ranked = maps.map(shareBelow);
  const overlay = canvasOf(side, side);
  const context = overlay.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const shares = ranked.map((map) => map[i]);
    const spread = Math.max(...shares) - Math.min(...shares);
    image.data.set([255, 176, 0, Math.round(255 * Math.max(0, spread - AGREED))], i * 4);
  }
  context.putImageData(image, 0, 0);
  const photo = draw(explanation, 0, { type: "pixels", overlay_type: "grayscale", overlay_weight: 0 }).canvas();
  const target = photo.getContext("2d") as CanvasRenderingContext2D;
  target.imageSmoothingEnabled = true;
  target.drawImage(overlay, 0, 0, photo.width, photo.height);
  return photo;
}

/** For each value, which share of all values lies below it. */
function shareBelow(map: Float32Array): Float32Array {
  const order = Array.from(map.keys()).sort((a, b) => map[a] - map[b]);
  const out = new Float32Array(map.length);
  let start = 0;
  while (start < order.length) {
    let end = start + 1;
    while (end < order.length && map[order[end]] === map[order[start]]) end++;
    for (let i = start; i < end; i++) out[order[i]] = (start + end - 1) / 2 / order.length;
    start = end;
  }
  return out;
}
