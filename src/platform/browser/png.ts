import type { Pixels } from "../pictures.js";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const COLOUR_TYPES = { 1: 0, 3: 2, 4: 6, palette: 3 } as const;
const MOST_COLOURS = 256;

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * A PNG file (ISO/IEC 15948), 8 bits a channel, every value as it is: a canvas would round colours under their alpha.
 * @param palette store a picture of at most 256 colours by their numbers; one of more is stored whole
 */
export async function encodePng(pixels: Pixels, palette = false): Promise<Uint8Array> {
  const { width, height, channels = 3 } = pixels;
  const indexed = palette ? indexColours(pixels) : undefined;
  const data = indexed?.data ?? pixels.data;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, indexed ? COLOUR_TYPES.palette : COLOUR_TYPES[channels]], 8);
  const rows = indexed ? unfilteredRows(data, width) : filteredRows(data, width * channels, channels);
  return joined([
    SIGNATURE,
    chunk("IHDR", header),
    ...(indexed ? [chunk("PLTE", indexed.colours), chunk("tRNS", indexed.alphas)] : []),
    chunk("IDAT", await deflate(rows)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** Numbers of colours, and the colours; undefined where there are too many. */
function indexColours({ data, channels = 3 }: Pixels) {
  const numbers = new Map<number, number>();
  const indices = new Uint8Array(data.length / channels);
  for (let i = 0; i < indices.length; i++) {
    const at = i * channels;
    const [red, green, blue] = channels === 1 ? [data[at], data[at], data[at]] : [data[at], data[at + 1], data[at + 2]];
    const colour = ((red << 24) | (green << 16) | (blue << 8) | (channels === 4 ? data[at + 3] : 255)) >>> 0;
    let number = numbers.get(colour);
    if (number === undefined) {
      number = numbers.size;
      if (number === MOST_COLOURS) return undefined;
      numbers.set(colour, number);
    }
    indices[i] = number;
  }
  const colours = Uint8Array.from([...numbers.keys()].flatMap((c) => [c >>> 24, (c >>> 16) & 255, (c >>> 8) & 255]));
  return { data: indices, colours, alphas: Uint8Array.from(numbers.keys(), (colour) => colour & 255) };
}

function unfilteredRows(data: Uint8Array | Uint8ClampedArray, stride: number): Uint8Array {
  const height = data.length / stride;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return rows;
}

/** Each row by the filter that leaves the smallest sum of differences (§12.8): none, sub, up or Paeth. */
function filteredRows(data: Uint8Array | Uint8ClampedArray, stride: number, step: number): Uint8Array {
  const height = data.length / stride;
  const rows = new Uint8Array(height * (stride + 1));
  const tried = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const at = y * stride;
    let least = Number.POSITIVE_INFINITY;
    for (const filter of [0, 1, 2, 4]) {
      let sum = 0;
      for (let x = 0; x < stride; x++) {
        const left = x >= step ? data[at + x - step] : 0;
        const up = y > 0 ? data[at + x - stride] : 0;
        const corner = x >= step && y > 0 ? data[at + x - stride - step] : 0;
        const value = (data[at + x] - predicted(filter, left, up, corner)) & 255;
        tried[x] = value;
        sum += value < 128 ? value : 256 - value;
      }
      if (sum >= least) continue;
      least = sum;
      rows[y * (stride + 1)] = filter;
      rows.set(tried, y * (stride + 1) + 1);
    }
  }
  return rows;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(kind: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = kind.charCodeAt(i);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < bytes.length - 4; i++) crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  view.setUint32(bytes.length - 4, ~crc >>> 0);
  return bytes;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
