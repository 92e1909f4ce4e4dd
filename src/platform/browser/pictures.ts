import type { RawImage } from "../../core/raw-image.js";
import { type PictureHead, pictureHead } from "../picture-head.js";
import type { Drawing, Encoding, Pictures, Pixels, ResizeSettings, Shape } from "../pictures.js";
import { encodePng } from "./png.js";

/** Pictures by the browser's own decoders and its canvas. */
export const pictures: Pictures = {
  async inspect(encoded) {
    const { type: _, ...facts } = headOf(encoded);
    return facts;
  },
  async isOpaque(encoded) {
    const { data } = await decoded(encoded, headOf(encoded));
    for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
    return true;
  },
  async decode(encoded, { maxPixels, background }) {
    const head = headOf(encoded);
    if (head.width * head.height > maxPixels) throw new Error(`it has ${head.width} × ${head.height} pixels`);
    return flattened(await decoded(encoded, head), background === "white" ? 255 : 0);
  },
  resize,
  encode,
  draw,
};

function headOf(encoded: Uint8Array): PictureHead {
  const head = pictureHead(encoded);
  if (head) return head;
  throw new Error("the browser edition reads JPEG, PNG, WebP, GIF and AVIF; TIFF and others need the edition for Node");
}

/** The first frame as RGBA, upright as its EXIF orientation says, in sRGB. */
async function decoded(encoded: Uint8Array, { type }: PictureHead): Promise<ImageData> {
  const blob = new Blob([encoded as Uint8Array<ArrayBuffer>], { type });
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none" });
  const context = contextOf(bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}

function flattened({ data, width, height }: ImageData, background: number): RawImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = data[i * 4 + 3];
    for (let c = 0; c < 3; c++) {
      const value = data[i * 4 + c];
      rgb[i * 3 + c] = alpha === 255 ? value : Math.round((value * alpha + background * (255 - alpha)) / 255);
    }
  }
  return { data: rgb, width, height };
}

async function resize(pixels: Pixels, { part, width, height, fit, kernel }: ResizeSettings): Promise<Pixels> {
  const from = part ?? { x: 0, y: 0, width: pixels.width, height: pixels.height };
  const scale = {
    fill: [width / from.width, height / from.height],
    inside: Array(2).fill(Math.min(width / from.width, height / from.height)),
    cover: Array(2).fill(Math.max(width / from.width, height / from.height)),
  }[fit];
  const scaled = [from.width * scale[0], from.height * scale[1]];
  const [w, h] = fit === "inside" ? scaled.map((side) => Math.max(1, Math.round(side))) : [width, height];
  const context = contextOf(w, h);
  context.imageSmoothingEnabled = kernel !== "nearest";
  context.imageSmoothingQuality = "high";
  const [left, top] = fit === "cover" ? [(w - scaled[0]) / 2, (h - scaled[1]) / 2] : [0, 0];
  const [across, down] = fit === "cover" ? scaled : [w, h];
  context.drawImage(canvasOf(pixels), from.x, from.y, from.width, from.height, left, top, across, down);
  const { data } = context.getImageData(0, 0, w, h);
  const channels = pixels.channels ?? 3;
  return { data: withChannels(data, channels), width: w, height: h, channels };
}

async function encode(pixels: Pixels, encoding: Encoding): Promise<Uint8Array> {
  if (encoding.format === "png") return encodePng(pixels, encoding.palette);
  const type = `image/${encoding.format}`;
  const blob = await canvasOf(pixels).convertToBlob({ type, quality: encoding.quality / 100 });
  if (blob.type !== type) throw new Error(`this browser cannot write ${encoding.format}`);
  return new Uint8Array(await blob.arrayBuffer());
}

async function draw({ width, height, background, shapes }: Drawing): Promise<Pixels> {
  const context = contextOf(width, height);
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  for (const shape of shapes) drawShape(context, shape);
  const { data } = context.getImageData(0, 0, width, height);
  return { data: withChannels(data, 3), width, height, channels: 3 };
}

function drawShape(context: OffscreenCanvasRenderingContext2D, shape: Shape): void {
  if (shape.kind === "image") {
    context.drawImage(canvasOf(shape.pixels), shape.left, shape.top);
    return;
  }
  if (shape.kind === "path") {
    context.fillStyle = shape.fill;
    context.fill(new Path2D(shape.d));
    return;
  }
  const { x, y, width, height, fill, opacity = 1, stroke } = shape;
  if (fill) {
    context.globalAlpha = opacity;
    context.fillStyle = fill;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }
  if (stroke) {
    context.strokeStyle = stroke.colour;
    context.lineWidth = stroke.width;
    context.setLineDash([...(stroke.dashes ?? [])]);
    context.strokeRect(x, y, width, height);
  }
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw new Error(`this browser cannot hold a picture of ${width} × ${height} pixels`);
  return context;
}

function canvasOf({ data, width, height, channels = 3 }: Pixels): OffscreenCanvas {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba[i * 4 + c] = data[channels === 1 ? i : i * channels + c];
    if (channels === 4) rgba[i * 4 + 3] = data[i * 4 + 3];
  }
  const context = contextOf(width, height);
  context.putImageData(new ImageData(rgba, width, height), 0, 0);
  return context.canvas;
}

function withChannels(rgba: Uint8ClampedArray, channels: 1 | 3 | 4): Uint8Array {
  if (channels === 4) return new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  const pixels = rgba.length / 4;
  const data = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < channels; c++) data[i * channels + c] = rgba[i * 4 + c];
  return data;
}
