import { openThread, RESTS_AFTER } from "#platform/threads";
import { engine } from "#platform/versions";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import type { Constant } from "../onnx/constant.js";
import type { Graph, TensorProto } from "../onnx/graph.js";
import type { GraphRunner, OpenGraph } from "../onnx/shapes.js";
import { type WeightPlace, withWeightsBeside } from "../onnx/split-weights.js";
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

type PassRequest = Omit<Extract<Question, { kind: "run" }>, "id" | "kind" | "session">;

type WithoutId<Q = Question> = Q extends Question ? Omit<Q, "id"> : never;

/** What a session is opened from, again where its thread rested. */
interface Opening {
  readonly session: number;
  readonly threads: number;
  graph(): Graph | Promise<Graph>;
  closed: boolean;
}

export interface SessionHostOptions {
  threads?: number;
  /** Runs the graphs in a process of its own. */
  isolation?: Isolation;
  device?: Device;
  /** Milliseconds without a question after which the thread gives its memory back; never when undefined. */
  restsAfter?: number;
}

/**
 * A thread that runs graphs, several sessions side by side, one request after the other. It does not keep the process
 * alive while nothing is asked of it. Where memory is scarce it rests: an idle thread ends, as WebAssembly never gives memory
 * back otherwise, and with the next pass another one opens what that pass needs.
 */
export class SessionHost implements GraphRunner {
  #thread?: Thread<Request>;
  readonly #pending = new Map<number, Pending>();
  /** Memory that the thread has, by the numbers that it has there: shared memory, or copies of single weights. */
  #weights = new WeakMap<SharedArrayBuffer | TensorProto, number>();
  /** Frees memory in the thread when no graph here has it any more. */
  readonly #unused = new FinalizationRegistry<number>((weight) => {
    if (!this.#dead) this.#thread?.post({ kind: "forget", weight });
  });
  /** Sessions that are open in the thread; those that are being opened again as promises. */
  readonly #standing = new Map<number, "open" | Promise<void>>();
  #held = 0;
  #counter = 0;
  #dead?: SightlineError;
  readonly #restsAfter?: number;
  #rest?: ReturnType<typeof setTimeout>;
  /** For sessions opened from now on. */
  threads: number;
  readonly isolation?: Isolation;
  readonly device: Device;

  constructor({ threads = 1, isolation, device = "cpu", restsAfter = RESTS_AFTER }: SessionHostOptions = {}) {
    this.threads = threads;
    this.isolation = isolation;
    this.device = device;
    this.#restsAfter = restsAfter;
    this.#thread = this.#started();
  }

  /**
   * @param make makes the graph anew where it is heavy: then it is not kept for the day when it is opened again
   * @throws SightlineError `unsupported-operator`, `bad-model`
   */
  async open(graph: Graph, make: () => Graph | Promise<Graph> = () => graph): Promise<Session> {
    const opening: Opening = { session: this.#counter++, threads: this.threads, graph: make, closed: false };
    await this.#openInThread(opening, graph);
    return new Session(this, opening);
  }

  /** Puts a tensor into the thread, to be fed many times without being sent again. */
  async hold(value: Constant): Promise<Held> {
    const held = this.#counter++;
    this.#held++;
    try {
      await this.ask({ kind: "hold", held, value: toRuntime(value) });
    } catch (error) {
      this.#held--;
      throw error;
    }
    const drop = async () => {
      this.#held--;
      await this.ask({ kind: "drop", held });
    };
    return { feed: { held }, drop };
  }

  /** @throws SightlineError `worker-died`, `model-closed` */
  ask(question: WithoutId, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      const id = this.#counter++;
      clearTimeout(this.#rest);
      this.#thread ??= this.#started();
      if (this.#pending.size === 0) this.#thread.keepAlive(true);
      this.#pending.set(id, { resolve, reject });
      this.#thread.post({ ...question, id } as Question, transfer);
    });
  }

  /** @throws SightlineError as {@link ask} and {@link open} */
  run({ cancel, ...pass }: PassRequest, opening: Opening, give?: readonly ArrayBuffer[]): Promise<Reply> {
    const ask = () => {
      const shared = this.#thread?.sharesMemory ? cancel : undefined;
      return this.ask({ kind: "run", session: opening.session, ...pass, cancel: shared }, give);
    };
    return this.#dead || opening.closed ? ask() : (this.#opened(opening)?.then(ask) ?? ask());
  }

  async closeSession(opening: Opening): Promise<void> {
    if (this.#dead) throw this.#dead;
    const { session } = opening;
    opening.closed = true;
    if (this.#standing.delete(session)) await this.ask({ kind: "close", session });
  }

  /** Forgets all graphs and tensors. */
  async reset(): Promise<void> {
    this.#weights = new WeakMap();
    this.#standing.clear();
    await this.ask({ kind: "reset" });
  }

  get isAlive(): boolean {
    return this.#dead === undefined;
  }

  /** Whether its thread gave its memory back. */
  get isResting(): boolean {
    return !this.#dead && this.#thread === undefined;
  }

  /** Ends the thread once it is out of native code. What is still under way is rejected. */
  async close(): Promise<void> {
    this.#fail(new SightlineError("model-closed", "the model was closed", { next: "load it again" }));
    await this.#thread?.end();
  }

  #started(): Thread<Request> {
    const thread: Thread<Request> = openThread<Request, Reply>("model/session-thread", {
      isolation: this.isolation,
      data: { device: this.device } satisfies SessionThreadData,
      onMessage: (reply) => this.#settle(reply),
      onEnd: (cause) => {
        if (this.#thread === thread) this.#fail(endOf(cause, this.isolation));
      },
    });
    return thread;
  }

  /** Opens a session in the thread; undefined where it is open. */
  #opened(opening: Opening): Promise<void> | undefined {
    const standing = this.#standing.get(opening.session);
    if (standing) return standing === "open" ? undefined : standing;
    const opened = (async () => this.#openInThread(opening, await opening.graph()))();
    this.#standing.set(opening.session, opened);
    opened.catch(() => this.#standing.delete(opening.session));
    return opened;
  }

  async #openInThread({ session, threads }: Opening, graph: Graph): Promise<void> {
    if (!this.#dead) this.#thread ??= this.#started();
    const used = new Set<number>();
    const structure = withWeightsBeside(this.device === "webgpu" ? forWebGpu(graph) : graph, (weight) => {
      const place = this.#placeOf(weight);
      used.add(place.memory);
      return place;
    });
    const reply = await this.ask({ kind: "open", session, structure, weights: [...used], threads });
    if ("error" in reply) throw openError(reply.error, engine(this.device));
    this.#standing.set(session, "open");
  }

  /** Ends the thread once nothing was asked of it for a while; tensors that are held there keep it. */
  #restSoon(): void {
    if (this.#restsAfter === undefined || this.#dead) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      if (this.#pending.size > 0 || this.#held > 0 || this.#dead) return;
      const thread = this.#thread;
      this.#thread = undefined;
      this.#weights = new WeakMap();
      this.#standing.clear();
      void thread?.end();
    }, this.#restsAfter);
  }

  /** Where the thread finds a weight: the memory that it shares, or a copy that is sent to it once. */
  #placeOf(tensor: TensorProto): WeightPlace {
    const { buffer, byteOffset } = tensor.rawData;
    if (this.#thread?.sharesMemory && typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer) {
      return { memory: this.#memoryOf(buffer, () => new Uint8Array(buffer)), offset: byteOffset };
    }
    return { memory: this.#memoryOf(tensor, () => new Uint8Array(tensor.rawData)), offset: 0 };
  }

  #memoryOf(owner: SharedArrayBuffer | TensorProto, give: () => Uint8Array): number {
    const sent = this.#weights.get(owner);
    if (sent !== undefined) return sent;
    const weight = this.#counter++;
    this.#weights.set(owner, weight);
    this.#unused.register(owner, weight);
    const bytes = give();
    this.#thread?.post({ kind: "weight", weight, bytes }, bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []);
    return weight;
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0 && !this.#dead) {
      this.#thread?.keepAlive(false);
      this.#restSoon();
    }
    pending?.resolve(reply);
  }

  #fail(error: SightlineError): void {
    this.#dead ??= error;
    clearTimeout(this.#rest);
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
  readonly #opening: Opening;

  constructor(host: SessionHost, opening: Opening) {
    this.#host = host;
    this.#opening = opening;
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
    const reply = await this.#host.run({ feeds: Object.fromEntries(given), fetches, cancel }, this.#opening, give);
    throwIfAborted(signal);
    if ("error" in reply) throw runError(reply.error);
    if ("cancelled" in reply) throw new SightlineError("aborted", "the work was cancelled");
    if (!("outputs" in reply)) throw new TypeError("a pass was answered without outputs");
    return { outputs: mapped(reply.outputs, fromRuntime), milliseconds: reply.milliseconds };
  }

  async close(): Promise<void> {
    await this.#host.closeSession(this.#opening);
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
