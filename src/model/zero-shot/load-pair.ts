import { sha256 } from "#platform/hash";
import { constantOutput, imageEncoder } from "../../onnx/encoders.js";
import type { Penultimate } from "../../onnx/linear-head.js";
import type { Classifier } from "../classifier.js";
import { deviceOf } from "../device.js";
import { type ReadLabels, readLabels } from "../labels.js";
import { type LoadHooks, loadFound } from "../load.js";
import type { SupportOf } from "../model-info.js";
import { type NewHead, withNewHead } from "../new-head.js";
import { placed } from "../place.js";
import { type ResolvedModel, resolveModel } from "../source.js";
import type { Control } from "../types.js";
import { checkPair, checkPrompts } from "./check-pair.js";
import { readProcessorConfig } from "./processor-config.js";
import { type Scoring, TextEncoder } from "./text-encoder.js";
import { readTokenizer } from "./tokenizer.js";
import type { ImageTextOptions, ImageTextPair } from "./types.js";
import { Words } from "./words.js";

const PROMPTS = ["a photo of a {}"];
/** What CLIP was trained up to. */
const CLIP_SCALE = 100;

/**
 * A classifier of a pair of encoders: the image encoder, its embedding at length 1, and a linear layer of the labels'
 * embeddings times the scale, so that a score is scale · cosine + bias.
 *
 * Radford et al., Learning Transferable Visual Models From Natural Language Supervision (ICML 2021); Zhai et al., Sigmoid
 * Loss for Language Image Pre-Training (ICCV 2023).
 * @throws SightlineError what {@link loadModel} throws, `not-supported` where a file is no such encoder or the tokenizer
 *   is of another kind, `shape-mismatch` where the encoders do not belong together, `bad-data` for a damaged tokenizer
 */
export async function loadPair(pair: ImageTextPair, options: ImageTextOptions, hooks: LoadHooks): Promise<Classifier> {
  checkPair(pair, options);
  const { labels, notes } = await readLabels(pair.labels);
  const tokenizer = await readTokenizer(pair.tokenizer);
  const image = await resolveModel(pair.image, { ...options, sha256: pair.sha256?.image });
  const separate = pair.text !== undefined && String(pair.text) !== String(pair.image);
  const text = separate
    ? await resolveModel(pair.text as string | URL, { ...options, sha256: pair.sha256?.text })
    : image;
  const reader = new TextEncoder(text, tokenizer, options);
  const encoder = await openEncoder(image, pair, options, hooks);
  try {
    const features = encoder.info.classes;
    const { scoring, notes: assumed } = await scoringOf(pair, [image, text], reader, features, options);
    const body: Body = {
      features: { tensor: encoder.network.outputs[0], features, averaged: false },
      notes: [...encoder.info.notes, ...assumed],
      support: hooks.support ?? (() => []),
    };
    const words = new Words(reader, scoring, pair.prompts ?? PROMPTS);
    const model = await withWords(encoder, body, words, { labels, notes, signal: options.signal });
    return await placed(model, await deviceOf(options.device), options);
  } finally {
    await encoder.close();
  }
}

/** The image encoder as a model whose scores are the features of its embedding. */
async function openEncoder(
  image: ResolvedModel,
  { preprocessor }: ImageTextPair,
  options: ImageTextOptions,
  { present }: LoadHooks,
): Promise<Classifier> {
  const graph = imageEncoder(image.graph, image.name);
  const told = preprocessor === undefined ? undefined : await readProcessorConfig(preprocessor);
  const assumed =
    image.preprocess || told || options.preprocess
      ? []
      : ["no preprocessor was given: pictures are prepared as for CLIP"];
  const found = {
    ...image,
    graph,
    sha256: sha256(`image encoder of ${image.sha256}`),
    notes: [...image.notes, ...assumed],
  };
  const preprocess = options.preprocess ?? told ?? (image.preprocess ? undefined : "clip");
  const loading = { ...options, preprocess, activation: "none", probabilities: "as given" } as const;
  return loadFound(async () => found, loading, { present, unnamed: true });
}

/** What a file says of how cosines become scores, unless the caller does. */
async function scoringOf(
  pair: ImageTextPair,
  files: readonly ResolvedModel[],
  reader: TextEncoder,
  features: number,
  control: Control,
): Promise<{ scoring: Scoring; notes: readonly string[] }> {
  const { scale, bias } = pair;
  if (scale !== undefined) return { scoring: { scale, bias }, notes: [] };
  const computed = await reader.scoring(features, control);
  const said = (called: RegExp) =>
    files.map(({ graph }) => constantOutput(graph, called)).find((value) => value !== undefined);
  const found = computed ?? { scale: said(/logit_?scale/i), bias: said(/logit_?bias/i) };
  const notes =
    found.scale === undefined
      ? [`the files do not say what cosines are multiplied with: ${CLIP_SCALE}, as in CLIP, was assumed; scale sets it`]
      : [];
  return { scoring: { scale: found.scale ?? CLIP_SCALE, bias: bias ?? found.bias }, notes };
}

/** What stays of a model when its words change. */
interface Body {
  readonly features: Penultimate;
  readonly notes: readonly string[];
  readonly support: SupportOf;
}

/** The same image encoder with other words, on the processor. */
async function withWords(
  model: Classifier,
  body: Body,
  words: Words,
  { labels, notes, signal }: ReadLabels & Control,
): Promise<Classifier> {
  const head = await words.head(labels, body.features.features, { signal });
  const made: NewHead = {
    ...head,
    name: model.info.name,
    labels,
    notes: [...body.notes, words.note, ...notes, ...head.notes],
    probabilities: words.independent ? "sigmoid" : "softmax",
    relabel: async (old, source, { prompts, signal: stop }) => {
      if (prompts !== undefined) checkPrompts(prompts);
      const read = await readLabels(source);
      const next = await withWords(old, body, prompts ? words.withPrompts(prompts) : words, { ...read, signal: stop });
      return placed(next, old.info.device, { signal: stop });
    },
  };
  return withNewHead(model, body.features, made, body.support);
}
