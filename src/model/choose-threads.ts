import { availableCores } from "#platform/threads";
import { sizeOf } from "../core/tensor.js";
import { DataType } from "../onnx/constant.js";
import { inputDims } from "./input-geometry.js";
import type { PreparedGraph } from "./prepare-graph.js";
import type { RunMemory } from "./run-memory.js";
import type { Session, SessionHost } from "./session.js";

const MOST_THREADS = 8;
/**
 * All threads are remembered where they save this share of the time. Any other choice is only remembered for a while: other
 * work on the machine makes it so, and would slow the model for good.
 */
const CLEAR = 0.1;
const A_WHILE_MS = 10 * 60_000;

const keyOf = (cores: number) => `threads of ${cores}`;
const sinceKeyOf = (threads: number, cores: number) => `${threads} threads of ${cores} since`;

/** All threads where they were the faster choice for a model before, and clearly; what was chosen a while ago elsewhere. */
export function rememberedThreads(memory: RunMemory): number | undefined {
  const cores = availableCores();
  const threads = memory.recall(keyOf(cores));
  if (typeof threads === "number") return threads;
  return [1, Math.min(MOST_THREADS, cores)].find((threads) => {
    const age = Date.now() - Number(memory.recall(sinceKeyOf(threads, cores)) ?? Number.NaN);
    return age >= 0 && age < A_WHILE_MS;
  });
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
  else {
    const [taken, left] = chosen === forward ? [1, most] : [most, 1];
    memory.learn(sinceKeyOf(taken, cores), Date.now());
    memory.learn(sinceKeyOf(left, cores), 0);
  }
  await other.close();
  return chosen;
}
