import { Worker } from "node:worker_threads";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import type { Constant } from "../onnx/constant.js";
import type { Graph, TensorProto } from "../onnx/graph.js";
import type { GraphRunner, OpenGraph } from "../onnx/shapes.js";
import { encodeWeight, splitWeights } from "../onnx/split-weights.js";
import { type Feed, type Reply, type Request, STATE, type WorkerData } from "./protocol.js";
import { openError, runError } from "./runtime-errors.js";
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

type Asked = Extract<Request, { id: number }>;
type Question<R = Asked> = R extends Asked ? Omit<R, "id"> : never;

/** Workers that are alive; at exit each must leave native code before its thread ends, or the process aborts. */
const alive = new Set<Int32Array>();
const LONGEST_WAIT_MS = 30_000;

function leaveNativeCode(): void {
  for (const state of alive) Atomics.store(state, STATE.stop, 1);
  const until = Date.now() + LONGEST_WAIT_MS;
  for (const state of alive) {
    while (Atomics.load(state, STATE.busy) === 1 && Date.now() < until) Atomics.wait(state, STATE.busy, 1, 200);
  }
}

/**
 * A worker thread that runs graphs, several sessions side by side, one request after the other. It does not keep the
 * process alive while nothing is asked of it.
 */
export class SessionHost implements GraphRunner {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(4 * STATE.slots));
  readonly #pending = new Map<number, Pending>();
  readonly #weights = new WeakMap<TensorProto, number>();
  /** Frees weights in the worker when no graph here has them any more. */
  readonly #unused = new FinalizationRegistry<number>((weight) => {
    if (!this.#dead) this.#worker.postMessage({ kind: "forget", weight } satisfies Request);
  });
  #counter = 0;
  #dead?: SightlineError;
  #ended: Promise<void>;
  /** For sessions opened from now on. */
  threads: number;

  constructor({ threads = 1 }: { threads?: number } = {}) {
    this.threads = threads;
    if (alive.size === 0) process.on("exit", leaveNativeCode);
    alive.add(this.#state);
    const workerData: WorkerData = { state: this.#state.buffer as SharedArrayBuffer };
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { workerData, execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", (cause) => this.#die("the model's worker thread failed", cause));
    this.#worker.on("messageerror", (cause) => this.#die("a message of the model's worker was unreadable", cause));
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        alive.delete(this.#state);
        if (alive.size === 0) process.off("exit", leaveNativeCode);
        this.#die(`the model's worker thread ended (code ${code})`);
        resolve();
      });
    });
  }

  /** @throws SightlineError `unsupported-operator`, `bad-model` */
  async open(graph: Graph): Promise<Session> {
    const { structure, weights } = splitWeights(graph);
    const session = this.#counter++;
    const question = {
      kind: "open" as const,
      session,
      structure,
      weights: weights.map((w) => this.#send(w)),
      threads: this.threads,
    };
    const reply = await this.ask(question);
    if ("error" in reply) throw openError(reply.error);
    return new Session(this, session);
  }

  /** Puts a tensor into the worker, to be fed many times without being sent again. */
  async hold(value: Constant): Promise<Held> {
    const held = this.#counter++;
    await this.ask({ kind: "hold", held, value });
    return { feed: { held }, drop: async () => void (await this.ask({ kind: "drop", held })) };
  }

  /** @throws SightlineError `worker-died`, `model-closed` */
  ask(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      const id = this.#counter++;
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id } as Request, transfer);
    });
  }

  /** Ends the thread once it is out of native code. What is still under way is rejected. */
  async close(): Promise<void> {
    if (!this.#dead) {
      this.#fail(new SightlineError("model-closed", "the model was closed", { next: "load it again" }));
      this.#worker.postMessage({ kind: "quit" } satisfies Request);
      this.#worker.ref();
    }
    await this.#ended;
  }

  #send(tensor: TensorProto): number {
    const known = this.#weights.get(tensor);
    if (known !== undefined) return known;
    const weight = this.#counter++;
    this.#weights.set(tensor, weight);
    this.#unused.register(tensor, weight);
    const bytes = encodeWeight(tensor);
    this.#worker.postMessage({ kind: "weight", weight, bytes } satisfies Request, [bytes.buffer]);
    return weight;
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0 && !this.#dead) this.#worker.unref();
    pending?.resolve(reply);
  }

  #die(what: string, cause?: unknown): void {
    this.#fail(new SightlineError("worker-died", what, { next: "load the model again", cause }));
  }

  #fail(error: SightlineError): void {
    this.#dead ??= error;
    Atomics.store(this.#state, STATE.stop, 1);
    for (const { reject } of this.#pending.values()) reject(this.#dead);
    this.#pending.clear();
  }
}

/** A tensor that lies in the worker. */
export interface Held {
  readonly feed: Feed;
  drop(): Promise<void>;
}

/** A graph that is loaded in a worker. */
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
   * One pass. The memory in `give` goes over to the worker and must not be touched again; other feeds are copied.
   * @throws SightlineError `aborted`, `shape-mismatch`, `run-failed`, `worker-died`
   */
  async pass(
    feeds: Readonly<Record<string, Feed>>,
    fetches: readonly string[],
    { signal, cancel, give }: { cancel?: SharedArrayBuffer; give?: readonly ArrayBuffer[] } & Control = {},
  ): Promise<Pass> {
    throwIfAborted(signal);
    const reply = await this.#host.ask({ kind: "run", session: this.#session, feeds, fetches, cancel }, give);
    throwIfAborted(signal);
    if ("error" in reply) throw runError(reply.error);
    if ("cancelled" in reply) throw new SightlineError("aborted", "the work was cancelled");
    return { outputs: new Map(Object.entries(reply.outputs ?? {})), milliseconds: reply.milliseconds ?? 0 };
  }

  async close(): Promise<void> {
    await this.#host.ask({ kind: "close", session: this.#session });
  }
}
