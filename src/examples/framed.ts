import { pictures } from "#platform/pictures";
import { toBase64 } from "../core/bytes.js";
import { escapeHtml } from "../core/html.js";
import { shrink } from "../image/shrink.js";
import type { RawImage, Rect } from "../image/types.js";

/** Longest side of a picture as it is shown. */
const SIDE = 160;
const COLOURS = ["#e69f00", "#56b4e9", "#cc79a7"] as const;

/** A small picture with frames around parts of it, in turn in each colour. */
export async function framed(picture: RawImage, name: string, parts: readonly Rect[]): Promise<string> {
  const { image, scale } = await shrink(picture, SIDE);
  const source = toBase64(await pictures.encode(image, { format: "png" }));
  const frames = parts.map(({ x, y, width, height }, i) => {
    const place = [x, y, width, height].map((value) => (value * scale).toFixed(1));
    return `<rect x="${place[0]}" y="${place[1]}" width="${place[2]}" height="${place[3]}" fill="none" stroke="${COLOURS[i]}" stroke-width="2"/>`;
  });
  const size = `width="${image.width}" height="${image.height}"`;
  return `<svg role="img" aria-label="${escapeHtml(name)}" ${size} viewBox="0 0 ${image.width} ${image.height}"><image ${size} href="data:image/png;base64,${source}"/>${frames.join("")}</svg>`;
}
