import { type Constant, DataType } from "../onnx/constant.js";
import { join } from "../onnx/split-weights.js";
import type { ElementType, RuntimeSession, RuntimeTensor } from "../platform/runtime.js";
import type { ThreadPort } from "../platform/threads.js";
import type { Answer, Feed, Question, Reply, Request } from "./protocol.js";

const TYPES: Partial<Record<DataType, ElementType>> = {
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

/** Holds sessions and runs graphs in them, one request after the other. */
export function serve(port: ThreadPort<Request, Reply>): void {
  const weights = new Map<number, Uint8Array>();
  const sessions = new Map<number, RuntimeSession>();
  const held = new Map<number, Constant>();
  const runtime = port.native(() => import("#platform/runtime"));

  const feedOf = (feed: Feed): RuntimeTensor => {
    if (!("held" in feed)) return toRuntime(feed);
    const value = held.get(feed.held);
    if (!value) throw new Error("a tensor that was to be held is gone");
    return toRuntime(value);
  };

  const answers: { readonly [K in Question["kind"]]: (question: Extract<Question, { kind: K }>) => Promise<Answer> } = {
    async open({ session, structure, weights: wanted, threads }) {
      const encoded = wanted.map((weight) => weights.get(weight) as Uint8Array);
      const { createSession } = await runtime;
      sessions.set(session, await createSession(join([structure, ...encoded]), { threads }));
      return { done: true };
    },
    async close({ session }) {
      await sessions.get(session)?.release();
      sessions.delete(session);
      return { done: true };
    },
    async hold({ held: key, value }) {
      held.set(key, value);
      return { done: true };
    },
    async drop({ held: key }) {
      held.delete(key);
      return { done: true };
    },
    async run({ session: key, feeds, fetches, cancel }) {
      if (cancel && Atomics.load(new Int32Array(cancel), 0)) return { cancelled: true };
      const session = sessions.get(key);
      if (!session) throw new Error("the session was closed");
      const given = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, feedOf(feed)]));
      const start = performance.now();
      const results = await session.run(given, fetches);
      const milliseconds = performance.now() - start;
      return { outputs: Object.fromEntries(fetches.map((name) => [name, fromRuntime(results[name])])), milliseconds };
    },
  };

  const reply = async (question: Question) => {
    const answer = answers[question.kind] as (question: Question) => Promise<Answer>;
    if (!answer) throw new TypeError(`unknown request '${question.kind}'`);
    try {
      const result = await port.native(() => answer(question));
      const outputs = "outputs" in result ? Object.values(result.outputs) : [];
      port.post(
        { id: question.id, ...result },
        outputs.map(({ data }) => data.buffer as ArrayBuffer),
      );
    } catch (cause) {
      port.post({ id: question.id, error: cause instanceof Error ? cause.message : String(cause) });
    }
  };

  let queue: Promise<unknown> = Promise.resolve();
  port.onMessage((request) => {
    queue = queue.then(async () => {
      if (request.kind === "weight") weights.set(request.weight, request.bytes);
      else if (request.kind === "forget") weights.delete(request.weight);
      else await reply(request);
    });
  });
  port.onEnd(async () => {
    await queue;
    await Promise.all([...sessions.values()].map((session) => session.release()));
  });
}

function toRuntime({ type, dims, data }: Constant): RuntimeTensor {
  const name = TYPES[type];
  if (!name) throw new Error(`tensors of type ${DataType[type]} cannot be fed`);
  return { type: name, dims, data };
}

function fromRuntime({ type, dims, data }: RuntimeTensor): Constant {
  const known = TYPE_OF.get(type);
  if (known === undefined) throw new Error(`tensors of type ${type} cannot be fetched`);
  return { type: known, dims, data };
}
