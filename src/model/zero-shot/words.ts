import { SightlineError } from "../../core/errors.js";
import type { LinearHead } from "../../onnx/linear-head.js";
import type { Control } from "../types.js";
import type { Scoring, TextEncoder } from "./text-encoder.js";

/** The last layer of a model whose classes are words. */
export interface WordHead extends LinearHead {
  readonly notes: readonly string[];
}

/** The words that a pair of encoders tells apart, as the last layer of its image encoder. */
export class Words {
  readonly #encoder: TextEncoder;
  readonly #scoring: Scoring;
  readonly prompts: readonly string[];

  constructor(encoder: TextEncoder, scoring: Scoring, prompts: readonly string[]) {
    this.#encoder = encoder;
    this.#scoring = scoring;
    this.prompts = prompts;
  }

  /** Whether each label has a score of its own, which says nothing of the others. */
  get independent(): boolean {
    return this.#scoring.bias !== undefined;
  }

  /** Who reads the words, and in which sentences. */
  get note(): string {
    const [first, second, ...more] = this.prompts.map((prompt) => `'${prompt.replace(/^(.{60}).+/su, "$1…")}'`);
    const others = more.length > 0 ? ` and ${more.length} more` : "";
    const sentences = second ? `${first}, ${second}${others}` : first;
    return `classes are words, read by '${this.#encoder.name}' in ${sentences}`;
  }

  withPrompts(prompts: readonly string[]): Words {
    return new Words(this.#encoder, this.#scoring, prompts);
  }

  #scoreNote(): string[] {
    if (!this.independent) return [];
    return ["labels are independent: each has a probability of its own, and they do not add up to 1"];
  }

  /**
   * A row for each label: the mean of its prompts' embeddings, of length `scale`.
   * @param features how long the image encoder's embeddings are
   * @throws SightlineError `bad-labels`, `shape-mismatch`, and what reading the texts throws
   */
  async head(labels: readonly string[], features: number, control: Control): Promise<WordHead> {
    checkLabels(labels);
    const texts = labels.flatMap((label) => this.prompts.map((prompt) => prompt.replaceAll("{}", () => label)));
    const { vectors, cut } = await this.#encoder.embed(texts, control);
    if (vectors[0].length !== features) {
      throw new SightlineError("shape-mismatch", "the embeddings of pictures and texts are of different lengths", {
        received: [features, vectors[0].length],
        expected: "encoders that were trained together",
        next: "export both with their projection",
      });
    }
    const { scale, bias } = this.#scoring;
    const weights = new Float32Array(labels.length * features);
    for (const [k] of labels.entries()) {
      const own = vectors.slice(k * this.prompts.length, (k + 1) * this.prompts.length);
      weights.set(meanDirection(own, scale), k * features);
    }
    const notes = [...this.#scoreNote(), ...cutNote(cut)];
    return { weights, bias: new Float32Array(labels.length).fill(bias ?? 0), notes };
  }
}

/** @throws SightlineError `bad-labels` */
function checkLabels(labels: readonly string[]): void {
  if (labels.length === 0) {
    throw new SightlineError("bad-labels", "there are no labels", { received: 0, expected: "at least one class" });
  }
  const blank = labels.findIndex((label) => label.trim() === "");
  if (blank < 0) return;
  throw new SightlineError("bad-labels", `label ${blank} is empty`, { received: blank, expected: "words" });
}

/** The direction of the mean of vectors, as long as is wanted. */
function meanDirection(vectors: readonly Float32Array[], length: number): Float32Array {
  const sum = Float64Array.from(vectors[0], (_, i) => vectors.reduce((total, vector) => total + vector[i], 0));
  const norm = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => (norm === 0 ? 0 : (value / norm) * length));
}

function cutNote(cut: readonly string[]): string[] {
  if (cut.length === 0) return [];
  const [first] = cut;
  const shown = first.length > 60 ? `${first.slice(0, 60)}…` : first;
  const others = cut.length > 1 ? ` and ${cut.length - 1} more` : "";
  return [`the end of '${shown}'${others} is left out: the text encoder reads no text as long`];
}
