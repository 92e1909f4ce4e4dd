import { SightlineError } from "../../core/errors.js";
import { resizeMap } from "../../image/resize-map.js";
import { type Fill, fillTensor, subtract } from "../../perturb/fill.js";
import { method } from "../method.js";
import { mapsOf, type Sampler, type SamplingOptions, sample } from "../sampling.js";
import { cellReader, chooseLayer } from "../target-layer.js";
import { TargetScores } from "../target-scores.js";

export interface ScoreCamOptions extends SamplingOptions {
  /** Name of an inner tensor; the model's best candidate when absent. */
  targetLayer?: string;
  /** At most so many channels, those that vary most over the picture; one pass each. */
  channels: number;
  /** What is shown where a mask hides. */
  fill: Fill;
}

/**
 * Score-CAM: every channel of a feature map, enlarged and scaled to 0…1, masks the picture; its weight is the class
 * probability of what is left. The map is ReLU(Σ weight · channel). Wang et al., CVPR Workshops 2020, eq. 5–7, with the
 * probability as the channel's score.
 */
export const scoreCam = method<ScoreCamOptions>({
  name: "score-cam",
  summary: "channels of a feature map weighted by the probability of what each lets through",
  needs: ["forward", "activation"],
  signed: false,
  view: "pixels",
  source: "Wang et al., Score-CAM, CVPR Workshops 2020",
  defaults: { channels: 512, fill: "zero" },
  options: ["targetLayer", "channels", "fill", "budget", "until"],
  presets: { speed: { channels: 128 }, balance: {}, quality: { channels: 4096 } },
  cost: ({ channels, budget }) => ({ forward: Math.min(channels, budget?.passes ?? channels), backward: 0 }),
  unsupported: (_, layers) => (layers.length ? undefined : "no feature map was found in the graph"),
  observes: ({ targetLayer }, layers) => [chooseLayer(layers, targetLayer).name],
  async explain(subject, options) {
    const layer = chooseLayer(subject.layers(), options.targetLayer);
    checkOptions(options);
    const { width, height, channels } = layer.geometry;
    const at = cellReader(await subject.activation(layer.name), layer);
    const planes = Array.from({ length: channels }, (_, c) =>
      Float32Array.from({ length: width * height }, (__, p) => at(c, p)),
    );
    const alive = planes
      .map((plane) => ({ plane, variance: varianceOf(plane) }))
      .filter(({ variance }) => variance > 0);
    const used = alive.sort((a, b) => b.variance - a.variance).slice(0, options.channels);
    const base = fillTensor(subject, options.fill);
    const delta = subtract(subject.input, base);
    const { geometry } = subject;
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: true,
      chunk: 8,
      batch(from, count) {
        const size = geometry.width * geometry.height;
        const data = new Float32Array(count * size);
        for (let n = 0; n < count; n++) {
          const mask = resizeMap(used[from + n].plane, width, height, geometry.width, geometry.height);
          data.set(scaled(mask), n * size);
        }
        return { base, delta, count, masks: { kind: "dense", data } };
      },
      take: (raw) => scores.take(raw),
      maps: (half) =>
        scores.values.map((weights) => {
          const data = new Float32Array(width * height);
          for (let n = half ?? 0; n < weights.length; n += half === undefined ? 1 : 2) {
            for (let p = 0; p < data.length; p++) data[p] += weights[n] * used[n].plane[p];
          }
          return { data: data.map((value) => Math.max(0, value)), width, height };
        }),
    };
    const { passes, convergence, notes } = await sample(subject, used.length, options, sampler);
    const left = alive.length - used.length;
    return {
      maps: await mapsOf(sampler),
      resolved: { targetLayer: layer.name, channels: used.length, passes, convergence },
      notes: left > 0 ? [...notes, `${used.length} of ${alive.length} channels, those that vary most`] : notes,
    };
  },
});

function varianceOf(plane: Float32Array): number {
  const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
  return plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / plane.length;
}

/** Brings values in place between 0 and 1, smallest to largest; zeros where they are all the same. */
function scaled(values: Float32Array): Float32Array {
  let least = values[0];
  let most = values[0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const scale = most > least ? 1 / (most - least) : 0;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - least) * scale;
  return values;
}

function checkOptions({ channels }: ScoreCamOptions): void {
  if (!(Number.isInteger(channels) && channels >= 1)) {
    throw new SightlineError("bad-config", `score-cam cannot use ${channels} channels`, {
      received: channels,
      expected: "a whole number of at least 1",
    });
  }
}
