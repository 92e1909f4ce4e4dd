import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, type Limit } from "../core/options.js";
import { type Random, random } from "../core/random.js";
import type { RawImage } from "../image/types.js";
import { background, hsv } from "./background.js";
import { type Colour, coverage, type Point, Raster } from "./raster.js";
import { arc, between, type ClassLabel, labels, type Paint, type Part, shapes } from "./shapes.js";
import { mark } from "./watermark.js";

/** Width and height of every picture. */
export const SIZE = 64;

/** A generated picture whose truth is known to the pixel. */
export interface ClassroomPicture {
  readonly image: RawImage;
  /**
   * [64 · 64] of 0 and 1: the visible pixels of the object that gives the picture its class; few or none where a
   * harbour's boat is hidden.
   */
  readonly mask: Uint8Array;
  /** [64 · 64] of 0 and 1: the square of the watermark; all 0 where there is none. */
  readonly markMask: Uint8Array;
  readonly label: ClassLabel;
  /** The label's position among `classroom.labels`: the model's class. */
  readonly index: number;
  readonly marked: boolean;
  /** In a harbour, the class of the large object in front of the boat. */
  readonly foreground?: ClassLabel;
}

/** Which pictures are marked: none, all, a share of every class, or a share per class (0…1). */
export type Watermark = boolean | number | Readonly<Partial<Record<ClassLabel, number>>>;

/** Options of `classroom.pictures`. */
export interface PictureOptions {
  /** How many pictures. */
  count: number;
  /** Default 0. Picture i of a seed is the same whatever the count, and the same but for its mark with and without one. */
  seed?: number;
  /** Default false. */
  watermark?: Watermark;
  /** Share of boat pictures that are harbours: a tiny boat half hidden behind a large object of another class. Default 0. */
  harbours?: number;
  /** Classes in turn; default all eight. */
  labels?: readonly ClassLabel[];
}

const OUTLINE = 4 / 3;
const MASK_OUTLINE = 1;

/** Where a shape's own coordinates land on the picture. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly angle: number;
  readonly mirrored: boolean;
}

function placed(polygon: readonly Point[], { x, y, radius, angle, mirrored }: Place): Point[] {
  const cos = Math.cos(angle) * radius;
  const sin = Math.sin(angle) * radius;
  return polygon.map(([px, py]) => {
    const u = mirrored ? -px : px;
    return [x + u * cos - py * sin, y + u * sin + py * cos];
  });
}

const degrees = (angle: number) => (angle * Math.PI) / 180;

function anywhere(stream: Random, radius: number, margin: number): { x: number; y: number } {
  const low = radius + margin;
  return { x: between(stream, low, SIZE - low), y: between(stream, low, SIZE - low) };
}

function palette(stream: Random): Record<Paint, Colour> {
  const hue = stream.uniform();
  return {
    main: hsv(hue, between(stream, 0.55, 0.95), between(stream, 0.6, 1)),
    second: hsv(hue + between(stream, 0.12, 0.6), between(stream, 0.5, 0.9), between(stream, 0.5, 0.95)),
    dark: [0.12, 0.12, 0.18],
    light: [0.97, 0.97, 0.93],
    wood: hsv(0.07, 0.6, between(stream, 0.35, 0.55)),
  };
}

const distractors: readonly (readonly Point[])[] = [
  arc(0, 0, 1, 1),
  [
    [-1, 0.8],
    [1, 0.8],
    [0, -1],
  ],
  [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  [
    [-1.6, -0.25],
    [1.6, -0.25],
    [1.6, 0.25],
    [-1.6, 0.25],
  ],
];

function scatter(raster: Raster, stream: Random): void {
  for (let left = 2 + stream.integer(3); left > 0; left--) {
    const polygon = distractors[stream.integer(distractors.length)];
    const place = {
      radius: between(stream, 0.05, 0.11) * SIZE,
      x: between(stream, 0.06, 0.94) * SIZE,
      y: between(stream, 0.06, 0.94) * SIZE,
      angle: between(stream, 0, 2 * Math.PI),
      mirrored: false,
    };
    raster.fill(placed(polygon, place), hsv(stream.uniform(), between(stream, 0.35, 0.75), between(stream, 0.5, 0.95)));
  }
}

/** A shape on its place, with its colours. */
interface Drawn {
  readonly parts: readonly Part[];
  readonly colours: Record<Paint, Colour>;
}

function draw(raster: Raster, { parts, colours }: Drawn, outline: number): void {
  const dark = colours.main.map((value) => value * 0.35) as unknown as Colour;
  for (const { polygon } of parts) raster.stroke(polygon, outline, dark);
  for (const { polygon, paint } of parts) {
    raster.fill(polygon, colours[paint]);
    if (paint === "second" || paint === "light") raster.stroke(polygon, outline / 2, dark);
  }
}

function shape(stream: Random, label: ClassLabel, place: Place): Drawn {
  const parts = shapes[label](stream).map(({ polygon, paint }) => ({ polygon: placed(polygon, place), paint }));
  return { parts, colours: palette(stream) };
}

const outlineOf = ({ parts }: Drawn): Uint8Array =>
  coverage(
    parts.map(({ polygon }) => polygon),
    MASK_OUTLINE,
    SIZE,
  );

/** The picture before its mark. */
function paint(stream: Random, label: ClassLabel, harbour: boolean) {
  const raster = new Raster(SIZE, background(stream, SIZE));
  scatter(raster, stream);
  const others = labels.filter((other) => other !== "boat");
  const foreground = harbour ? others[stream.integer(others.length)] : undefined;
  const radius = (between(stream, 0.36, 0.62) * SIZE) / 2;
  const centre = anywhere(stream, radius, 1.5);
  const large = shape(stream, foreground ?? label, {
    ...centre,
    radius: radius * 0.92,
    angle: degrees(between(stream, -18, 18)),
    mirrored: stream.uniform() < 0.5,
  });
  let mask = outlineOf(large);
  if (foreground) {
    const far = (between(stream, 0.16, 0.24) * SIZE) / 2;
    const near = (at: number) => Math.min(SIZE - far, Math.max(far, at + between(stream, -radius, radius)));
    const place = { x: near(centre.x), y: near(centre.y), radius: far, angle: 0, mirrored: false };
    const small = shape(stream, label, place);
    draw(raster, small, 1 / 3);
    const front = mask;
    mask = outlineOf(small).map((value, i) => value & ~front[i]);
  }
  draw(raster, large, OUTLINE);
  const pixels = raster.reduce();
  const noise = between(stream, 0.02, 0.03);
  const data = Uint8Array.from(pixels, (value) =>
    Math.round(255 * Math.min(1, Math.max(0, value + noise * stream.normal()))),
  );
  return { image: { data, width: SIZE, height: SIZE }, mask, foreground };
}

const SHARE: Limit = { from: 0, to: 1 };

function checkWatermark(watermark: Watermark): void {
  const expected = "true, false, a share 0…1, or shares by label";
  if (typeof watermark === "boolean") return;
  const shares = typeof watermark === "number" ? { watermark } : watermark;
  if (typeof shares !== "object" || shares === null) throw bad("watermark", watermark, expected);
  if (typeof watermark !== "number") checkKeys(shares, labels, "watermark");
  checkOptions("classroom.pictures", Object.fromEntries(Object.keys(shares).map((name) => [name, SHARE])), shares);
}

function shareOf(watermark: Watermark, label: ClassLabel): number {
  if (typeof watermark === "object") return watermark[label] ?? 0;
  return Number(watermark);
}

/**
 * Generated pictures with exact masks: 64×64, one of eight shapes on a textured ground among distractors, perhaps with
 * a watermark. The same seed gives the same pictures, bit for bit.
 * @throws SightlineError `unknown-option`, `bad-config`
 */
export function pictures(options: PictureOptions): ClassroomPicture[] {
  checkKeys(options, ["count", "seed", "watermark", "harbours", "labels"], "classroom.pictures");
  const { count, seed = 0, watermark = false, harbours = 0, labels: turn = labels } = options;
  if (!Number.isSafeInteger(count) || count < 0) throw bad("count", count, "a whole number, at least 0");
  if (!Number.isSafeInteger(seed)) throw bad("seed", seed, "a whole number");
  if (!turn.length || turn.some((label) => !labels.includes(label))) {
    throw bad("labels", turn, `some of ${labels.join(", ")}`);
  }
  checkOptions("classroom.pictures", { harbours: SHARE }, options);
  checkWatermark(watermark);
  const root = random(seed);
  return Array.from({ length: count }, (_, i) => {
    const label = turn[i % turn.length];
    const chance = root.fork(2 * i);
    const marked = chance.uniform() < shareOf(watermark, label);
    const harbour = chance.uniform() < harbours && label === "boat";
    const { image, mask, foreground } = paint(root.fork(2 * i + 1), label, harbour);
    const { image: shown, markMask } = marked ? mark(image, chance) : { image, markMask: new Uint8Array(SIZE * SIZE) };
    return { image: shown, mask, markMask, label, index: labels.indexOf(label), marked, foreground };
  });
}

function bad(name: string, received: unknown, expected: string): SightlineError {
  return new SightlineError("bad-config", `classroom.pictures cannot use ${name} = ${JSON.stringify(received)}`, {
    received,
    expected,
    next: `change ${name}`,
  });
}
