import { checkRange } from "../../core/options.js";
import { pixelIndex } from "../../core/pixel-index.js";
import type { Artifact, RawMap } from "../../core/raw-map.js";
import { sizeOf, type Tensor } from "../../core/tensor.js";
import { gaussianBlur, perChannel } from "../../perturb/blur.js";
import { method, type Subject } from "../method.js";
import { collapse, inputSlope } from "../pixel-gradients.js";
import { chooseLayer } from "../target-layer.js";
import { Adam } from "./adam.js";
import { inputImage, inputRange } from "./input-image.js";
import { clamp } from "./weight-search.js";

export interface FeatureVisualizationOptions {
  /** Name of an inner tensor whose channel is to be driven; the class's own score when absent. */
  targetLayer?: string;
  /** Channel of that layer. */
  channel: number;
  /** Steps of gradient ascent. */
  steps: number;
  /** Step of Adam, as a share of the input's range. */
  learningRate: number;
  /** Largest shift of the picture between steps, in pixels; the default is 8 of 224, in proportion. */
  jitter: number;
}

/**
 * Feature visualization: a picture made by gradient ascent from noise so that a channel's mean, or a class's score, is
 * large, shifted a little between steps and lightly smoothed. What the unit looks for, not what it found here. The map is
 * the change per pixel. Olah, Mordvintsev & Schubert, Distill 2017.
 */
export const featureVisualization = method<FeatureVisualizationOptions>({
  name: "feature-visualization",
  summary: "picture made up so that a channel or a class responds most",
  needs: ["gradient"],
  signed: true,
  view: "pixels",
  source: "Olah, Mordvintsev & Schubert, Feature Visualization, Distill 2017",
  formula: "x* = argmax_x mean A_c(x) or score(x), by gradient ascent with jitter; map = change per pixel",
  useWhen: "Asks what a channel or a class looks for. To see what a unit would like best.",
  cannotShow: "Anything about the given picture: the result is made up. Another start gives another picture.",
  defaults: { channel: 0, steps: 300, learningRate: 0.05, jitter: 8 },
  limits: {
    targetLayer: undefined,
    channel: { from: 0, whole: true },
    steps: { from: 1, to: 1e5, whole: true },
    learningRate: { above: 0 },
    jitter: { from: 0, to: 1000, whole: true },
  },
  inPixels: { jitter: "length" },
  presets: { speed: { steps: 60 }, balance: {}, quality: { steps: 600 } },
  cost: ({ steps }) => ({ forward: 0, backward: steps }),
  async explain(subject, { targetLayer, channel, steps, learningRate, jitter }) {
    const layer = targetLayer === undefined ? undefined : chooseLayer(subject.layers(), targetLayer);
    if (layer) checkRange("channel", channel, 0, layer.geometry.channels - 1, true);
    const { low, high } = inputRange(subject);
    const range = high.reduce((most, value, i) => Math.max(most, value - low[i]), 0);
    const maps: RawMap[] = [];
    const artifacts: Artifact[] = [];
    const turns = layer ? [subject.targets[0]] : subject.targets;
    for (const [n, target] of turns.entries()) {
      const draw = subject.random.fork(0);
      const aim = layer ? { target: channelWeights(layer, channel), of: layer.name } : { target };
      let x: Float32Array = low.map((value, i) => (value + high[i]) / 2 + 0.02 * range * draw.normal());
      const start = x.slice();
      const adam = new Adam(x.length, learningRate * range);
      for (let step = 0; step < steps; step++) {
        const [dy, dx] = [draw.integer(2 * jitter + 1) - jitter, draw.integer(2 * jitter + 1) - jitter];
        const shifted = shift(subject, x, dy, dx);
        const result = await subject.gradient({ data: shifted, dims: subject.input.dims }, aim);
        const slope = shift(subject, inputSlope(result), -dy, -dx);
        adam.step(x, (i) => -slope[i]);
        for (let i = 0; i < x.length; i++) x[i] = clamp(x[i], low[i], high[i]);
        if (step % SMOOTH_EVERY === SMOOTH_EVERY - 1 && step < steps - SMOOTH_EVERY) x = softened(subject, x);
        subject.progress({ done: n * steps + step + 1, total: turns.length * steps });
      }
      const made: Tensor = { data: x, dims: subject.input.dims };
      const title = layer ? `channel ${channel} of ${layer.name}` : "what the class looks like to the model";
      artifacts.push(inputImage(subject, made, title, layer ? undefined : target));
      maps.push(
        collapse(
          x.map((value, i) => value - start[i]),
          subject.geometry,
          "sum",
        ),
      );
    }
    return {
      maps: subject.targets.map((_, i) => maps[Math.min(i, maps.length - 1)]),
      artifacts,
      score: layer ? "none" : "logit",
      notes: ["the picture is made up: it shows what the unit looks for, not what it found in this picture"],
    };
  },
});

const SMOOTH_EVERY = 10;

/** Weights over a layer's elements whose sum is a channel's mean. */
function channelWeights({ shape, geometry }: ReturnType<typeof chooseLayer>, channel: number): Float32Array {
  const at = pixelIndex(geometry);
  const weights = new Float32Array(sizeOf(shape));
  const cells = geometry.height * geometry.width;
  for (let cell = 0; cell < cells; cell++) weights[at(channel, cell)] = 1 / cells;
  return weights;
}

/** The picture moved by some rows and columns, around the edges. */
function shift({ geometry }: Subject, data: Float32Array, dy: number, dx: number): Float32Array {
  const { channels, width, height } = geometry;
  const at = pixelIndex(geometry);
  const out = new Float32Array(data.length);
  const wrap = (value: number, size: number) => ((value % size) + size) % size;
  for (let y = 0; y < height; y++) {
    const row = wrap(y + dy, height) * width;
    for (let x = 0; x < width; x++) {
      const to = row + wrap(x + dx, width);
      for (let c = 0; c < channels; c++) out[at(c, to)] = data[at(c, y * width + x)];
    }
  }
  return out;
}

function softened({ geometry, input }: Subject, data: Float32Array): Float32Array {
  const blur = (plane: Float32Array) => gaussianBlur(plane, geometry.width, geometry.height, 0.5);
  return perChannel({ data, dims: input.dims }, geometry, blur).data;
}
