import type { PictureFacts } from "./pictures.js";

/** Formats that are decoded, by their MIME types. */
export type PictureType = "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/tiff";

/** What the head of a picture says, and its format. */
export interface PictureHead extends PictureFacts {
  readonly type: PictureType;
}

const SIGNATURES: readonly (readonly [type: PictureType, ...signatures: string[]])[] = [
  ["image/png", "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", "\xff\xd8\xff"],
  ["image/gif", "GIF87a", "GIF89a"],
  ["image/tiff", "II*\0", "II+\0", "MM\0*", "MM\0+"],
];

/** The format that the first bytes name; undefined for every other one, whatever a decoder might make of it. */
export function pictureType(encoded: Uint8Array): PictureType | undefined {
  const start = String.fromCharCode(...encoded.subarray(0, 80));
  if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) return "image/webp";
  if (/^.{4}ftyp(avif|avis|(mif1|msf1|miaf).{0,60}?avi[fs])/s.test(start)) return "image/avif";
  return SIGNATURES.find(([, ...signatures]) => signatures.some((text) => start.startsWith(text)))?.[0];
}

/**
 * Reads the head of a PNG (ISO/IEC 15948), JPEG (T.81), GIF (89a), WebP (RIFF container) or AVIF (ISO/IEC 23008-12) file.
 * Undefined for everything else, and where it is damaged.
 */
export function pictureHead(encoded: Uint8Array): PictureHead | undefined {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  try {
    return png(view) ?? jpeg(view) ?? gif(view) ?? webp(view) ?? avif(view);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const word = (view: DataView, at: number) =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));

function png(view: DataView): PictureHead | undefined {
  if (view.getUint32(0) !== 0x89504e47 || word(view, 12) !== "IHDR") return undefined;
  const colourType = view.getUint8(25);
  let frames = 1;
  let hasAlpha = (colourType & 4) !== 0;
  for (let at = 8; at + 8 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const chunk = word(view, at + 4);
    if (chunk === "acTL") frames = view.getUint32(at + 8);
    if (chunk === "tRNS") hasAlpha = true;
    if (chunk === "IDAT") break;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const deep = view.getUint8(24) === 16;
  return { type: "image/png", width, height, frames, hasAlpha, ...(deep && { samples: "uint16" }) };
}

function jpeg(view: DataView): PictureHead | undefined {
  if (view.getUint16(0) !== 0xffd8) return undefined;
  let frames = 1;
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at) === 0xff && view.getUint8(at + 1) === 0xff) at++;
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const startOfFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (startOfFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      const cmyk = view.getUint8(at + 9) === 4;
      return { type: "image/jpeg", width, height, frames, hasAlpha: false, ...(cmyk && { colours: "CMYK" }) };
    }
    if (marker === 0xe2 && word(view, at + 4) === "MPF\0") frames = multiPictureCount(view, at + 8);
  }
}

/** Pictures of a Multi-Picture file (CIPA DC-007): tag B001 of the index, which is laid out as in a TIFF. */
function multiPictureCount(view: DataView, start: number): number {
  const little = view.getUint16(start) === 0x4949;
  const index = start + view.getUint32(start + 4, little);
  const entries = view.getUint16(index, little);
  for (let i = 0; i < entries; i++) {
    const at = index + 2 + 12 * i;
    if (view.getUint16(at, little) === 0xb001) return Math.max(1, view.getUint32(at + 8, little));
  }
  return 1;
}

function gif(view: DataView): PictureHead | undefined {
  if (word(view, 0) !== "GIF8") return undefined;
  const table = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  const afterBlocks = (from: number) => {
    let at = from;
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
    return at + 1;
  };
  let frames = 0;
  let hasAlpha = false;
  for (let at = 13 + table(view.getUint8(10)); at < view.byteLength && view.getUint8(at) !== 0x3b; ) {
    if (view.getUint8(at) === 0x2c) {
      frames++;
      at = afterBlocks(at + 11 + table(view.getUint8(at + 9)));
    } else if (view.getUint8(at) === 0x21) {
      if (view.getUint8(at + 1) === 0xf9 && view.getUint8(at + 3) & 1) hasAlpha = true;
      at = afterBlocks(at + 2);
    } else return undefined;
  }
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  return { type: "image/gif", width, height, frames: Math.max(1, frames), hasAlpha };
}

function webp(view: DataView): PictureHead | undefined {
  if (word(view, 0) !== "RIFF" || word(view, 8) !== "WEBP") return undefined;
  const type = "image/webp";
  const kind = word(view, 12);
  if (kind === "VP8 ") {
    const [width, height] = [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    return { type, width, height, frames: 1, hasAlpha: false };
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    const [width, height] = [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
    return { type, width, height, frames: 1, hasAlpha: ((bits >> 28) & 1) === 1 };
  }
  if (kind !== "VP8X") return undefined;
  const size = (at: number) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  let frames = 0;
  for (let at = 12; at + 8 <= view.byteLength; at += 8 + view.getUint32(at + 4, true) + (view.getUint8(at + 4) & 1)) {
    if (word(view, at) === "ANMF") frames++;
  }
  const hasAlpha = (view.getUint8(20) & 0x10) !== 0;
  return { type, width: size(24), height: size(27), frames: Math.max(1, frames), hasAlpha };
}

/** The largest extent that the item properties name: a grid's own, where a picture is made of tiles. */
function avif(view: DataView): PictureHead | undefined {
  if (word(view, 4) !== "ftyp" || !/^avi[fs]$/.test(word(view, 8))) return undefined;
  let [width, height] = [0, 0];
  const visit = (from: number, to: number) => {
    for (let at = from; at + 8 <= to; ) {
      const size = view.getUint32(at) || to - at;
      if (size < 8) return;
      const kind = word(view, at + 4);
      if (kind === "meta") visit(at + 12, at + size);
      if (kind === "iprp" || kind === "ipco") visit(at + 8, at + size);
      if (kind === "ispe") {
        width = Math.max(width, view.getUint32(at + 12));
        height = Math.max(height, view.getUint32(at + 16));
      }
      at += size;
    }
  };
  visit(0, view.byteLength);
  if (width === 0 || height === 0) return undefined;
  const frames = word(view, 8) === "avis" ? 2 : 1;
  // an auxiliary item for alpha is not worth reading: the pixels say it
  return { type: "image/avif", width, height, frames, hasAlpha: true };
}
