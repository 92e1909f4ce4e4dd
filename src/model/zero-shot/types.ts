import type { LabelSource } from "../labels.js";
import type { LoadOptions } from "../load.js";
import type { ModelSource } from "../source.js";

/**
 * An image and a text encoder that were trained together, as CLIP and SigLIP, and the words to be told apart. Exports of
 * Hugging Face Optimum are taken as they are, in two files or one; others where one output holds a picture's embedding and
 * one a text's.
 */
export interface ImageTextPair {
  /** The image encoder, or the file that holds both. */
  image: ModelSource;
  /** The text encoder; the file of `image` when absent. */
  text?: ModelSource;
  /** `tokenizer.json`; `tokenizer_config.json` beside it is read, too. */
  tokenizer: string | URL;
  /** `preprocessor_config.json`; CLIP's way when absent, unless the options say how pictures are prepared. */
  preprocessor?: string | URL;
  /** The classes, in words, or the path of a file of them. */
  labels: LabelSource;
  /** What a label is put into, at {}; embeddings of several are averaged. Default ["a photo of a {}"]. */
  prompts?: readonly string[];
  /** What cosines are multiplied with; read from a file that computes it, else 100, which is CLIP's. */
  scale?: number;
  /** What is added then: each label has a score of its own (SigLIP); read from a file that computes it, else none. */
  bias?: number;
  /** Of the two files, hex; demanded for https: URLs. */
  sha256?: { readonly image?: string; readonly text?: string };
}

/** Options of {@link loadModel} for a pair of encoders. */
export type ImageTextOptions = Pick<
  LoadOptions,
  "preprocess" | "device" | "threads" | "isolate" | "memoryLimit" | "allowLoopback" | "signal" | "onProgress"
>;
