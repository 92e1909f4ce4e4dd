import type { CommData, CommMessage, CommOpened, CommSendOptions, Comms, OpenComm } from "./host.js";

/** What the registry needs of the kernel. */
export interface CommKernel {
  send: Comms["send"];
  owner: Comms["owner"];
  /** Runs a listener as its owner and shows its errors there. */
  run: Comms["run"];
}

/** All comms of a kernel and the targets that the front end may open. */
export class CommRegistry implements Comms {
  readonly #kernel: CommKernel;
  readonly #comms = new Map<string, OpenComm>();
  readonly #targets = new Map<string, { owner: unknown; opened: CommOpened }>();
  readonly #queues = new Map<string, Promise<void>>();

  constructor(kernel: CommKernel) {
    this.#kernel = kernel;
  }

  send(
    type: "comm_open" | "comm_msg" | "comm_close",
    content: CommData & { comm_id: string },
    options: CommSendOptions,
  ): void {
    this.#kernel.send(type, content, options);
  }

  owner(): unknown {
    return this.#kernel.owner();
  }

  run(owner: unknown, listener: () => unknown): unknown {
    return this.#kernel.run(owner, listener);
  }

  add(comm: OpenComm): void {
    this.#comms.set(comm.id, comm);
  }

  delete(id: string): boolean {
    return this.#comms.delete(id);
  }

  accept(target: string, opened: CommOpened): () => void {
    const entry = { owner: this.owner(), opened };
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
    const { comm_id: id } = content;
    if (typeof id !== "string" || !isRecord(message.data)) return Promise.resolve();
    const handled = (this.#queues.get(id) ?? Promise.resolve()).then(() => this.#dispatch(type, id, content, message));
    const queue = handled.finally(() => {
      if (this.#queues.get(id) === queue) this.#queues.delete(id);
    });
    this.#queues.set(id, queue);
    return queue;
  }

  async #dispatch(type: string, id: string, content: CommData, message: CommMessage): Promise<void> {
    if (type === "comm_open") {
      if (this.#comms.has(id)) return;
      const entry = this.#targets.get(String(content.target_name));
      if (!entry) {
        this.send("comm_close", { comm_id: id, data: {} }, {});
        return;
      }
      const result = this.run(entry.owner, () => entry.opened(id, message));
      if (result instanceof Promise) await result;
      return;
    }
    const comm = this.#comms.get(id);
    if (!comm) return;
    if (type === "comm_close") this.#comms.delete(id);
    await comm.receive(type as "comm_msg" | "comm_close", message);
  }
}

function isRecord(value: unknown): value is CommData {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
