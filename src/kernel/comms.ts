import { requireKernel } from "./host.js";

export type CommData = Readonly<Record<string, unknown>>;

export interface CommSendOptions {
  /** Binary parts, sent as they are beside the JSON. */
  buffers?: readonly (ArrayBufferView | ArrayBuffer)[];
  metadata?: CommData;
}

/** What arrives on a comm. */
export interface CommMessage {
  data: CommData;
  buffers: Uint8Array[];
  metadata: CommData;
}

export type CommListener = (message: CommMessage) => unknown;

/** Sends comm messages; the kernel gives it the message that it answers as parent. */
export type CommSender = (
  type: "comm_open" | "comm_msg" | "comm_close",
  content: CommData & { comm_id: string },
  options: CommSendOptions,
) => void;

/** Runs a listener in the surroundings of the cell that registered it. */
export type CommRunner = (owner: unknown, listener: () => unknown) => unknown;

const accepted = Symbol("opened by the front end");

/**
 * A two-way channel between a notebook and its front end. Messages of one comm are handled in order, one after the other;
 * those of other comms do not wait for them, and neither do they wait for the cell that runs.
 *
 * @example
 * const comm = new Comm("my-target", { hello: "world" }, { buffers: [new Float32Array(49)] });
 * comm.onMessage(({ data, buffers }) => console.log(data, buffers.length));
 * comm.send({ more: true });
 */
export class Comm {
  readonly id: string;
  readonly target: string;
  readonly #registry: CommRegistry;
  readonly #listeners = new Set<{ owner: unknown; listener: CommListener }>();
  readonly #closing = new Set<{ owner: unknown; listener: CommListener }>();

  /**
   * Opens a comm towards the front end.
   * @param options.id a given id; a random one by default
   * @throws SightlineError `not-supported` outside of a kernel
   */
  constructor(target: string, data: CommData = {}, options: CommSendOptions & { id?: string } = {}) {
    this.#registry = requireKernel("a Comm").comms;
    this.id = options.id ?? crypto.randomUUID().replaceAll("-", "");
    this.target = target;
    this.#registry.add(this);
    if (!(accepted in options)) {
      this.#registry.send("comm_open", { comm_id: this.id, target_name: target, data }, options);
    }
  }

  send(data: CommData = {}, options: CommSendOptions = {}): void {
    this.#registry.send("comm_msg", { comm_id: this.id, data }, options);
  }

  close(data: CommData = {}, options: CommSendOptions = {}): void {
    if (!this.#registry.delete(this.id)) return;
    this.#registry.send("comm_close", { comm_id: this.id, data }, options);
  }

  /** Listens; a listener that returns a promise is waited for before the comm's next message. Returns a way to stop. */
  onMessage(listener: CommListener): () => void {
    return this.#add(this.#listeners, listener);
  }

  /** Called when the front end closes the comm. Returns a way to stop. */
  onClose(listener: CommListener): () => void {
    return this.#add(this.#closing, listener);
  }

  /** @internal Calls the listeners of a message. */
  async receive(type: "comm_msg" | "comm_close", message: CommMessage): Promise<void> {
    for (const { owner, listener } of type === "comm_msg" ? this.#listeners : this.#closing) {
      const result = this.#registry.run(owner, () => listener(message));
      if (result instanceof Promise) await result;
    }
  }

  #add(to: Set<{ owner: unknown; listener: CommListener }>, listener: CommListener): () => void {
    const entry = { owner: this.#registry.owner(), listener };
    to.add(entry);
    return () => to.delete(entry);
  }
}

type Opened = (comm: Comm, message: CommMessage) => unknown;

/** All comms of a kernel and the targets that the front end may open. */
export class CommRegistry {
  readonly #comms = new Map<string, Comm>();
  readonly #targets = new Map<string, { owner: unknown; listener: Opened }>();
  readonly #queues = new Map<string, Promise<void>>();

  /**
   * @param send sends towards the front end
   * @param owner what a listener that is registered now belongs to
   * @param run runs a listener as its owner and shows its errors there
   */
  constructor(
    readonly send: CommSender,
    readonly owner: () => unknown,
    readonly run: CommRunner,
  ) {}

  add(comm: Comm): void {
    this.#comms.set(comm.id, comm);
  }

  delete(id: string): boolean {
    return this.#comms.delete(id);
  }

  onComm(target: string, listener: Opened): () => void {
    const entry = { owner: this.owner(), listener };
    this.#targets.set(target, entry);
    return () => {
      if (this.#targets.get(target) === entry) this.#targets.delete(target);
    };
  }

  /** Open comms by id, of one target or of all. */
  info(target?: string): Record<string, { target_name: string }> {
    const open = [...this.#comms.values()].filter((comm) => target === undefined || comm.target === target);
    return Object.fromEntries(open.map((comm) => [comm.id, { target_name: comm.target }]));
  }

  /** Handles a message after the earlier ones of its comm; resolves when its listeners are done. */
  handle(type: string, content: CommData, message: CommMessage): Promise<void> {
    const id = String(content.comm_id);
    const handled = (this.#queues.get(id) ?? Promise.resolve()).then(() => this.#dispatch(type, id, content, message));
    const queue = handled.finally(() => {
      if (this.#queues.get(id) === queue) this.#queues.delete(id);
    });
    this.#queues.set(id, queue);
    return queue;
  }

  async #dispatch(type: string, id: string, content: CommData, message: CommMessage): Promise<void> {
    if (type === "comm_open") {
      const target = String(content.target_name);
      const entry = this.#targets.get(target);
      if (!entry) {
        this.send("comm_close", { comm_id: id, data: {} }, {});
        return;
      }
      const comm = new Comm(target, {}, { id, [accepted]: true } as CommSendOptions & { id: string });
      const result = this.run(entry.owner, () => entry.listener(comm, message));
      if (result instanceof Promise) await result;
      return;
    }
    const comm = this.#comms.get(id);
    if (!comm) return;
    if (type === "comm_close") this.#comms.delete(id);
    await comm.receive(type as "comm_msg" | "comm_close", message);
  }
}
