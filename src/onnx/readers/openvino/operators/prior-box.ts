import { floats } from "../../../constant.js";
import { constantNumbers, type Operator, type Value } from "../builder.js";
import type { Layer } from "../layers.js";

/** Four variances a box: as given, one for all, or 0.1. */
function variances(given: readonly number[], count: number): Float32Array {
  const pattern = given.length === 4 ? given : new Array<number>(4).fill(given[0] ?? 0.1);
  return Float32Array.from({ length: count }, (_, i) => pattern[i % 4]);
}

/** Two rows, boxes and variances. */
function priors(boxes: readonly number[], layer: Layer): Value {
  const data = new Float32Array(boxes.length * 2);
  data.set(boxes);
  data.set(variances(layer.data.numbers("variance", []), boxes.length), boxes.length);
  return floats(data, [2, boxes.length]);
}

/** What the attributes of a PriorBox layer ask for. */
interface PriorBoxes {
  readonly minSizes: readonly number[];
  readonly maxSizes: readonly number[];
  readonly fixedSizes: readonly number[];
  readonly fixedRatios: readonly number[];
  readonly density: readonly number[];
  /** Width over height, 1 first. */
  readonly ratios: readonly number[];
  /** Every size is given in pixels and takes every ratio; else sizes are shares of the height, and one takes them. */
  readonly scaleAll: boolean;
  readonly minMaxFirst: boolean;
  readonly clip: boolean;
}

function readPriorBoxes({ data }: Layer, height: number): PriorBoxes {
  const scaleAll = data.boolean("scale_all_sizes", true);
  const ratios = [1];
  for (const ratio of data.numbers("aspect_ratio", [])) {
    for (const value of data.boolean("flip", false) ? [ratio, 1 / ratio] : [ratio]) {
      if (ratios.every((before) => Math.abs(before - value) >= 1e-6)) ratios.push(value);
    }
  }
  return {
    minSizes: data.numbers("min_size", []).map((size) => (scaleAll ? size : size * height)),
    maxSizes: scaleAll ? data.numbers("max_size", []) : [],
    fixedSizes: data.numbers("fixed_size", []),
    fixedRatios: data.numbers("fixed_ratio", []),
    density: data.numbers("density", []),
    ratios,
    scaleAll,
    minMaxFirst: data.boolean("min_max_aspect_ratios_order", true),
    clip: data.boolean("clip", false),
  };
}

/** A list of boxes, each four shares of the picture's width and height. */
class BoxList {
  readonly values: number[] = [];
  readonly #width: number;
  readonly #height: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  add(x: number, y: number, halfWidth: number, halfHeight: number, clip: boolean): void {
    const [width, height] = [this.#width, this.#height];
    const box = [
      (x - halfWidth) / width,
      (y - halfHeight) / height,
      (x + halfWidth) / width,
      (y + halfHeight) / height,
    ];
    this.values.push(...(clip ? box.map((value) => Math.min(Math.max(value, 0), 1)) : box));
  }

  /** So many times so many boxes of one shape, side by side where one of this size would be. */
  addDense(x: number, y: number, size: number, count: number, ratio: number): void {
    const shift = size / count;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const [left, top] = [x - size / 2 + shift / 2 + column * shift, y - size / 2 + shift / 2 + row * shift];
        this.add(left, top, (size / 2) * Math.sqrt(ratio), size / 2 / Math.sqrt(ratio), true);
      }
    }
  }
}

/** The boxes around one centre. */
function addBoxes(boxes: BoxList, x: number, y: number, wanted: PriorBoxes): void {
  const { minSizes, maxSizes, fixedSizes, fixedRatios, density, ratios, scaleAll, minMaxFirst, clip } = wanted;
  fixedSizes.forEach((size, i) => {
    const shapes = fixedRatios.length > 0 ? fixedRatios : [...(density.length > 0 ? [1] : []), ...ratios.slice(1)];
    for (const ratio of shapes) boxes.addDense(x, y, size, density[i] ?? 1, ratio);
  });
  minSizes.forEach((size, i) => {
    const addShapes = () => {
      if (!scaleAll && i < minSizes.length - 1) return;
      const base = minSizes[scaleAll ? i : 0] / 2;
      for (const ratio of ratios.slice(1)) boxes.add(x, y, base * Math.sqrt(ratio), base / Math.sqrt(ratio), clip);
    };
    boxes.add(x, y, size / 2, size / 2, clip);
    if (!minMaxFirst) addShapes();
    if (i < maxSizes.length) {
      const half = Math.sqrt(size * maxSizes[i]) / 2;
      boxes.add(x, y, half, half, clip);
    }
    if (minMaxFirst) addShapes();
  });
}

/** Boxes of several sizes and shapes around every cell's centre (PriorBox-1, -8). */
const priorBox: Operator = (layer, [outputSize, imageSize]) => {
  const { data } = layer;
  const [rows, columns] = constantNumbers(outputSize, layer, "grid size");
  const [height, width] = constantNumbers(imageSize, layer, "image size");
  const wanted = readPriorBoxes(layer, height);
  const given = data.number("step", 0);
  const step = wanted.scaleAll ? given : given === -1 ? height / rows : given * height;
  const [stepX, stepY] = step === 0 ? [width / columns, height / rows] : [step, step];
  const offset = data.number("offset");
  const shift = step === 0 ? 0.5 : offset;
  const boxes = new BoxList(width, height);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      addBoxes(boxes, (column + shift) * stepX, (row + shift) * stepY, wanted);
  }
  return priors(boxes.values, layer);
};

/** Boxes of given widths and heights around every cell's centre (PriorBoxClustered-1). */
const priorBoxClustered: Operator = (layer, [outputSize, imageSize]) => {
  const { data } = layer;
  const [rows, columns] = constantNumbers(outputSize, layer, "grid size");
  const [height, width] = constantNumbers(imageSize, layer, "image size");
  const [widths, heights] = [data.numbers("width", [1]), data.numbers("height", [1])];
  const step = data.number("step", 0);
  const stepX = data.number("step_w", 0) || step || width / columns;
  const stepY = data.number("step_h", 0) || step || height / rows;
  const [offset, clip] = [data.number("offset"), data.boolean("clip", false)];
  const boxes = new BoxList(width, height);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [(column + offset) * stepX, (row + offset) * stepY];
      for (const [i, across] of widths.entries()) boxes.add(x, y, across / 2, heights[i] / 2, clip);
    }
  }
  return priors(boxes.values, layer);
};

export const PRIOR_BOXES: Readonly<Record<string, Operator>> = {
  PriorBox: priorBox,
  PriorBoxClustered: priorBoxClustered,
};
