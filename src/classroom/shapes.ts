import type { Random } from "../core/random.js";
import type { Point } from "./raster.js";

/** What a part of a shape is painted with. */
export type Paint = "main" | "second" | "dark" | "light" | "wood";

/** A polygon of a shape, within about -1…1, y downwards; later parts lie over earlier ones. */
export interface Part {
  readonly polygon: readonly Point[];
  readonly paint: Paint;
}

export const between = (random: Random, low: number, high: number): number => low + (high - low) * random.uniform();

/** Points on an arc, both ends included; degrees, clockwise from the right because y grows downwards. */
export function arc(x: number, y: number, rx: number, ry: number, from = 0, to = 360, points = 36): Point[] {
  return Array.from({ length: points }, (_, i) => {
    const angle = ((from + ((to - from) * i) / (points - 1)) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
}

const box = (left: number, top: number, right: number, bottom: number): Point[] => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

/** The eight classes, each a function that draws one of its kind; the order is the models'. */
export const shapes = {
  star(random) {
    const inner = between(random, 0.4, 0.52);
    const polygon = Array.from({ length: 10 }, (_, i): Point => {
      const radius = i % 2 ? inner : 1;
      const angle = (i * Math.PI) / 5 - Math.PI / 2;
      return [radius * Math.cos(angle), radius * Math.sin(angle) + 0.05];
    });
    return [{ polygon, paint: "main" }];
  },
  heart(random) {
    const lobe = between(random, 0.46, 0.52);
    const polygon: Point[] = [
      [0, 0.95],
      ...arc(-lobe, -0.3, 0.5, 0.52, 160, 345, 22),
      ...arc(lobe, -0.3, 0.5, 0.52, 195, 380, 22),
    ];
    return [{ polygon, paint: "main" }];
  },
  moon(random) {
    const outer = arc(0.25, 0, 1, 1, 55, 305, 40);
    const [tipX, tipY] = outer[outer.length - 1];
    const hollow = between(random, 0.4, 0.6);
    return [{ polygon: [...outer, ...arc(tipX, 0, hollow, -tipY, 270, 90, 28)], paint: "main" }];
  },
  fish(random) {
    const height = between(random, 0.45, 0.6);
    const tail: Point[] = [
      [0.45, 0],
      [1, -0.5],
      [0.86, 0],
      [1, 0.5],
    ];
    const fin: Point[] = [
      [-0.3, -height * 0.8],
      [0.15, -height - 0.25],
      [0.25, -height * 0.5],
    ];
    return [
      { polygon: tail, paint: "second" },
      { polygon: fin, paint: "second" },
      { polygon: arc(-0.2, 0, 0.78, height), paint: "main" },
      { polygon: arc(-0.6, -0.12, 0.13, 0.13, 0, 360, 14), paint: "light" },
      { polygon: arc(-0.62, -0.12, 0.065, 0.065, 0, 360, 10), paint: "dark" },
    ];
  },
  house(random) {
    const half = between(random, 0.62, 0.75);
    const eaves = between(random, -0.2, -0.05);
    const roof: Point[] = [
      [-half - 0.22, eaves],
      [0, -0.95],
      [half + 0.22, eaves],
    ];
    return [
      { polygon: box(-half, eaves, half, 0.9), paint: "main" },
      { polygon: roof, paint: "second" },
      { polygon: box(-0.42, 0.3, -0.08, 0.9), paint: "dark" },
      { polygon: box(0.14, 0.2, 0.48, 0.54), paint: "light" },
    ];
  },
  tree(random) {
    const trunk: Part = { polygon: box(-0.15, 0.4, 0.15, 1), paint: "wood" };
    const storey = (half: number, foot: number, top: number): Part => ({
      polygon: [
        [-half, foot],
        [half, foot],
        [0, top],
      ],
      paint: "main",
    });
    if (random.uniform() < 0.5)
      return [trunk, storey(0.75, 0.55, -0.2), storey(0.6, 0.1, -0.6), storey(0.45, -0.3, -1)];
    const crown = [
      arc(-0.38, 0.1, 0.42, 0.42),
      arc(0.38, 0.1, 0.42, 0.42),
      arc(0, -0.4, 0.52, 0.55),
      arc(0, 0.1, 0.4, 0.42),
    ];
    return [trunk, ...crown.map((polygon): Part => ({ polygon, paint: "main" }))];
  },
  boat(random) {
    const mast = between(random, -0.1, 0.1);
    const mainsail: Point[] = [
      [mast + 0.1, -0.9],
      [mast + 0.1, 0.25],
      [0.82, 0.25],
    ];
    const jib: Point[] = [
      [mast - 0.1, -0.7],
      [mast - 0.1, 0.25],
      [-0.65, 0.25],
    ];
    const hull: Point[] = [
      [-1, 0.38],
      [1, 0.38],
      [0.65, 0.9],
      [-0.65, 0.9],
    ];
    return [
      { polygon: box(mast - 0.05, -0.95, mast + 0.05, 0.4), paint: "wood" },
      { polygon: mainsail, paint: "second" },
      { polygon: jib, paint: "light" },
      { polygon: hull, paint: "main" },
    ];
  },
  cup(random) {
    const handle = between(random, 0.42, 0.48);
    const ring = [...arc(0.5, 0.05, handle, 0.45, -100, 100, 24), ...arc(0.5, 0.05, handle - 0.2, 0.25, 100, -100, 24)];
    const body: Point[] = [
      [-0.8, -0.7],
      [0.6, -0.7],
      [0.45, 0.85],
      [-0.65, 0.85],
    ];
    return [
      { polygon: ring, paint: "main" },
      { polygon: body, paint: "main" },
      { polygon: arc(-0.1, -0.7, 0.7, 0.16), paint: "second" },
    ];
  },
} as const satisfies Record<string, (random: Random) => Part[]>;

/** A class of the classroom. */
export type ClassLabel = keyof typeof shapes;

/** Class labels in the order of the models' scores. */
export const labels = Object.keys(shapes) as readonly ClassLabel[];
