import type { ExifOrientation } from "../core/raw-image.js";

export type { ExifOrientation };

const ORIENTATION_TAG = 0x0112;

/** The orientation in the EXIF block of a JPEG, PNG, WebP or TIFF file; 1 where there is none. */
export function exifOrientation(encoded: Uint8Array): ExifOrientation {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  try {
    const block = jpegBlock(view) ?? pngBlock(view) ?? webpBlock(view) ?? 0;
    return orientationAt(view, block);
  } catch (error) {
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

const text = (view: DataView, at: number, length: number) =>
  String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)));

/** Where the TIFF structure begins in a JPEG's segment of EXIF. */
function jpegBlock(view: DataView): number | undefined {
  if (view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint16(at) === 0xffe1 && text(view, at + 4, 4) === "Exif") return at + 10;
    if (view.getUint16(at) === 0xffda) break;
  }
  return undefined;
}

function pngBlock(view: DataView): number | undefined {
  if (view.getUint32(0) !== 0x89504e47) return undefined;
  for (let at = 8; at + 8 < view.byteLength; at += 12 + view.getUint32(at)) {
    if (text(view, at + 4, 4) === "eXIf") return at + 8;
  }
  return undefined;
}

function webpBlock(view: DataView): number | undefined {
  if (text(view, 0, 4) !== "RIFF" || text(view, 8, 4) !== "WEBP") return undefined;
  for (
    let at = 12;
    at + 8 < view.byteLength;
    at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) % 2)
  ) {
    if (text(view, at, 4) === "EXIF") return text(view, at + 8, 4) === "Exif" ? at + 14 : at + 8;
  }
  return undefined;
}

/** The tag in the first directory of a TIFF structure. */
function orientationAt(view: DataView, start: number): ExifOrientation {
  const order = text(view, start, 2);
  if (order !== "II" && order !== "MM") return 1;
  const little = order === "II";
  const directory = start + view.getUint32(start + 4, little);
  const entries = view.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? (value as ExifOrientation) : 1;
  }
  return 1;
}
