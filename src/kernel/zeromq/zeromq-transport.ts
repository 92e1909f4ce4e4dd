import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { InterruptSignals } from "../interrupt-signals.js";
import type { Header, Outgoing } from "../protocol.js";
import type { RequestChannel, StreamName, Transport, TransportListener } from "../transport.js";
import type { Connection } from "./connection.js";
import { TextRing } from "./text-ring.js";
import type { Command, Notice, TransportData } from "./thread-messages.js";
import { parse, WireError } from "./wire.js";

/**
 * Megabytes. The less the thread may gather between two small collections, the sooner they free the buffers that passed
 * through; the more it may hold, the fewer whole ones they begin.
 */
const YOUNG = 2;
const OLD = 64;

export interface ZeroMqTransportHost {
  log(text: string): void;
  /** The sockets are gone. */
  died(): void;
}

/**
 * The kernel's five sockets, which live in a thread of their own: heartbeat, interrupts and printed text work while a cell
 * blocks the main thread, and signing costs the main thread nothing.
 */
export class ZeroMqTransport implements Transport {
  readonly #host: ZeroMqTransportHost;
  readonly #worker: Worker;
  readonly #text: TextRing;
  readonly #origins = new WeakMap<object, number>();
  /** Once nothing refers to a header any more, nothing prints under it any more. */
  readonly #forgotten = new FinalizationRegistry<number>((origin) => this.#post({ kind: "forget", origin }));
  #lastOrigin = 0;

  /** Starts the thread; {@link open} must be called before the event loop turns. */
  constructor(connection: Connection, signals: InterruptSignals, host: ZeroMqTransportHost) {
    const data: TransportData = {
      connection,
      session: randomUUID(),
      text: TextRing.allocate(),
      signals: signals.memory,
    };
    this.#host = host;
    this.#text = new TextRing(data.text);
    setFlagsFromString(`--initial-old-space-size=${OLD}`);
    this.#worker = new Worker(new URL("./transport-worker.js", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
    });
  }

  open(listener: TransportListener): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.on("error", (error) => {
        reject(error);
        this.#host.log(`the transport thread failed: ${error.stack ?? error}`);
        this.#host.died();
      });
      this.#worker.on("message", (notice: Notice) => {
        if (notice.kind === "bound") {
          // threads that are started later have heaps of the usual size
          setFlagsFromString("--initial-old-space-size=0");
          resolve();
        } else if (notice.kind === "interrupt") listener.interrupt(notice.execution);
        else if (notice.kind === "log") this.#host.log(notice.text);
        else this.#receive(notice, listener);
      });
    });
  }

  send(channel: RequestChannel | "iopub", message: Outgoing): void {
    const buffers = message.buffers?.map((buffer) => new Uint8Array(buffer)) ?? [];
    this.#post(
      { kind: "send", channel, message: { ...message, buffers }, after: this.#text.position },
      buffers.map(({ buffer }) => buffer as ArrayBuffer),
    );
  }

  print(header: Partial<Header>, stream: StreamName, text: string): void {
    let origin = this.#origins.get(header);
    if (origin === undefined) {
      origin = ++this.#lastOrigin;
      this.#origins.set(header, origin);
      this.#forgotten.register(header, origin);
      this.#post({ kind: "origin", origin, header });
    }
    this.#text.write(origin, stream, text, () => this.#post({ kind: "text" }));
  }

  running(header: Partial<Header>): void {
    this.#post({ kind: "running", header });
  }

  exiting(): void {
    this.#post({ kind: "exiting" });
  }

  async close(): Promise<void> {
    const exited = once(this.#worker, "exit");
    this.#post({ kind: "close" });
    await exited;
  }

  #receive({ channel, sealed, receivedAt }: Extract<Notice, { kind: "message" }>, listener: TransportListener): void {
    try {
      listener.message(channel, parse(sealed), receivedAt);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#host.log(`ignored a message on ${channel}: ${error.message}`);
    }
  }

  #post(command: Command, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(command, transfer);
  }
}
