import { SightlineError } from "../../core/errors.js";
import { type Constant, DataType, isFloat } from "../../onnx/constant.js";
import type { Port } from "../../onnx/graph.js";
import type { Tokenizer, Tokens } from "./tokenizer.js";

/** Texts that go through an encoder together. */
export interface TextBatch {
  /** Where each stands among all texts. */
  readonly places: readonly number[];
  readonly feeds: Readonly<Record<string, Constant>>;
}

type Role = "ids" | "mask" | "types" | "positions";

const BATCH = 32;

/** What a text encoder is fed. */
export class TextFeeds {
  readonly #inputs: ReadonlyMap<Port, Role>;
  readonly #ids: Port;
  readonly #padding: number;
  /** Tokens of every text; undefined where each is read as long as it is. */
  readonly #length?: number;
  /** Tokens at most. */
  readonly longest: number;

  /** @throws SightlineError `not-supported` where no input takes tokens */
  constructor(inputs: readonly Port[], { longest = Number.POSITIVE_INFINITY, padding }: Tokenizer) {
    this.#inputs = new Map(inputs.map((port) => [port, roleOf(port)]));
    const ids = inputs.find((port) => this.#inputs.get(port) === "ids");
    if (!ids) {
      throw new SightlineError("not-supported", "the text encoder has no input for the numbers of tokens", {
        received: inputs.map(({ name }) => name).join(", "),
        expected: "an input such as input_ids",
      });
    }
    this.#ids = ids;
    this.#padding = padding;
    const fixed = numberOf(ids.dims?.[1]);
    const masked = [...this.#inputs.values()].includes("mask");
    this.longest = Math.min(longest, fixed ?? Number.POSITIVE_INFINITY);
    // an encoder without a mask has seen texts filled up; with one it reads a text as it would among longer ones
    this.#length = fixed ?? (masked || !Number.isFinite(longest) ? undefined : longest);
  }

  /** Texts of equal length together, as many as the encoder takes. */
  batches(texts: readonly Tokens[]): TextBatch[] {
    const groups = new Map<number, number[]>();
    for (const [place, { ids }] of texts.entries()) {
      const length = this.#length ?? ids.length;
      groups.set(length, [...(groups.get(length) ?? []), place]);
    }
    const fixed = numberOf(this.#ids.dims?.[0]);
    const size = fixed ?? BATCH;
    return [...groups].flatMap(([length, places]) =>
      Array.from({ length: Math.ceil(places.length / size) }, (_, i) => {
        const some = places.slice(i * size, (i + 1) * size);
        const rows = Array.from({ length: fixed ?? some.length }, (_, k) => texts[some[k] ?? some[0]].ids);
        return { places: some, feeds: this.#feeds(rows, length) };
      }),
    );
  }

  #feeds(rows: readonly (readonly number[])[], length: number): Record<string, Constant> {
    const value: Record<Role, (ids: readonly number[], at: number) => number> = {
      ids: (ids, at) => ids[at] ?? this.#padding,
      mask: (ids, at) => Number(at < ids.length),
      types: () => 0,
      positions: (_, at) => at,
    };
    const feeds = [...this.#inputs].map(([{ name, type }, role]) => {
      const values = rows.flatMap((ids) => Array.from({ length }, (_, at) => value[role](ids, at)));
      return [name, typed(type, [rows.length, length], values)] as const;
    });
    return Object.fromEntries(feeds);
  }
}

function roleOf({ name }: Port): Role {
  if (/mask/i.test(name)) return "mask";
  if (/type/i.test(name)) return "types";
  return /position/i.test(name) ? "positions" : "ids";
}

const numberOf = (dim: unknown): number | undefined => (typeof dim === "number" && dim > 0 ? dim : undefined);

/** @throws SightlineError `not-supported` for a type that no tokens have */
function typed(type: DataType, dims: readonly number[], values: readonly number[]): Constant {
  if (type === DataType.INT64) return { type, dims, data: BigInt64Array.from(values, BigInt) };
  if (type === DataType.INT32) return { type, dims, data: Int32Array.from(values) };
  if (type === DataType.BOOL) return { type, dims, data: Uint8Array.from(values) };
  throw new SightlineError("not-supported", `the text encoder takes tokens of the type ${DataType[type]}`, {
    received: DataType[type],
    expected: isFloat(type) ? "whole numbers: an encoder of token numbers, not of embeddings" : "INT64 or INT32",
  });
}
