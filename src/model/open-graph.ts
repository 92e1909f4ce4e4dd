import type { Graph } from "../onnx/graph.js";
import type { Device } from "./device.js";
import { chooseThreads, type PreparedGraph, type PrepareOptions, prepareGraph } from "./prepare-graph.js";
import { type IsolationOptions, inProcess, isProven, memoryLimitOf, rememberProof } from "./proving.js";
import { SessionHost } from "./session.js";
import type { ResolvedModel } from "./source.js";
import type { Control } from "./types.js";

export interface OpenOptions extends IsolationOptions, Control {
  /** Threads of the runtime; measured when absent. */
  threads?: number;
  /** Where it is to run in the end; the processor, which prepares it for another one by name, then has one thread. */
  device: Device | "auto";
}

/** A graph that is known, and the thread or process that runs it. */
export interface OpenedGraph {
  readonly host: SessionHost;
  readonly prepared: PreparedGraph;
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
  const { device, isolate, threads = device === "cpu" || device === "auto" ? undefined : 1 } = options;
  const memoryLimit = memoryLimitOf(model, options);
  const prepareIn = (host: SessionHost) => prepareGraph(host, graph, { ...prepare, memoryLimit });
  if (isolate === undefined && !(await isProven(model))) {
    const proven = await inProcess(memoryLimit, options, prepareIn);
    await rememberProof(model);
    return open(new SessionHost({ threads }), threads, async (host) => ({
      ...proven,
      forward: await host.open(proven.graph),
    }));
  }
  const isolation = isolate ? { memoryLimit } : undefined;
  return open(new SessionHost({ threads, isolation }), threads, prepareIn);
}

async function open(
  host: SessionHost,
  threads: number | undefined,
  prepare: (host: SessionHost) => Promise<PreparedGraph>,
): Promise<OpenedGraph> {
  try {
    const prepared = await prepare(host);
    if (threads !== undefined) return { host, prepared };
    return { host, prepared: { ...prepared, forward: await chooseThreads(host, prepared) } };
  } catch (error) {
    await host.close();
    throw error;
  }
}
