import type { RuntimeSession, RuntimeTensor, SessionOptions } from "../platform/runtime.js";
import type { ThreadPort } from "../platform/threads.js";
import type { Answer, Question, Reply, Request, RuntimeFeed, SessionThreadData } from "./protocol.js";

/** Holds sessions and runs graphs in them, one request after the other. */
export function serve(port: ThreadPort<Request, Reply>, { device }: SessionThreadData): void {
  const runtime = port.native(() => import("#platform/runtime"));
  const sessions = new Sessions(async (model, options) => (await runtime).createSession(model, { ...options, device }));
  const reply = async (question: Question) => {
    const answer = sessions.answerTo(question);
    try {
      const result = await port.native(answer);
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
      if (request.kind === "weight") sessions.weights.set(request.weight, request.bytes);
      else if (request.kind === "forget") sessions.weights.delete(request.weight);
      else await reply(request);
    });
  });
  port.onEnd(async () => {
    await queue;
    await sessions.release();
  });
}

type OpenSession = (model: Uint8Array, options: Omit<SessionOptions, "device">) => Promise<RuntimeSession>;

type Asked<K extends Question["kind"]> = Extract<Question, { kind: K }>;

class Sessions {
  readonly weights = new Map<number, Uint8Array>();
  readonly #openSession: OpenSession;
  readonly #sessions = new Map<number, RuntimeSession>();
  readonly #held = new Map<number, RuntimeTensor>();

  constructor(openSession: OpenSession) {
    this.#openSession = openSession;
  }

  /** What is to be done for a question. @throws TypeError for one that nobody here knows: the thread then ends */
  answerTo(question: Question): () => Promise<Answer> {
    switch (question.kind) {
      case "open":
        return () => this.#open(question);
      case "close":
        return () => this.#close(question);
      case "reset":
        return () => this.#reset();
      case "hold":
        return async () => {
          this.#held.set(question.held, question.value);
          return { done: true };
        };
      case "drop":
        return async () => {
          this.#held.delete(question.held);
          return { done: true };
        };
      case "run":
        return () => this.#run(question);
      default:
        throw new TypeError(`unknown request '${(question as Question).kind}'`);
    }
  }

  async release(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.release()));
  }

  async #open({ session, structure, weights, threads }: Asked<"open">): Promise<Answer> {
    const beside = weights.map((weight) => ({ path: `${weight}`, data: this.weights.get(weight) as Uint8Array }));
    this.#sessions.set(session, await this.#openSession(structure, { threads, weights: beside }));
    return { done: true };
  }

  async #close({ session }: Asked<"close">): Promise<Answer> {
    await this.#sessions.get(session)?.release();
    this.#sessions.delete(session);
    return { done: true };
  }

  async #reset(): Promise<Answer> {
    await this.release();
    this.#sessions.clear();
    this.#held.clear();
    this.weights.clear();
    return { done: true };
  }

  async #run({ session: key, feeds, fetches, cancel }: Asked<"run">): Promise<Answer> {
    if (cancel && Atomics.load(new Int32Array(cancel), 0)) return { cancelled: true };
    const session = this.#sessions.get(key);
    if (!session) throw new Error("the session was closed");
    const given = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, this.#tensorOf(feed)]));
    const start = performance.now();
    const outputs = await session.run(given, fetches);
    return { outputs, milliseconds: performance.now() - start };
  }

  #tensorOf(feed: RuntimeFeed): RuntimeTensor {
    if (!("held" in feed)) return feed;
    const value = this.#held.get(feed.held);
    if (!value) throw new Error("a tensor that was to be held is gone");
    return value;
  }
}
