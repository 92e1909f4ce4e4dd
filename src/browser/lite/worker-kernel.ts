import { uuid } from "../../core/uuid.js";
import { InterruptSignals } from "../../kernel/interrupt-signals.js";
import type { Header } from "../../kernel/protocol.js";
import type { FromKernel, ToKernel } from "../worker-messages.js";
import type { Application, KernelCreation, KernelMessage, LiteKernel, SignalClass } from "./jupyterlite.js";

type Contents = Application["serviceManager"]["contents"];

export interface WorkerKernelParts {
  /** As {@link prepareWorker} makes it. */
  readonly worker: Worker;
  readonly contents: Contents;
  readonly Signal: SignalClass;
}

/** Milliseconds after which a cell that does not end is said to let no interrupt through. */
const PATIENCE = 3_000;

/**
 * Starts the worker of a kernel before there is one: it loads what every notebook needs.
 * @param site address of the site's folder `sightline/`
 * @param files in it that the notebook is going to read
 */
export function prepareWorker(site: URL, files: readonly string[] = []): Worker {
  const worker = new Worker(new URL("kernel.js", site), { type: "module", name: "sightline kernel" });
  worker.onerror = (event) => console.error(`the kernel's worker failed: ${event.message}`);
  worker.postMessage({ kind: "prepare", site: site.href, files } satisfies ToKernel);
  return worker;
}

/** A kernel in a worker of its own, as JupyterLite handles it. */
export class WorkerKernel implements LiteKernel {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly ready = Promise.resolve();
  readonly disposed: { emit(value: unknown): void };
  readonly #parts: WorkerKernelParts;
  readonly #sendMessage: KernelCreation["sendMessage"];
  readonly #worker: Worker;
  /** Shared with the worker where the page is isolated: then an interrupt stops a loop that never waits. */
  readonly #signals = globalThis.crossOriginIsolated ? new InterruptSignals() : undefined;
  #session = "";
  #running?: Partial<Header>;
  #isDisposed = false;

  constructor({ id, name, location, sendMessage }: KernelCreation, parts: WorkerKernelParts) {
    this.id = id;
    this.name = name;
    this.location = location;
    this.#parts = parts;
    this.#sendMessage = sendMessage;
    this.disposed = new parts.Signal(this);
    this.#worker = parts.worker;
    this.#worker.onmessage = ({ data }: { data: FromKernel }) => void this.#receive(data);
    const folder = `/${location}`.replace(/\/+$/, "") || "/";
    this.#post({ kind: "start", folder, signals: this.#signals?.memory });
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Returns at once: the worker queues, so that comms get through while a cell runs. */
  async handleMessage(message: KernelMessage): Promise<void> {
    this.#session = message.header.session;
    this.#post({ kind: "message", channel: message.channel, message: plain(message) });
  }

  interrupt(): void {
    const cell = this.#running;
    if (this.#signals) this.#signals.target = this.#signals.running;
    this.#post({ kind: "interrupt" });
    setTimeout(() => {
      if (cell && this.#running === cell) this.#sayItDoesNotStop(cell);
    }, PATIENCE);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#worker.terminate();
    this.disposed.emit(undefined);
    this.#parts.Signal.clearData(this);
  }

  #post(message: ToKernel): void {
    this.#worker.postMessage(message);
  }

  async #receive(data: FromKernel): Promise<void> {
    if (data.kind === "send") this.#send(data);
    else if (data.kind === "read") this.#post({ kind: "file", id: data.id, bytes: await this.#read(data.path) });
    else if (data.kind === "list") this.#post({ kind: "names", id: data.id, names: await this.#list(data.path) });
    else this.dispose();
  }

  #send({ channel, type, id, content, metadata, parent, buffers }: Extract<FromKernel, { kind: "send" }>): void {
    if (type === "execute_input") this.#running = parent;
    if (type === "status" && content.execution_state === "idle" && parent.msg_id === this.#running?.msg_id) {
      this.#running = undefined;
    }
    this.#sendMessage({
      channel,
      content,
      metadata,
      buffers,
      parent_header: parent,
      header: {
        msg_id: id,
        msg_type: type,
        session: parent.session ?? this.#session,
        username: "",
        version: "5.3",
        date: new Date().toISOString(),
      },
    });
  }

  #sayItDoesNotStop(cell: Partial<Header>): void {
    const text =
      "The cell does not let the interrupt through. Restart the kernel (0 0) to stop it; variables are lost.\n";
    this.#send({
      kind: "send",
      channel: "iopub",
      type: "stream",
      id: uuid(),
      content: { name: "stderr", text },
      metadata: {},
      parent: cell,
      buffers: [],
    });
  }

  async #read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { content } = await this.#parts.contents.get(path.slice(1), {
        content: true,
        format: "base64",
        type: "file",
      });
      return Uint8Array.from(atob(content as string), (character) => character.charCodeAt(0));
    } catch {
      return undefined;
    }
  }

  async #list(path: string): Promise<readonly string[] | undefined> {
    try {
      const { type, content } = await this.#parts.contents.get(path.slice(1), { content: true });
      return type === "directory" && Array.isArray(content) ? content.map(({ name }) => name) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The parts that the kernel reads, as structured cloning takes them. */
function plain({ header, parent_header, metadata, content, buffers }: KernelMessage) {
  return {
    ...JSON.parse(JSON.stringify({ header, parent_header, metadata, content })),
    buffers: [...(buffers ?? [])],
  } as Extract<ToKernel, { kind: "message" }>["message"];
}
