import { availableCores } from "#platform/threads";
import { sizeOf } from "../core/tensor.js";
import { DataType } from "../onnx/constant.js";
import { inputDims } from "./input-geometry.js";
import type { PreparedGraph } from "./prepare-graph.js";
import type { RunMemory } from "./run-memory.js";
import type { Session, SessionHost } from "./session.js";

const MOST_THREADS = 8;
/**
 * All threads are remembered where they save this share of the time. That one is faster is never remembered: other work on
 * the machine makes it so for a while, and would slow the model for good.
 */
const CLEAR = 0.1;

const keyOf = (cores: number) => `threads of ${cores}`;

/** All threads where they were the faster choice for a model before, and clearly. */
export function rememberedThreads(memory: RunMemory): number | undefined {
  const threads = memory.recall(keyOf(availableCores()));
  return typeof threads === "number" ? threads : undefined;
}

/** The faster of one thread and all of them, by running one image; the session that won. */
export async function chooseThreads(
  host: SessionHost,
  { graph, forward, input, batch, outputs }: PreparedGraph,
  memory: RunMemory,
): Promise<Session> {
  const cores = availableCores();
  const most = Math.min(MOST_THREADS, cores);
  if (most === 1) return forward;
  const single = host.threads;
  host.threads = most;
  const wide = await host.open(graph);
  const dims = inputDims(input, batch);
  const feed = { [input.name]: { type: DataType.FLOAT, dims, data: new Float32Array(sizeOf(dims)) } };
  const fastest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 3; round++) {
    for (const [i, session] of [forward, wide].entries()) {
      fastest[i] = Math.min(fastest[i], (await session.pass(feed, outputs)).milliseconds);
    }
  }
  const [chosen, other] = fastest[1] < fastest[0] ? [wide, forward] : [forward, wide];
  if (chosen === forward) host.threads = single;
  if (fastest[1] < (1 - CLEAR) * fastest[0]) memory.learn(keyOf(cores), most);
  await other.close();
  return chosen;
}
