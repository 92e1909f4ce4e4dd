/** What runs graphs: it takes a serialised ONNX model and tensors in plain memory. */
import type { Device } from "./devices.js";

export type ElementType =
  | "float32"
  | "float64"
  | "int8"
  | "uint8"
  | "bool"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64";

export type ElementData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface RuntimeTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: ElementData;
}

/** A model that is loaded. */
export interface RuntimeSession {
  /** One pass. The results lie in memory of their own. Rejects with the runtime's own message. */
  run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

/** Memory in which weights lie that a model names as external data, by the path that stands there. */
export interface WeightMemory {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface SessionOptions {
  /** Threads of the runtime. */
  readonly threads: number;
  /** The same for all sessions of a thread. */
  readonly device: Device;
  readonly weights?: readonly WeightMemory[];
}

/** Loads a serialised ModelProto; its weights are copied. Rejects with the runtime's own message. */
export type CreateSession = (model: Uint8Array, options: SessionOptions) => Promise<RuntimeSession>;
