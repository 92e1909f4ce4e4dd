import { openThread } from "#platform/threads";
import { engine } from "#platform/versions";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import type { Constant } from "../onnx/constant.js";
import type { Graph, TensorProto } from "../onnx/graph.js";
import type { GraphRunner, OpenGraph } from "../onnx/shapes.js";
import { encodeWeight, splitWeights } from "../onnx/split-weights.js";
import { forWebGpu } from "../onnx/webgpu-convolutions.js";
import type { Device } from "../platform/devices.js";
import type { RuntimeTensor } from "../platform/runtime.js";
import { type Isolation, IsolationError, type Thread } from "../platform/threads.js";
import type { Question, Reply, Request, RuntimeFeed, SessionThreadData } from "./protocol.js";
import { openError, runError } from "./runtime-errors.js";
import { fromRuntime, toRuntime } from "./runtime-tensors.js";
import type { Control } from "./types.js";

/** What a pass gave, and how long the runtime took for it. */
export interface Pass {
  readonly outputs: ReadonlyMap<string, Constant>;
  readonly milliseconds: number;
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: SightlineError): void;
}

type WithoutId<Q = Question> = Q extends Question ? Omit<Q, "id"> : never;

/**
 * A thread that runs graphs, several sessions side by side, one request after the other. It does not keep the process
 * alive while nothing is asked of it.
 */
export class SessionHost implements GraphRunner {
  readonly #thread: Thread<Request>;
  readonly #pending = new Map<number, Pending>();
  #weights = new WeakMap<TensorProto, number>();
  /** Frees weights in the thread when no graph here has them any more. */
  readonly #unused = new FinalizationRegistry<number>((weight) => {
    if (!this.#dead) this.#thread.post({ kind: "forget", weight });
  });
  #counter = 0;
  #dead?: SightlineError;
  /** For sessions opened from now on. */
  threads: number;
  readonly isolation?: Isolation;
  readonly device: Device;

  /** @param isolation runs the graphs in a process of its own */
  constructor({
    threads = 1,
    isolation,
    device = "cpu",
  }: { threads?: number; isolation?: Isolation; device?: Device } = {}) {
    this.threads = threads;
    this.isolation = isolation;
    this.device = device;
    this.#thread = openThread<Request, Reply>("model/session-thread", {
      isolation,
      data: { device } satisfies SessionThreadData,
      onMessage: (reply) => this.#settle(reply),
      onEnd: (cause) => this.#fail(endOf(cause, isolation)),
    });
  }

  /** @throws SightlineError `unsupported-operator`, `bad-model` */
  async open(graph: Graph): Promise<Session> {
    const { structure, weights } = splitWeights(this.device === "webgpu" ? forWebGpu(graph) : graph);
    const session = this.#counter++;
    const keys = weights.map((weight) => this.#send(weight));
    const reply = await this.ask({ kind: "open", session, structure, weights: keys, threads: this.threads });
    if ("error" in reply) throw openError(reply.error, engine(this.device));
    return new Session(this, session);
  }

  /** Puts a tensor into the thread, to be fed many times without being sent again. */
  async hold(value: Constant): Promise<Held> {
    const held = this.#counter++;
    await this.ask({ kind: "hold", held, value: toRuntime(value) });
    return { feed: { held }, drop: async () => void (await this.ask({ kind: "drop", held })) };
  }

  /** @throws SightlineError `worker-died`, `model-closed` */
  ask(question: WithoutId, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      const id = this.#counter++;
      if (this.#pending.size === 0) this.#thread.keepAlive(true);
      this.#pending.set(id, { resolve, reject });
      this.#thread.post({ ...question, id } as Question, transfer);
    });
  }

  run(pass: Omit<Extract<Question, { kind: "run" }>, "id" | "kind">, give?: readonly ArrayBuffer[]): Promise<Reply> {
    const cancel = this.#thread.sharesMemory ? pass.cancel : undefined;
    return this.ask({ kind: "run", ...pass, cancel }, give);
  }

  /** Forgets all graphs and tensors. */
  async reset(): Promise<void> {
    this.#weights = new WeakMap();
    await this.ask({ kind: "reset" });
  }

  get isAlive(): boolean {
    return this.#dead === undefined;
  }

  /** Ends the thread once it is out of native code. What is still under way is rejected. */
  async close(): Promise<void> {
    this.#fail(new SightlineError("model-closed", "the model was closed", { next: "load it again" }));
    await this.#thread.end();
  }

  #send(tensor: TensorProto): number {
    const sent = this.#weights.get(tensor);
    if (sent !== undefined) return sent;
    const weight = this.#counter++;
    this.#weights.set(tensor, weight);
    this.#unused.register(tensor, weight);
    const bytes = encodeWeight(tensor);
    this.#thread.post({ kind: "weight", weight, bytes }, [bytes.buffer]);
    return weight;
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0 && !this.#dead) this.#thread.keepAlive(false);
    pending?.resolve(reply);
  }

  #fail(error: SightlineError): void {
    this.#dead ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#dead);
    this.#pending.clear();
  }
}

/** What the end of a thread or process means for its model. */
function endOf(cause: Error | undefined, isolation: Isolation | undefined): SightlineError {
  if (cause instanceof IsolationError && cause.reason === "memory" && isolation) {
    const limit = `${Math.round(isolation.memoryLimit / 2 ** 20)} MiB`;
    return new SightlineError("bad-model", `the model takes more than ${limit} of memory for one pass`, {
      expected: `at most ${limit}`,
      next: "raise memoryLimit if the model is meant to be that large",
      cause,
    });
  }
  if (cause instanceof IsolationError) {
    return new SightlineError("model-crashed", `the runtime crashed on the model (${cause.message})`, {
      received: cause.message,
      next: "export the model again; nothing else was harmed, as it ran in a process of its own",
      cause,
    });
  }
  const what = `the model's thread ended${cause ? `: ${cause.message}` : ""}`;
  return new SightlineError("worker-died", what, { next: "load the model again", cause });
}

/** A tensor that is fed, or one that lies in the thread. */
export type Feed = Constant | HeldFeed;

type HeldFeed = Exclude<RuntimeFeed, RuntimeTensor>;

/** A tensor that lies in the thread. */
export interface Held {
  readonly feed: HeldFeed;
  drop(): Promise<void>;
}

/** A graph that is loaded in a thread. */
export class Session implements OpenGraph {
  readonly #host: SessionHost;
  readonly #session: number;

  constructor(host: SessionHost, session: number) {
    this.#host = host;
    this.#session = session;
  }

  async run(
    feeds: Readonly<Record<string, Constant>>,
    fetches: readonly string[],
  ): Promise<ReadonlyMap<string, Constant>> {
    return (await this.pass(feeds, fetches)).outputs;
  }

  /**
   * One pass. The memory in `give` moves to the thread and must not be touched again; other feeds are copied.
   * @throws SightlineError `aborted`, `shape-mismatch`, `run-failed`, `worker-died`
   */
  async pass(
    feeds: Readonly<Record<string, Feed>>,
    fetches: readonly string[],
    { signal, cancel, give }: { cancel?: SharedArrayBuffer; give?: readonly ArrayBuffer[] } & Control = {},
  ): Promise<Pass> {
    throwIfAborted(signal);
    const given = mapped(feeds, (feed) => ("held" in feed ? feed : toRuntime(feed)));
    const reply = await this.#host.run(
      { session: this.#session, feeds: Object.fromEntries(given), fetches, cancel },
      give,
    );
    throwIfAborted(signal);
    if ("error" in reply) throw runError(reply.error);
    if ("cancelled" in reply) throw new SightlineError("aborted", "the work was cancelled");
    if (!("outputs" in reply)) throw new TypeError("a pass was answered without outputs");
    return { outputs: mapped(reply.outputs, fromRuntime), milliseconds: reply.milliseconds };
  }

  async close(): Promise<void> {
    await this.#host.ask({ kind: "close", session: this.#session });
  }
}

/** @throws SightlineError `run-failed` for tensors of a type that the runtime neither takes nor gives */
function mapped<T, U>(tensors: Readonly<Record<string, T>>, change: (tensor: T) => U): Map<string, U> {
  try {
    return new Map(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
  } catch (cause) {
    throw runError((cause as Error).message);
  }
}
