import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { nearDuplicates } from "../../src/audit/hygiene/near-duplicates.js";
import { GRID } from "../../src/audit/hygiene/perceptual-hash.js";
import { type Random, random } from "../../src/core/random.js";
import type { RawImage } from "../../src/core/raw-image.js";
import { resample } from "../../src/image/resample.js";

type Edit = (picture: Sharp, source: Random, side: number) => Sharp;

/** What is left of a picture of which a tenth of each side is cut off, anywhere. */
const cropped: Edit = (picture, source, side) => {
  const kept = Math.round(0.9 * side);
  const at = () => source.integer(side - kept + 1);
  return picture.extract({ left: at(), top: at(), width: kept, height: kept });
};

/** What is done to a picture that is there a second time. */
export const COPIES: Readonly<Record<string, Edit>> = {
  "JPEG, quality 20 … 60": (picture, source) => picture.jpeg({ quality: 20 + source.integer(41) }),
  "WebP, quality 20 … 60": (picture, source) => picture.webp({ quality: 20 + source.integer(41) }),
  "resized to .5 … 2": (picture, source, side) => {
    const [width, height] = [0, 0].map(() => Math.round(side * (0.5 + 1.5 * source.uniform())));
    return picture.resize(width, height, { fit: "fill" });
  },
  "cropped to 90 %": cropped,
  "20 % brighter": (picture) => picture.linear(1.2, 0),
  "20 % darker": (picture) => picture.linear(0.8, 0),
  mirrored: (picture) => picture.flop(),
  "cropped, mirrored, darker": (picture, source, side) => cropped(picture, source, side).flop().linear(0.85, 5),
};

export interface CopiesFound {
  readonly copies: number;
  readonly found: number;
  /** Pictures that are taken for another one, of so many. */
  readonly mistaken: number;
  readonly pictures: number;
}

/** Of every second picture a copy is made; which of them are found among all pictures. */
export async function copiesFound(originals: readonly RawImage[], edit: Edit): Promise<CopiesFound> {
  const source = random(17);
  const lumas: Uint8Array[] = [];
  const copyOf = new Map<number, number>();
  for (const [i, image] of originals.entries()) {
    lumas.push(await lumaOf(image));
    if (i % 2 === 1) continue;
    const copied = edit(await stored(image), source, image.width);
    copyOf.set(lumas.length, lumas.length - 1);
    lumas.push(await lumaOf(await decoded(await copied.toBuffer())));
  }
  const all = new Uint8Array(lumas.length * GRID * GRID);
  for (const [i, luma] of lumas.entries()) all.set(luma, i * GRID * GRID);
  const { pairs } = nearDuplicates(all);
  const isCopy = ({ a, b }: { a: number; b: number }) => copyOf.get(Math.max(a, b)) === Math.min(a, b);
  const mistaken = new Set(pairs.filter((pair) => !isCopy(pair)).flatMap(({ a, b }) => [a, b]));
  return { copies: copyOf.size, found: pairs.filter(isCopy).length, mistaken: mistaken.size, pictures: lumas.length };
}

const stored = async ({ data, width, height }: RawImage): Promise<Sharp> =>
  sharp(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );

async function decoded(bytes: Buffer): Promise<RawImage> {
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: Uint8Array.from(data), width: info.width, height: info.height };
}

async function lumaOf(image: RawImage): Promise<Uint8Array> {
  const whole = { x: 0, y: 0, width: GRID, height: GRID };
  const { data } = await resample(image, { width: GRID, height: GRID }, whole, "bilinear");
  return Uint8Array.from({ length: GRID * GRID }, (_, i) =>
    Math.round(0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2]),
  );
}

/** Least standard deviation of a cut's luma, in levels: what is out of focus has no structure that would survive. */
const LEAST_CONTRAST = 8;

/** The lessons' photographs. */
const PHOTOGRAPHS: readonly string[] = [
  "camera.png",
  "chelsea.png",
  "clock_motion.png",
  "coffee.png",
  "grace_hopper.jpg",
].map((name) => join("notebooks/images", name));

/** Squares of photographs, 128 pixels wide, whose centres are half a side apart or more. */
export async function photographCuts(count: number, files = PHOTOGRAPHS): Promise<RawImage[]> {
  const source = random(5);
  const sizes = await Promise.all(files.map((file) => sharp(file).metadata()));
  const taken: { file: string; x: number; y: number; side: number }[] = [];
  const cuts: RawImage[] = [];
  while (cuts.length < count) {
    const which = source.integer(files.length);
    const [file, { width, height }] = [files[which], sizes[which]];
    const side = 32 + source.integer(64);
    const [left, top] = [source.integer(width - side), source.integer(height - side)];
    const [x, y] = [left + side / 2, top + side / 2];
    const near = taken.some(
      (other) => other.file === file && Math.hypot(other.x - x, other.y - y) < Math.max(side, other.side) / 2,
    );
    if (near) continue;
    const cut = sharp(file).extract({ left, top, width: side, height: side }).resize(128, 128);
    const image = await decoded(await cut.png().toBuffer());
    if (contrast(await lumaOf(image)) < LEAST_CONTRAST) continue;
    taken.push({ file, x, y, side });
    cuts.push(image);
  }
  return cuts;
}

/** Pictures that show nothing but one edge between two shades, anywhere and in any direction, sharp or soft, with grain. */
export function singleEdges(count: number, seed: number): RawImage[] {
  const source = random(seed);
  const side = 128;
  return Array.from({ length: count }, () => {
    const turn = 2 * Math.PI * source.uniform();
    const [dark, step] = [20 + 100 * source.uniform(), 40 + 90 * source.uniform()];
    const [away, softness, grain] = [
      0.3 * (2 * source.uniform() - 1),
      0.01 + 0.1 * source.uniform(),
      1 + 3 * source.uniform(),
    ];
    const data = new Uint8ClampedArray(3 * side * side);
    for (let i = 0; i < side * side; i++) {
      const [x, y] = [(i % side) / side - 0.5, Math.floor(i / side) / side - 0.5];
      const behind = x * Math.cos(turn) + y * Math.sin(turn) - away;
      const value = dark + step / (1 + Math.exp(-behind / softness)) + grain * source.normal();
      data.fill(value, 3 * i, 3 * i + 3);
    }
    return { data: Uint8Array.from(data), width: side, height: side };
  });
}

function contrast(luma: Uint8Array): number {
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  return Math.sqrt(luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / luma.length);
}
