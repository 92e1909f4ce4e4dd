import { random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import type { ClaimTest } from "../evaluate/claim-test.js";
import type { Region } from "../evaluate/region.js";
import type { Rect } from "../image/types.js";
import { topPredictions } from "../model/ranking.js";
import type { Model } from "../model/types.js";
import type { Fill } from "../perturb/fill.js";
import type { ClaimAction } from "./traits/index.js";

/** What a reader does with a region of the model's input. */
export interface Gesture {
  readonly action: ClaimAction;
  readonly region: Region;
  /** For `move`: how far, in pixels. */
  readonly offset: readonly [right: number, down: number];
}

/** A picture as model input, as it is and with all of it hidden; batch 1. */
export interface Canvas {
  readonly input: Tensor;
  readonly hidden: Tensor;
}

/** The model's input after a gesture. */
export function applyGesture(model: Model, { input, hidden }: Canvas, { action, region, offset }: Gesture): Tensor {
  const { layout, channels } = model.info.input;
  const { mask, width, height } = region;
  const size = width * height;
  const pixelOf = (i: number) => (layout === "nchw" ? i % size : Math.floor(i / channels));
  if (action !== "move") {
    const inside = action === "hide" ? hidden : input;
    const outside = action === "hide" ? input : hidden;
    return { data: input.data.map((_, i) => (mask[pixelOf(i)] ? inside : outside).data[i]), dims: input.dims };
  }
  const data = input.data.map((value, i) => (mask[pixelOf(i)] ? hidden.data[i] : value));
  const [right, down] = offset;
  const step = layout === "nchw" ? 1 : channels;
  for (let i = 0; i < data.length; i++) {
    const p = pixelOf(i);
    const x = (p % width) + right;
    const y = Math.floor(p / width) + down;
    if (mask[p] && x >= 0 && x < width && y >= 0 && y < height) data[i + (down * width + right) * step] = input.data[i];
  }
  return { data, dims: input.dims };
}

/** What moving a region does, beside moving it to random places. */
export async function testMove(
  model: Model,
  canvas: Canvas,
  { region, offset }: Omit<Gesture, "action">,
  options: { target: number; controls: number; fill: Fill; signal: AbortSignal },
): Promise<Omit<ClaimTest, "action">> {
  const { target: index, controls, fill, signal } = options;
  const { mask } = region;
  const before = model.probabilities(await model.run(canvas.input, { signal })).data;
  const after = await scoresOfMoves(model, canvas, region, [offset, ...randomOffsets(region, controls)], signal);
  const [change, ...rest] = after.map((scores) => scores[index] - before[index]);
  return {
    fill,
    area: mask.reduce((sum, inside) => sum + inside, 0) / mask.length,
    target: { index, label: model.labels[index], probability: before[index] },
    before: topPredictions(model.labels, before, 5),
    after: topPredictions(model.labels, after[0], 5),
    change,
    controls: rest,
    chance: (1 + rest.filter((value) => value <= change).length) / (1 + controls),
  };
}

/** Offsets that keep a region inside the picture. */
function randomOffsets(region: Region, count: number): [number, number][] {
  const box = bounds(region);
  const source = random(0);
  return Array.from({ length: count }, () => [
    source.integer(region.width - box.width + 1) - box.x,
    source.integer(region.height - box.height + 1) - box.y,
  ]);
}

/** Probabilities of every class after each move. */
async function scoresOfMoves(
  model: Model,
  canvas: Canvas,
  region: Region,
  offsets: readonly (readonly [number, number])[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const { data: pixels, dims } = canvas.input;
  const scores: Float32Array[] = [];
  const batch = Math.max(1, await model.batchSize());
  for (let start = 0; start < offsets.length; start += batch) {
    const some = offsets.slice(start, start + batch);
    const data = new Float32Array(some.length * pixels.length);
    for (const [i, offset] of some.entries()) {
      data.set(applyGesture(model, canvas, { action: "move", region, offset }).data, i * pixels.length);
    }
    const found = model.probabilities(await model.run({ data, dims: [some.length, ...dims.slice(1)] }, { signal }));
    const classes = found.dims[1];
    for (const i of some.keys()) scores.push(found.data.slice(i * classes, (i + 1) * classes));
  }
  return scores;
}

function bounds({ mask, width }: Region): Rect {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  mask.forEach((inside, p) => {
    if (!inside) return;
    const [x, y] = [p % width, Math.floor(p / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  });
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
