import type { Graph } from "../onnx/graph.js";
import type { Isolation } from "../platform/threads.js";
import { chooseThreads, rememberedThreads } from "./choose-threads.js";
import type { Device } from "./device.js";
import { type PreparedGraph, type PrepareOptions, prepareGraph } from "./prepare-graph.js";
import { type IsolationOptions, inProcess, isProven, memoryLimitOf, rememberProof } from "./proving.js";
import { RememberingRunner, RunMemory } from "./run-memory.js";
import { SessionHost } from "./session.js";
import type { ResolvedModel } from "./source.js";
import type { Control } from "./types.js";

export interface OpenOptions extends IsolationOptions, Control {
  /** Threads of the runtime; measured when absent. */
  threads?: number;
  /** Where it is to run in the end; the processor, which prepares it for another one by name, then has one thread. */
  device: Device | "auto";
  /** A thread that was started before, see {@link withThread}. */
  host?: SessionHost;
  /** Keeps what running the graph teaches; the model's own in the cache when absent. */
  memory?: RunMemory;
}

/** A graph that is known, and the thread or process that runs it. */
export interface OpenedGraph {
  readonly host: SessionHost;
  readonly prepared: PreparedGraph;
  readonly memory: RunMemory;
}

/**
 * Works with a thread for a model's sessions that starts while the model is read; none where the model shall run in a
 * process of its own. Where the work fails it is closed.
 */
export async function withThread<T>(
  { isolate }: IsolationOptions,
  work: (host: SessionHost | undefined) => Promise<T>,
): Promise<T> {
  const host = isolate ? undefined : new SessionHost();
  try {
    return await work(host);
  } catch (error) {
    await host?.close();
    throw error;
  }
}

/**
 * Prepares the graph of a model and opens it. A model that never answered before is first run in a process of its own.
 * @param graph the model's, or a variant of it
 * @throws SightlineError `model-crashed`, `aborted`, and what {@link prepareGraph} throws
 */
export async function openGraph(
  model: ResolvedModel,
  graph: Graph,
  prepare: PrepareOptions,
  options: OpenOptions,
): Promise<OpenedGraph> {
  const { device, isolate } = options;
  const memory = options.memory ?? (await RunMemory.of(model));
  const fixed = options.threads ?? (device === "cpu" || device === "auto" ? undefined : 1);
  const threads = fixed ?? rememberedThreads(memory);
  const memoryLimit = memoryLimitOf(model, options);
  const prepareIn = (host: SessionHost) =>
    prepareGraph(new RememberingRunner(host, memory), graph, { ...prepare, memoryLimit });
  const hostOf = (isolation?: Isolation) => {
    const host = options.host ?? new SessionHost({ isolation });
    host.threads = threads ?? 1;
    return host;
  };
  const opened = async () => {
    if (isolate === undefined && !(await isProven(model))) {
      const proven = await inProcess(memoryLimit, options, prepareIn);
      await rememberProof(model);
      return open({ host: hostOf(), threads, memory }, async (host) => ({
        ...proven,
        forward: await host.open(proven.graph),
      }));
    }
    return open({ host: hostOf(isolate ? { memoryLimit } : undefined), threads, memory }, prepareIn);
  };
  const result = await opened();
  await memory.save();
  return result;
}

async function open(
  { host, threads, memory }: { host: SessionHost; threads: number | undefined; memory: RunMemory },
  prepare: (host: SessionHost) => Promise<PreparedGraph>,
): Promise<OpenedGraph> {
  try {
    const prepared = await prepare(host);
    if (threads !== undefined) return { host, prepared, memory };
    return { host, memory, prepared: { ...prepared, forward: await chooseThreads(host, prepared, memory) } };
  } catch (error) {
    await host.close();
    throw error;
  }
}
