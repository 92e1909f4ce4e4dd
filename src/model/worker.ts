import { parentPort, workerData } from "node:worker_threads";
import * as ort from "onnxruntime-node";
import type { Constant } from "../onnx/constant.js";
import { DataType } from "../onnx/constant.js";
import { join } from "../onnx/split-weights.js";
import { type Feed, type Reply, type Request, STATE, type WorkerData } from "./protocol.js";

const TYPES: Partial<Record<DataType, ort.Tensor.Type>> = {
  [DataType.FLOAT]: "float32",
  [DataType.DOUBLE]: "float64",
  [DataType.INT8]: "int8",
  [DataType.UINT8]: "uint8",
  [DataType.BOOL]: "bool",
  [DataType.INT16]: "int16",
  [DataType.UINT16]: "uint16",
  [DataType.INT32]: "int32",
  [DataType.UINT32]: "uint32",
  [DataType.INT64]: "int64",
  [DataType.UINT64]: "uint64",
};
const TYPE_OF = new Map(Object.entries(TYPES).map(([type, name]) => [name, Number(type) as DataType]));

const port = parentPort as NonNullable<typeof parentPort>;
const state = new Int32Array((workerData as WorkerData).state);
const weights = new Map<number, Uint8Array>();
const sessions = new Map<number, ort.InferenceSession>();
const held = new Map<number, ort.Tensor>();

/** Native code must not be running when the thread ends: it would take the process with it. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  Atomics.store(state, STATE.busy, 1);
  try {
    if (Atomics.load(state, STATE.stop)) throw new Error("the worker was stopped");
    return await work();
  } finally {
    Atomics.store(state, STATE.busy, 0);
    Atomics.notify(state, STATE.busy);
  }
}

async function answer(request: Extract<Request, { id: number }>): Promise<Reply> {
  const { id } = request;
  switch (request.kind) {
    case "open": {
      const encoded = request.weights.map((weight) => weights.get(weight) as Uint8Array);
      const session = await ort.InferenceSession.create(join([request.structure, ...encoded]), {
        intraOpNumThreads: request.threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: "all",
        logSeverityLevel: 4,
        extra: { session: { intra_op: { allow_spinning: "0" } } },
      });
      sessions.set(request.session, session);
      return { id };
    }
    case "close": {
      await sessions.get(request.session)?.release();
      sessions.delete(request.session);
      return { id };
    }
    case "hold":
      held.set(request.held, toOrt(request.value));
      return { id };
    case "drop":
      held.delete(request.held);
      return { id };
    case "run": {
      if (request.cancel && Atomics.load(new Int32Array(request.cancel), 0)) return { id, cancelled: true };
      const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, feed]) => [name, feedOf(feed)]));
      const session = sessions.get(request.session);
      if (!session) throw new Error("the session was closed");
      const start = performance.now();
      const fetched = await session.run(feeds, request.fetches);
      const milliseconds = performance.now() - start;
      return {
        id,
        outputs: Object.fromEntries(request.fetches.map((name) => [name, fromOrt(fetched[name])])),
        milliseconds,
      };
    }
  }
}

function feedOf(feed: Feed): ort.Tensor {
  if (!("held" in feed)) return toOrt(feed);
  const tensor = held.get(feed.held);
  if (!tensor) throw new Error("a tensor that was to be held is gone");
  return tensor;
}

function toOrt({ type, dims, data }: Constant): ort.Tensor {
  const name = TYPES[type];
  if (!name) throw new Error(`tensors of type ${DataType[type]} cannot be fed`);
  return new ort.Tensor(name, data as Float32Array, dims);
}

function fromOrt(tensor: ort.Tensor): Constant {
  const type = TYPE_OF.get(tensor.type);
  if (type === undefined) throw new Error(`tensors of type ${tensor.type} cannot be fetched`);
  return { type, dims: tensor.dims, data: (tensor.data as Float32Array).slice() };
}

let queue = Promise.resolve();
port.on("message", (request: Request) => {
  queue = queue.then(async () => {
    if (request.kind === "weight") return void weights.set(request.weight, request.bytes);
    if (request.kind === "forget") return void weights.delete(request.weight);
    if (request.kind === "quit") {
      await guarded(() => Promise.all([...sessions.values()].map((session) => session.release()))).catch(() => {});
      return port.close();
    }
    try {
      const reply = await guarded(() => answer(request));
      const outputs = "outputs" in reply ? Object.values(reply.outputs ?? {}) : [];
      port.postMessage(
        reply,
        outputs.map(({ data }) => data.buffer as ArrayBuffer),
      );
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      port.postMessage({ id: request.id, error } satisfies Reply);
    }
  });
});
