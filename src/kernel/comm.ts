import { uuid } from "../core/uuid.js";
import { type CommData, type CommMessage, type CommSendOptions, type Comms, requireKernel } from "./host.js";

/** Hears the messages of a comm; where it returns a promise, the comm's next message waits for it. */
export type CommListener = (message: CommMessage) => unknown;

interface Registered {
  /** The cell that registered it. */
  owner: unknown;
  listener: CommListener;
}

const accepted = Symbol("opened by the front end");

/**
 * A two-way channel between a notebook and its front end. Messages of one comm are handled in order, one after the other;
 * those of other comms do not wait for them, and neither do they wait for the cell that runs.
 * @example
 * const comm = new Comm("my-target", { hello: "world" }, { buffers: [new Float32Array(49)] });
 * comm.onMessage(({ data, buffers }) => console.log(data, buffers.length));
 * comm.send({ more: true });
 * comm.close();
 */
export class Comm {
  readonly id: string;
  readonly target: string;
  readonly #comms: Comms;
  readonly #messageListeners = new Set<Registered>();
  readonly #closeListeners = new Set<Registered>();

  /**
   * Opens a comm towards the front end.
   * @param options.id a given id; a random one by default
   * @throws SightlineError `not-supported` outside of a kernel
   */
  constructor(target: string, data: CommData = {}, options: CommSendOptions & { id?: string } = {}) {
    this.#comms = requireKernel("a Comm").comms;
    this.id = options.id ?? uuid().replaceAll("-", "");
    this.target = target;
    this.#comms.add(this);
    if (!(accepted in options)) {
      this.#comms.send("comm_open", { comm_id: this.id, target_name: target, data }, options);
    }
  }

  /** Sends a message to the front end. */
  send(data: CommData = {}, options: CommSendOptions = {}): void {
    this.#comms.send("comm_msg", { comm_id: this.id, data }, options);
  }

  /** Closes the comm on both sides; closing it twice is no error. */
  close(data: CommData = {}, options: CommSendOptions = {}): void {
    if (!this.#comms.delete(this.id)) return;
    this.#comms.send("comm_close", { comm_id: this.id, data }, options);
  }

  /** Listens; a listener that returns a promise is waited for before the comm's next message. Returns a way to stop. */
  onMessage(listener: CommListener): () => void {
    return this.#register(this.#messageListeners, listener);
  }

  /** Called when the front end closes the comm. Returns a way to stop. */
  onClose(listener: CommListener): () => void {
    return this.#register(this.#closeListeners, listener);
  }

  /** @internal Calls the listeners of a message. */
  async receive(type: "comm_msg" | "comm_close", message: CommMessage): Promise<void> {
    for (const { owner, listener } of type === "comm_msg" ? this.#messageListeners : this.#closeListeners) {
      const result = this.#comms.run(owner, () => listener(message));
      if (result instanceof Promise) await result;
    }
  }

  #register(listeners: Set<Registered>, listener: CommListener): () => void {
    const entry = { owner: this.#comms.owner(), listener };
    listeners.add(entry);
    return () => listeners.delete(entry);
  }
}

/**
 * Lets the front end open comms of a target. Returns a way to stop.
 * @example
 * const stop = onComm("my-target", (comm, { data }) => comm.send({ echo: data }));
 * stop();
 */
export function onComm(target: string, listener: (comm: Comm, message: CommMessage) => unknown): () => void {
  return requireKernel("onComm").comms.accept(target, (id, message) => {
    const options = { id, [accepted]: true };
    return listener(new Comm(target, {}, options), message);
  });
}
