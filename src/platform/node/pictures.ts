import type { Metadata, OutputInfo, OverlayOptions, Sharp } from "sharp";
import type { ExifOrientation, RawImage } from "../../core/raw-image.js";
import { pictureHead, pictureType } from "../picture-head.js";
import type {
  Drawing,
  Encoding,
  PictureFacts,
  Pictures,
  Pixels,
  ReducedSettings,
  ResizeSettings,
  Samples,
  Shape,
} from "../pictures.js";

/** Loaded with the first picture: it takes a fifth of the time that importing the library may. */
const libvips = async () => (await import("sharp")).default;

/** Pictures by libvips. */
export const pictures: Pictures = {
  async inspect(encoded) {
    const metadata = await (await opened(encoded)).metadata();
    const facts = factsOf(metadata, pictureHead(encoded)?.frames);
    if (metadata.depth !== "short" || facts.colours) return facts;
    // libvips clips them at 0
    const { channels } = await (await opened(encoded)).stats();
    return channels.some(({ min }) => min < 0) ? { ...facts, samples: "below-zero" } : facts;
  },
  isOpaque: async (encoded) => (await (await opened(encoded)).stats()).isOpaque,
  async decode(encoded, { maxPixels, background }) {
    const picture = await opened(encoded, maxPixels);
    const { data, info } = await picture
      .autoOrient()
      .flatten({ background })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return asRgb(data, info);
  },
  reduced,
  samples,
  async resize(pixels, { part, width, height, fit, kernel }: ResizeSettings) {
    const whole = await ofPixels(pixels);
    if (part) whole.extract({ left: part.x, top: part.y, width: part.width, height: part.height });
    const resized = whole.resize(width, height, { fit, kernel });
    return toPixels(pixels.channels === 1 ? resized.toColourspace("b-w") : resized);
  },
  encode: async (pixels, encoding) => encoded(await ofPixels(pixels), encoding),
  draw,
};

/** What libvips does not count are the frames of APNG and MPO files. */
function factsOf(
  { width, height, pages = 1, hasAlpha = false, space, channels, depth }: Metadata,
  frames = 1,
): PictureFacts {
  const colours = space === "cmyk" ? "CMYK" : space.startsWith("lab") ? "CIELAB" : undefined;
  const samples = depth === "uchar" || colours ? undefined : depth === "ushort" ? "uint16" : "wide";
  return {
    width,
    height,
    frames: Math.max(pages, frames),
    hasAlpha: hasAlpha && channels <= 4,
    ...(samples && { samples }),
    ...(colours && { colours }),
    ...(channels > 4 && !colours && { channels }),
  };
}

const MOST: Readonly<Record<string, number>> = { uchar: 255, char: 127, ushort: 65_535, short: 32_767 };

/** What stands upright after it: mirrored left to right first, then turned clockwise. */
const UPRIGHT: Readonly<Record<ExifOrientation, { readonly mirrored: boolean; readonly degrees: number }>> = {
  1: { mirrored: false, degrees: 0 },
  2: { mirrored: true, degrees: 0 },
  3: { mirrored: false, degrees: 180 },
  4: { mirrored: true, degrees: 180 },
  5: { mirrored: true, degrees: 270 },
  6: { mirrored: false, degrees: 90 },
  7: { mirrored: true, degrees: 90 },
  8: { mirrored: false, degrees: 270 },
};

/** libjpeg makes fewer pixels of each block of eight where that is the size asked for, and the picture is turned afterwards only. */
async function reduced(
  encoded: Uint8Array,
  { maxPixels, background, width, height, orientation, by }: ReducedSettings,
): Promise<RawImage> {
  const { mirrored, degrees } = UPRIGHT[orientation];
  const picture = (await opened(encoded, maxPixels))
    .resize(Math.ceil(width / by), Math.ceil(height / by), { fit: "fill", kernel: "nearest" })
    .flop(mirrored)
    .rotate(degrees);
  const { data, info } = await picture
    .flatten({ background })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return asRgb(data, info);
}

/** In the colour space of the file, so that libvips scales nothing. */
async function samples(encoded: Uint8Array, { maxPixels }: { maxPixels: number }): Promise<Samples> {
  const { space, hasAlpha, channels: stored, depth } = await (await opened(encoded, maxPixels)).metadata();
  const picture = (await opened(encoded, maxPixels)).autoOrient().pipelineColourspace(space).toColourspace(space);
  const { data, info } = await picture.raw({ depth: "float" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const numbers = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return { data: numbers, width, height, channels, hasAlpha: hasAlpha && stored <= 4, most: MOST[depth] };
}

/** Only formats that were meant: libvips draws SVG and reads more, at a cost that nothing bounds. */
async function opened(encoded: Uint8Array, maxPixels: number | false = false): Promise<Sharp> {
  if (!pictureType(encoded)) throw new Error("neither JPEG, PNG, WebP, GIF, TIFF nor AVIF");
  const sharp = await libvips();
  return sharp(encoded, { limitInputPixels: maxPixels, failOn: "error" });
}

async function ofPixels({ data, width, height, channels = 3 }: Pixels): Promise<Sharp> {
  const sharp = await libvips();
  return sharp(data, { raw: { width, height, channels } });
}

async function toPixels(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data: bytesOf(data), width, height, ...(channels !== 3 && { channels: channels as 1 | 4 }) };
}

/** The same memory, without the methods that only Node's buffers have. */
function bytesOf({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function asRgb(data: Buffer, { width, height, channels }: OutputInfo): RawImage {
  if (channels === 3) return { data: bytesOf(data), width, height };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)];
  }
  return { data: rgb, width, height };
}

async function encoded(picture: Sharp, encoding: Encoding): Promise<Uint8Array> {
  switch (encoding.format) {
    case "png":
      return bytesOf(await picture.png({ palette: encoding.palette, effort: encoding.effort }).toBuffer());
    case "jpeg":
      return bytesOf(
        await picture
          .jpeg({ quality: encoding.quality, chromaSubsampling: encoding.chroma, mozjpeg: encoding.optimise })
          .toBuffer(),
      );
    case "webp":
      return bytesOf(await picture.webp({ quality: encoding.quality, effort: encoding.effort }).toBuffer());
  }
}

async function draw({ width, height, background, shapes }: Drawing): Promise<Pixels> {
  const layers: OverlayOptions[] = [];
  let marks: string[] = [];
  const putMarks = () => {
    if (marks.length === 0) return;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${marks.join("")}</svg>`;
    layers.push({ input: Buffer.from(svg), left: 0, top: 0 });
    marks = [];
  };
  for (const shape of shapes) {
    if (shape.kind === "image") {
      putMarks();
      const { data, width, height, channels = 3 } = shape.pixels;
      layers.push({
        input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        raw: { width, height, channels },
        left: shape.left,
        top: shape.top,
      });
    } else marks.push(svgOf(shape));
  }
  putMarks();
  const sharp = await libvips();
  return toPixels(sharp({ create: { width, height, channels: 3, background } }).composite(layers));
}

function svgOf(shape: Exclude<Shape, { kind: "image" }>): string {
  if (shape.kind === "path") return `<path d="${shape.d}" fill="${shape.fill}"/>`;
  const { x, y, width, height, fill = "none", opacity, stroke } = shape;
  const line = stroke ? ` stroke="${stroke.colour}" stroke-width="${stroke.width}"` : "";
  const dashes = stroke?.dashes ? ` stroke-dasharray="${stroke.dashes.join(" ")}"` : "";
  const paint = `fill="${fill}"${opacity === undefined ? "" : ` fill-opacity="${opacity}"`}${line}${dashes}`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" ${paint}/>`;
}
