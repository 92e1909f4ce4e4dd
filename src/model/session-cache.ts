import type { Graph } from "../onnx/graph.js";
import type { Session, SessionHost } from "./session.js";

const MOST_SESSIONS = 16;

/** Sessions of a model's variants, made on first use; the ones used least recently are closed. */
export class SessionCache {
  readonly #host: SessionHost;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** The session of a key, or a new one of the graph that `make` gives, whenever the session has to be opened. */
  get(key: string, make: () => Graph | Promise<Graph>): Promise<Session> {
    const cached = this.#sessions.get(key);
    this.#sessions.delete(key);
    const session = cached ?? (async () => this.#host.open(await make(), make))();
    this.#sessions.set(key, session);
    session.catch(() => this.#sessions.delete(key));
    if (this.#sessions.size > MOST_SESSIONS) this.#closeOldest();
    return session;
  }

  #closeOldest(): void {
    const [key, session] = this.#sessions.entries().next().value as [string, Promise<Session>];
    this.#sessions.delete(key);
    session.then((oldest) => oldest.close()).catch(() => {});
  }
}
