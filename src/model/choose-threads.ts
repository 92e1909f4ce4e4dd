import { availableCores } from "#platform/threads";
import { sizeOf } from "../core/tensor.js";
import { DataType } from "../onnx/constant.js";
import { inputDims } from "./input-geometry.js";
import type { PreparedGraph } from "./prepare-graph.js";
import type { RunMemory } from "./run-memory.js";
import type { Session, SessionHost } from "./session.js";

const MOST_THREADS = 8;
/** A choice that gains less than this, as a share of the time, is not remembered: the next load measures again. */
const CLEAR = 0.1;

const keyOf = (cores: number) => `threads of ${cores}`;

/** Threads that were the faster choice for a model before; undefined where it was not clear. */
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
  if (Math.min(...fastest) < (1 - CLEAR) * Math.max(...fastest)) memory.learn(keyOf(cores), host.threads);
  await other.close();
  return chosen;
}
