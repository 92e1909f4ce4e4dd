import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { Channel, Connection } from "./connection.js";
import { Signals } from "./signals.js";
import { type StreamName, TextRing } from "./text-ring.js";
import { type Header, type Message, type Outgoing, parse, type Sealed, WireError } from "./wire.js";

/** What the transport thread gets to start with. */
export interface TransportData {
  connection: Connection;
  session: string;
  text: SharedArrayBuffer;
  signals: SharedArrayBuffer;
}

/** Main thread → transport thread. */
export type Command =
  | { kind: "send"; channel: Exclude<Channel, "hb">; message: Outgoing; after: number }
  | { kind: "origin"; origin: number; header: Partial<Header> }
  | { kind: "forget"; origin: number }
  | { kind: "text" }
  | { kind: "running"; header: Partial<Header> }
  | { kind: "exiting" }
  | { kind: "close" };

/** Transport thread → main thread. */
export type Notice =
  | { kind: "bound" }
  | { kind: "message"; channel: "shell" | "stdin" | "control"; sealed: Sealed; receivedAt: number }
  | { kind: "interrupt"; execution: number }
  | { kind: "log"; text: string };

export interface TransportHandlers {
  message(channel: "shell" | "stdin" | "control", message: Message, receivedAt: number): void;
  interrupt(execution: number): void;
  log(text: string): void;
  /** The sockets are gone. */
  died(): void;
}

/**
 * Megabytes. The less the thread may gather between two small collections, the sooner they free the buffers that passed
 * through; the more it may hold, the fewer whole ones they begin.
 */
const YOUNG = 2;
const OLD = 64;

/**
 * The kernel's five sockets, which live in a thread of their own: heartbeat, interrupts and printed text work while a cell
 * blocks the main thread, and signing costs the main thread nothing.
 */
export class Transport {
  readonly signals: Signals;
  readonly #worker: Worker;
  readonly #text: TextRing;
  readonly #origins = new WeakMap<object, number>();
  /** Once nothing refers to a header any more, nothing prints under it any more. */
  readonly #forgotten = new FinalizationRegistry<number>((origin) => this.#post({ kind: "forget", origin }));
  readonly #bound: Promise<void>;
  #lastOrigin = 0;

  constructor(connection: Connection, session: string, handlers: TransportHandlers) {
    const data: TransportData = {
      connection,
      session,
      text: TextRing.allocate(),
      signals: Signals.allocate(),
    };
    this.#text = new TextRing(data.text);
    this.signals = new Signals(data.signals);
    setFlagsFromString(`--initial-old-space-size=${OLD}`);
    this.#worker = new Worker(new URL("./transport-worker.js", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
    });
    this.#bound = new Promise((resolve, reject) => {
      this.#worker.on("error", (error) => {
        reject(error);
        handlers.log(`the transport thread failed: ${error.stack ?? error}`);
        handlers.died();
      });
      this.#worker.on("message", (notice: Notice) => {
        if (notice.kind === "bound") {
          // threads that are started later have heaps of the usual size
          setFlagsFromString("--initial-old-space-size=0");
          resolve();
        } else if (notice.kind === "interrupt") handlers.interrupt(notice.execution);
        else if (notice.kind === "log") handlers.log(notice.text);
        else {
          try {
            handlers.message(notice.channel, parse(notice.sealed), notice.receivedAt);
          } catch (error) {
            if (!(error instanceof WireError)) throw error;
            handlers.log(`ignored a message on ${notice.channel}: ${error.message}`);
          }
        }
      });
    });
  }

  /** Resolves when all sockets are bound. */
  ready(): Promise<void> {
    return this.#bound;
  }

  /** Sends a message; on iopub it follows all text that was written before. Buffers are copied once, at the call. */
  send(channel: Exclude<Channel, "hb">, message: Outgoing): void {
    const buffers = message.buffers?.map((buffer) => new Uint8Array(buffer)) ?? [];
    this.#post(
      { kind: "send", channel, message: { ...message, buffers }, after: this.#text.position },
      buffers.map(({ buffer }) => buffer as ArrayBuffer),
    );
  }

  /** Prints text in the output of the message that has this header. */
  write(header: Partial<Header>, stream: StreamName, text: string): void {
    let origin = this.#origins.get(header);
    if (origin === undefined) {
      origin = ++this.#lastOrigin;
      this.#origins.set(header, origin);
      this.#forgotten.register(header, origin);
      this.#post({ kind: "origin", origin, header });
    }
    this.#text.write(origin, stream, text, () => this.#post({ kind: "text" }));
  }

  /** Tells whose output an interrupt belongs to while the main thread is blocked. */
  running(header: Partial<Header>): void {
    this.#post({ kind: "running", header });
  }

  /** From now on the process ends within two seconds, whatever the main thread does. */
  exiting(): void {
    this.#post({ kind: "exiting" });
  }

  /** Sends what is left, then closes the sockets and the thread. */
  async close(): Promise<void> {
    const exited = once(this.#worker, "exit");
    this.#post({ kind: "close" });
    await exited;
  }

  #post(command: Command, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(command, transfer);
  }
}
