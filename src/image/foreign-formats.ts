/** Formats that nobody decodes here, by the bytes that they have at a place. */
const SIGNATURES: readonly (readonly [name: string, at: number, ...signatures: string[]])[] = [
  ["a BMP file", 0, "BM"],
  ["a HEIC photograph", 4, "ftyphei", "ftyphev", "ftypmif1", "ftypmsf1"],
  ["a JPEG XL file", 0, "\xff\x0a", "\0\0\0\x0cJXL "],
  ["a JPEG 2000 file", 0, "\xff\x4f\xff\x51", "\0\0\0\x0cjP  "],
  ["a Photoshop file", 0, "8BPS"],
  ["an OpenEXR file", 0, "v/1\x01"],
  ["a Radiance HDR file", 0, "#?RADIANCE", "#?RGBE"],
  ["a DICOM file", 128, "DICM"],
  ["a file packed with gzip", 0, "\x1f\x8b"],
  ["a NumPy array", 0, "\x93NUMPY"],
  ["an icon", 0, "\0\0\x01\0", "\0\0\x02\0"],
  ["a Netpbm file", 0, ...[..."1234567"].flatMap((kind) => [`P${kind}\n`, `P${kind} `])],
  ["a FITS file", 0, "SIMPLE  ="],
  ["a PDF document", 0, "%PDF-"],
  ["a ZIP archive", 0, "PK\x03\x04"],
  ["a video", 4, "ftypmp4", "ftypisom", "ftypqt", "ftypM4V"],
  ["a video", 0, "\x1a\x45\xdf\xa3"],
];

const MARKUP: readonly (readonly [name: string, start: RegExp])[] = [
  ["an SVG drawing", /^\s*<(!doctype svg\b|(\w+:)?svg[\s>])/i],
  ["an HTML page", /^\s*<(!doctype html\b|html|head|body)\b/i],
];

/** What bytes are that are no picture which can be decoded, "a BMP file"; undefined where that is not known. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 1_024));
  const named = SIGNATURES.find(([, at, ...signatures]) => signatures.some((text) => start.startsWith(text, at)));
  if (named) return named[0];
  const markup = start.replace(/^\xef\xbb\xbf/, "").replaceAll(/<!--.*?(-->|$)|<\?.*?(\?>|$)/gs, "");
  return MARKUP.find(([, begins]) => begins.test(markup))?.[0];
}
