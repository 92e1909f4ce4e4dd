import { isSightlineError, SightlineError, throwIfAborted } from "../../core/errors.js";
import { floats } from "../../onnx/constant.js";
import { scoringOf, type TextGraph, textEncoder } from "../../onnx/encoders.js";
import type { Graph } from "../../onnx/graph.js";
import { type IsolationOptions, inProcess, isProven, memoryLimitOf, rememberProof } from "../proving.js";
import { type Session, SessionHost } from "../session.js";
import type { ResolvedModel } from "../source.js";
import type { Control } from "../types.js";
import { TextFeeds } from "./text-feeds.js";
import type { Tokenizer } from "./tokenizer.js";

/** Embeddings of length 1, and the texts of which the end was left out. */
export interface TextEmbeddings {
  readonly vectors: readonly Float32Array[];
  readonly cut: readonly string[];
}

/** How cosines become scores: scale · cosine + bias. A bias is only where each label has a score of its own. */
export interface Scoring {
  readonly scale: number;
  readonly bias?: number;
}

/** A text encoder with its tokenizer. It takes a thread only while it reads. */
export class TextEncoder {
  readonly #file: ResolvedModel;
  readonly #encoder: TextGraph;
  readonly #tokenizer: Tokenizer;
  readonly #feeds: TextFeeds;
  readonly #isolation: IsolationOptions;

  /** @throws SightlineError `not-supported` where the file holds no text encoder */
  constructor(file: ResolvedModel, tokenizer: Tokenizer, isolation: IsolationOptions) {
    this.#file = file;
    this.#encoder = textEncoder(file.graph, file.name);
    this.#tokenizer = tokenizer;
    this.#feeds = new TextFeeds(this.#encoder.inputs, tokenizer);
    this.#isolation = isolation;
  }

  get name(): string {
    return this.#file.name;
  }

  /** @throws SightlineError `not-finite`, `run-failed`, `bad-model`, `aborted` */
  async embed(texts: readonly string[], control: Control): Promise<TextEmbeddings> {
    const { graph, embedding } = this.#encoder;
    const tokens = texts.map((text) => this.#tokenizer.encode(text, this.#feeds.longest));
    const vectors: Float32Array[] = [];
    await this.#run(graph, control, async (session) => {
      for (const { places, feeds } of this.#feeds.batches(tokens)) {
        throwIfAborted(control.signal);
        const answer = await session.run(feeds, [embedding]).catch((cause) => throwUnread(cause, this.#file.name));
        const values = Float32Array.from(answer.get(embedding)?.data as Float32Array);
        const rows = Object.values(feeds)[0].dims[0];
        const width = values.length / rows;
        for (const [row, place] of places.entries()) {
          vectors[place] = unit(values.subarray(row * width, (row + 1) * width), texts[place]);
        }
      }
    });
    return { vectors, cut: texts.filter((_, i) => tokens[i].cut) };
  }

  /**
   * How the file itself makes scores of cosines; undefined where it does not.
   * @throws SightlineError `not-supported` where its scores are another function of the embeddings
   */
  async scoring(features: number, control: Control): Promise<Scoring | undefined> {
    const found = scoringOf(this.#file.graph);
    if (!found) return undefined;
    const { graph, picture, text, scores } = found;
    const answers = await this.#run(graph, control, async (session) => {
      // cosines of 1, 0.6 and 0 with the picture
      const texts = [along(features, 1, 0), along(features, 0.6, 0.8), along(features, 0, 1)];
      const all = new Float32Array(texts.flatMap((row) => [...row]));
      const feeds = {
        [picture.name]: floats(along(features, 1, 0), [1, features]),
        [text.name]: floats(all, [texts.length, features]),
      };
      return (await session.run(feeds, [scores])).get(scores)?.data as Float32Array;
    });
    const [same, between, apart] = answers;
    const scale = same - apart;
    if (Math.abs(between - (0.6 * scale + apart)) <= 1e-3 * Math.abs(scale)) {
      const biased = Math.abs(apart) > 1e-3 * Math.abs(scale);
      return biased ? { scale, bias: apart } : { scale };
    }
    throw new SightlineError("not-supported", `'${this.#file.name}' does not compare embeddings by their cosine`, {
      received: [...answers].join(", "),
      expected: "scores of the form scale · cosine + bias",
    });
  }

  /** Works with a graph of the file, in a process of its own until the file has answered once. */
  async #run<T>(graph: Graph, control: Control, work: (session: Session) => Promise<T>): Promise<T> {
    const memoryLimit = memoryLimitOf(this.#file, this.#isolation);
    const { isolate } = this.#isolation;
    if (isolate === undefined && !(await isProven(this.#file))) {
      const result = await inProcess(memoryLimit, control, async (host) => work(await host.open(graph)));
      await rememberProof(this.#file);
      return result;
    }
    const host = new SessionHost({ isolation: isolate ? { memoryLimit } : undefined });
    try {
      return await work(await host.open(graph));
    } finally {
      await host.close();
    }
  }
}

function throwUnread(cause: unknown, name: string): never {
  if (!isSightlineError(cause, "run-failed")) throw cause;
  throw new SightlineError("run-failed", `'${name}' could not read the tokens`, {
    received: cause.message,
    expected: "the tokenizer of this encoder, and tokenizer_config.json beside it with its model_max_length",
    cause,
  });
}

/** A vector of two values and zeros. */
function along(features: number, first: number, second: number): Float32Array {
  const vector = new Float32Array(features);
  vector.set([first, second]);
  return vector;
}

function unit(vector: Float32Array, text: string): Float32Array {
  const length = Math.hypot(...vector);
  if (length > 0 && Number.isFinite(length)) return vector.map((value) => value / length);
  throw new SightlineError("not-finite", `the embedding of '${text.slice(0, 100)}' has the length ${length}`, {
    received: length,
    expected: "a finite length above 0",
    next: "check that the tokenizer belongs to the text encoder",
  });
}
