import { checkKeys, checkList } from "../core/checks.js";
import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { didYouMean, SightlineError } from "../core/errors.js";
import { failureOf, isOfTheCall } from "../core/failures.js";
import { escapeHtml } from "../core/html.js";
import { checkOptions, checkRange, type Limits, optionNames } from "../core/options.js";
import { pixelIndex } from "../core/pixel-index.js";
import { median } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import { longWork, type Progress } from "../core/work.js";
import type { ImageSource, PreparedImage, RawImage, Rect } from "../image/types.js";
import { checkClassifier } from "../model/check-model.js";
import { channelSums } from "../model/layer-channels.js";
import { COMPOSITE_DEFAULTS, COMPOSITE_LIMITS, type CompositeOptions, compositeOf } from "../model/relevance.js";
import type { Control, LayerInfo, Model, Target } from "../model/types.js";
import { cellRect } from "./cell-rect.js";
import { framed } from "./framed.js";
import type { LibraryFailure } from "./library.js";

/** Options of {@link relevantPictures}. */
export interface RelevantPicturesOptions extends Control, Partial<CompositeOptions> {
  /** The layer's channel that is asked about, from 0. */
  channel: number;
  /** Name of the layer; the best of `model.layers()` when absent. */
  layer?: string;
  /** The class whose score is handed down; each picture's own prediction when absent. */
  target?: Target;
  /** How many; default 5. */
  count?: number;
  /** Called after every picture. */
  onProgress?(progress: Progress): void;
}

/** A picture in which a channel mattered. */
export interface RelevantPicture {
  /** Its place in the list of pictures given. */
  readonly index: number;
  readonly name: string;
  /** Index of the class whose score was handed down. */
  readonly target: number;
  /** What of that score passed the channel, in units of the logit. */
  readonly relevance: number;
  /** The same as a share of what passed the layer. */
  readonly share: number;
  /** Where most of it passed: a cell of the layer as a part of the picture, in its pixels. */
  readonly cell: Rect;
  readonly picture: RawImage;
}

/** Pictures that gave a channel most relevance, most first; shows itself in a notebook, the strongest cell in a frame. */
export class RelevantPictures implements Displayable {
  constructor(
    readonly layer: string,
    readonly channel: number,
    readonly pictures: readonly RelevantPicture[],
    /** Median share of all pictures searched, to judge a picture's by. */
    readonly usual: number,
    /** How many pictures were searched. */
    readonly searched: number,
    readonly failures: readonly LibraryFailure[],
  ) {
    Object.freeze(this);
  }

  /** The pictures in a row, each with its share and a frame around the strongest cell. */
  async html(): Promise<string> {
    const figures = await Promise.all(
      this.pictures.map(async ({ name, share, cell, picture }) => {
        const words = `${escapeHtml(name)}<br><small>${percent(share)}</small>`;
        const style = "display:inline-block;margin:4px 12px 4px 0";
        return `<figure style="${style}">${await framed(picture, name, [cell])}<figcaption>${words}</figcaption></figure>`;
      }),
    );
    return `<p>${escapeHtml(this.#summary())}</p>\n${figures.join("\n")}`;
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const lines = this.pictures.map(({ name, share }) => `${percent(share)} ${name}`);
    return { "text/html": await this.html(), "text/plain": [this.#summary(), ...lines].join("\n") };
  }

  #summary(): string {
    const left = this.failures.length > 0 ? ` ${this.failures.length} could not be read.` : "";
    const searched = `of ${this.searched} pictures, whose median share is ${percent(this.usual)}`;
    return `Most relevance through channel ${this.channel} of ${this.layer}, ${searched}.${left}`;
  }
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const OPTIONS = optionNames<RelevantPicturesOptions>({
  channel: true,
  layer: true,
  target: true,
  count: true,
  composite: true,
  epsilon: true,
  gamma: true,
  zeroBias: true,
  signal: true,
  onProgress: true,
});
const LIMITS: Limits<Pick<RelevantPicturesOptions, "channel" | "count" | keyof CompositeOptions>> = {
  ...COMPOSITE_LIMITS,
  channel: { from: 0, whole: true },
  count: { from: 1, to: 1000, whole: true },
};

/**
 * Pictures that show what a channel stands for: those in which most of the score's relevance passes it (relevance
 * maximisation), one backward pass each. Unlike pictures that activate it most, the model used it in these. Achtibat et al.,
 * Nature Machine Intelligence 2023.
 * @example
 * const found = await relevantPictures(model, ["cat.png", "dog.png"], { channel: 0, count: 1 });
 * found.pictures.length; // 1
 * @throws SightlineError `unknown-layer`, `bad-config`, `unsupported-operator`, the first failure where no picture could be read,
 *   `aborted`
 */
export async function relevantPictures(
  model: Model,
  images: readonly ImageSource[],
  options: RelevantPicturesOptions,
): Promise<RelevantPictures> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "relevantPictures");
  checkOptions("relevantPictures", LIMITS, options);
  checkList(images, "the pictures", "a list of pictures");
  const layer = layerOf(model, options.layer);
  checkRange("channel", options.channel, 0, layer.geometry.channels - 1, true);
  const task = `channel ${options.channel} in ${images.length} pictures`;
  return longWork(task, options.signal, async ({ signal, progress }) => {
    const found: RelevantPicture[] = [];
    const failures: LibraryFailure[] = [];
    let first: unknown;
    for (const [index, image] of images.entries()) {
      try {
        const prepared = await model.prepare(image, { signal });
        found.push({ index, ...(await relevanceOf(model, prepared, layer, { ...options, signal })) });
      } catch (error) {
        if (isOfTheCall(error) || failureOf(error).code === "unsupported-operator") throw error;
        first ??= error;
        failures.push({ index, ...failureOf(error) });
      }
      const state = { done: index + 1, total: images.length };
      options.onProgress?.(state);
      progress(state);
    }
    if (found.length === 0) throw first;
    const ranked = found.toSorted((a, b) => b.relevance - a.relevance || a.index - b.index);
    const usual = median(found.map(({ share }) => share));
    const { channel, count = 5 } = options;
    return new RelevantPictures(layer.name, channel, ranked.slice(0, count), usual, found.length, failures);
  });
}

/** @throws SightlineError `unknown-layer`, `no-feature-layer` */
function layerOf(model: Model, name: string | undefined): LayerInfo {
  const layers = model.layers();
  const layer = name === undefined ? layers[0] : layers.find((one) => one.name === name);
  if (layer) return layer;
  if (name === undefined) throw new SightlineError("no-feature-layer", "no feature map was found in the graph");
  const names = layers.map((one) => one.name);
  throw new SightlineError("unknown-layer", `unknown layer '${name}'`, {
    received: name,
    expected: "the name of a layer that model.layers() lists",
    next: didYouMean(name, names),
  });
}

async function relevanceOf(
  model: Model,
  prepared: PreparedImage,
  layer: LayerInfo,
  { channel, target, signal, ...given }: RelevantPicturesOptions,
): Promise<Omit<RelevantPicture, "index">> {
  const { composite, epsilon, gamma, zeroBias } = { ...COMPOSITE_DEFAULTS, ...given };
  const range = { geometry: model.info.input, fill: model.fill.bind(model) };
  const input = prepared.tensor;
  const explained = target === undefined ? await predicted(model, input, signal) : model.classIndex(target);
  const answered = await model.gradient(input, {
    target: explained,
    relevance: { composite: compositeOf({ composite, epsilon, gamma, zeroBias }, range) },
    layers: [layer.name],
    signal,
  });
  const relevance = answered.gradients.get(layer.name) as Tensor;
  const sums = channelSums(relevance, layer);
  const total = sums.reduce((sum, value) => sum + value, 0);
  const { width, height } = layer.geometry;
  const at = pixelIndex(layer.geometry);
  const cells = Array.from({ length: width * height }, (_, cell) => relevance.data[at(channel, cell)]);
  return {
    name: prepared.picture.name,
    target: explained,
    relevance: sums[channel],
    share: total === 0 ? 0 : sums[channel] / total,
    cell: cellRect({ width, height }, cells.indexOf(Math.max(...cells)), prepared.view),
    picture: prepared.picture.image,
  };
}

async function predicted(model: Model, input: Tensor, signal: AbortSignal | undefined): Promise<number> {
  const { data } = model.probabilities(await model.run(input, { signal }));
  return data.indexOf(Math.max(...data));
}
