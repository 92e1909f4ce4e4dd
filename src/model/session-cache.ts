import type { Graph } from "../onnx/graph.js";
import type { Session, SessionHost } from "./session.js";

const MOST_SESSIONS = 16;
/** Bytes of weights that they hold together: the runtime has its own copy of them in each session. */
const MOST_BYTES = 1.5 * 2 ** 30;
/** What is kept however large it is: a method works with two or three variants in turn. */
const FEWEST_SESSIONS = 3;

interface Cached {
  readonly session: Promise<Session>;
  /** Of its weights; 0 until its graph is made. */
  bytes: number;
}

/** Sessions of a model's variants, made on first use; the ones used least recently are closed. */
export class SessionCache {
  readonly #host: Pick<SessionHost, "open">;
  readonly #cached = new Map<string, Cached>();

  constructor(host: Pick<SessionHost, "open">) {
    this.#host = host;
  }

  /** The session of a key, or a new one of the graph that `make` gives, whenever the session has to be opened. */
  get(key: string, make: () => Graph | Promise<Graph>): Promise<Session> {
    const cached = this.#cached.get(key) ?? this.#opened(key, make);
    this.#cached.delete(key);
    this.#cached.set(key, cached);
    this.#closeOldest();
    return cached.session;
  }

  #opened(key: string, make: () => Graph | Promise<Graph>): Cached {
    const open = async () => {
      const graph = await make();
      made.bytes = graph.weightBytes();
      this.#closeOldest();
      return this.#host.open(graph, make);
    };
    const made: Cached = { session: Promise.resolve().then(open), bytes: 0 };
    made.session.catch(() => {
      if (this.#cached.get(key) === made) this.#cached.delete(key);
    });
    return made;
  }

  #closeOldest(): void {
    const all = [...this.#cached];
    let bytes = all.reduce((sum, [, one]) => sum + one.bytes, 0);
    const tooMany = (left: number) => left > MOST_SESSIONS || (bytes > MOST_BYTES && left > FEWEST_SESSIONS);
    for (let at = 0; tooMany(all.length - at); at++) {
      const [key, oldest] = all[at];
      bytes -= oldest.bytes;
      this.#cached.delete(key);
      oldest.session.then((session) => session.close()).catch(() => {});
    }
  }
}
