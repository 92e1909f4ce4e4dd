import { sharedMemory } from "#platform/threads";
import { throwIfAborted } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { type Constant, DataType } from "../onnx/constant.js";
import type { Feed, Session } from "./session.js";
import type { Control } from "./types.js";

/** Passes of one call that are under way at a time. */
const OUTSTANDING = 2;

/** A feed with a row per image, to be cut into passes. */
export interface Rows {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Work on many rows, done in passes. */
export interface PassPlan extends Control {
  readonly session: Session;
  /** Rows in all. */
  readonly count: number;
  /** Rows a pass. */
  readonly size: number;
  /** The one batch size that the graph takes: shorter passes are filled up with zeros. */
  readonly batch?: number;
  readonly rows: Readonly<Record<string, Rows>>;
  /** Feeds that are the same in every pass. */
  readonly fixed?: Readonly<Record<string, Feed>>;
  readonly fetches: readonly string[];
  /** Memory of fixed feeds that moves to the thread, for a single pass. */
  readonly give?: readonly ArrayBuffer[];
}

/** What one pass gave. */
export class PassOutputs {
  readonly #outputs: ReadonlyMap<string, Constant>;

  /**
   * @param start index of the first row
   * @param count rows that were asked for
   * @param padded rows that the graph computed
   * @param milliseconds what the runtime took
   */
  constructor(
    outputs: ReadonlyMap<string, Constant>,
    readonly start: number,
    readonly count: number,
    readonly padded: number,
    readonly milliseconds: number,
  ) {
    this.#outputs = outputs;
  }

  tensor(name: string): Tensor {
    return this.#outputs.get(name) as Constant & Tensor;
  }

  /** Some outputs of one row of this pass, each of batch 1. */
  row(index: number, names: readonly string[]): Record<string, Tensor> {
    const outputs: Record<string, Tensor> = {};
    for (const name of names) {
      const { data, dims } = this.tensor(name);
      const step = data.length / this.padded;
      const values = Float32Array.from(data.subarray(index * step, (index + 1) * step), Number);
      outputs[name] = { data: values, dims: [1, ...dims.slice(1)] };
    }
    return outputs;
  }
}

/**
 * Runs rows in passes, some at a time under way.
 * @param collect called with each pass, in no certain order
 */
export async function runPasses(plan: PassPlan, collect: (pass: PassOutputs) => void): Promise<void> {
  const { session, count, size, batch, rows, fixed, fetches, give: given = [], signal } = plan;
  throwIfAborted(signal);
  const cancel = sharedMemory(4);
  const stop = () => cancel && Atomics.store(new Int32Array(cancel), 0, 1);
  signal?.addEventListener("abort", stop);
  const runPass = async (start: number) => {
    const taken = Math.min(size, count - start);
    const padded = batch ?? taken;
    const feeds: Record<string, Feed> = { ...fixed };
    const give = [...given];
    for (const [name, whole] of Object.entries(rows)) {
      const slice = sliceRows(whole, count, start, taken, padded);
      feeds[name] = slice;
      give.push(slice.data.buffer as ArrayBuffer);
    }
    const { outputs, milliseconds } = await session.pass(feeds, fetches, { signal, cancel, give });
    collect(new PassOutputs(outputs, start, taken, padded, milliseconds));
  };
  try {
    let next = 0;
    const lane = async () => {
      while (next < count) {
        const start = next;
        next += size;
        await runPass(start);
      }
    };
    await Promise.all(Array.from({ length: OUTSTANDING }, lane));
  } finally {
    stop();
    signal?.removeEventListener("abort", stop);
  }
}

function sliceRows({ data, dims }: Rows, count: number, start: number, taken: number, padded: number): Constant {
  const step = data.length / count;
  const slice = data.subarray(start * step, (start + taken) * step);
  const rows = padded === taken ? slice.slice() : new Float32Array(padded * step);
  if (padded > taken) rows.set(slice);
  return { type: DataType.FLOAT, dims: [padded, ...dims.slice(1)], data: rows };
}

/** Puts the rows of passes together, tensor by tensor; a tensor without a batch is kept as one pass gave it. */
export class RowCollector {
  readonly tensors = new Map<string, Tensor>();
  readonly #count: number;

  /** @param count rows in all */
  constructor(count: number) {
    this.#count = count;
  }

  /** @param from row of the whole at which the pass's work begins */
  add(pass: PassOutputs, name: string, from = 0): void {
    const { data, dims } = pass.tensor(name);
    if (this.#count === pass.padded) {
      this.tensors.set(name, { data, dims });
      return;
    }
    const step = data.length / pass.padded;
    let whole = this.tensors.get(name);
    if (!whole) {
      const rows = (dims[0] / pass.padded) * this.#count;
      whole = { data: new Float32Array(step * this.#count), dims: [rows, ...dims.slice(1)] };
      this.tensors.set(name, whole);
    }
    whole.data.set(data.subarray(0, pass.count * step), (from + pass.start) * step);
  }
}
