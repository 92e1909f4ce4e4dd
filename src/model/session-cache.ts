import { residentBytes } from "#platform/memory";
import type { Graph } from "../onnx/graph.js";
import type { Session, SessionHost } from "./session.js";

const MOST_SESSIONS = 16;
/** Bytes of weights that they hold together: the runtime has its own copy of them in each session. */
const MOST_BYTES = 1.5 * 2 ** 30;
/** Bytes of a process beyond which sessions are closed: how much room passes take beside the weights, the runtime does not say. */
const MOST_RESIDENT = 3 * 2 ** 30;
/** What is kept however large it is: a method works with two or three variants in turn. */
const FEWEST_SESSIONS = 3;

interface Cached {
  readonly session: Promise<Session>;
  /** Of its weights; 0 until its graph is made. */
  bytes: number;
  /** How many work with it. */
  users: number;
}

/** A session that stays open until it is given back. */
export interface TakenSession extends Disposable {
  readonly session: Session;
}

/** Sessions of a model's variants, made on first use; the ones used least recently are closed, none while it is in use. */
export class SessionCache {
  readonly #host: Pick<SessionHost, "open">;
  readonly #resident: () => number;
  readonly #cached = new Map<string, Cached>();

  /** @param resident bytes that the process takes */
  constructor(host: Pick<SessionHost, "open">, resident = residentBytes) {
    this.#host = host;
    this.#resident = resident;
  }

  /** The session of a key, or a new one of the graph that `make` gives, whenever the session has to be opened. */
  async take(key: string, make: () => Graph | Promise<Graph>): Promise<TakenSession> {
    const cached = this.#cached.get(key) ?? this.#opened(key, make);
    this.#cached.delete(key);
    this.#cached.set(key, cached);
    cached.users++;
    const giveBack = () => {
      cached.users--;
      this.#closeOldest();
    };
    this.#closeOldest();
    // one at a time: what it gives back is seen later
    if (this.#cached.size > FEWEST_SESSIONS && this.#resident() > MOST_RESIDENT) this.#close(this.#idle().slice(0, 1));
    try {
      return { session: await cached.session, [Symbol.dispose]: giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #opened(key: string, make: () => Graph | Promise<Graph>): Cached {
    const open = async () => {
      const graph = await make();
      made.bytes = graph.weightBytes();
      this.#closeOldest();
      return this.#host.open(graph, make);
    };
    const made: Cached = { session: Promise.resolve().then(open), bytes: 0, users: 0 };
    made.session.catch(() => {
      if (this.#cached.get(key) === made) this.#cached.delete(key);
    });
    return made;
  }

  /** Those that nobody works with, the ones used least recently first. */
  #idle(): (readonly [string, Cached])[] {
    return [...this.#cached].filter(([, { users }]) => users === 0);
  }

  #closeOldest(): void {
    let left = this.#cached.size;
    let bytes = [...this.#cached.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const oldest of this.#idle()) {
      if (left <= MOST_SESSIONS && (bytes <= MOST_BYTES || left <= FEWEST_SESSIONS)) return;
      left--;
      bytes -= oldest[1].bytes;
      this.#close([oldest]);
    }
  }

  #close(sessions: readonly (readonly [string, Cached])[]): void {
    for (const [key, { session }] of sessions) {
      this.#cached.delete(key);
      session.then((opened) => opened.close()).catch(() => {});
    }
  }
}
