import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Router, XPublisher } from "zeromq";
import { address, type Channel } from "./connection.js";
import { Signals } from "./signals.js";
import { TextRing } from "./text-ring.js";
import type { Command, Notice, TransportData } from "./transport.js";
import { encode, type Header, type Outgoing, parse, type Sealed, Signer, unwrap, WireError } from "./wire.js";

/** At most one batch of text in this time. */
const TEXT_INTERVAL = 20;
/** A main thread that yields has stopped its cell after this time; one that has not is in a synchronous loop. */
const GRACE = 150;
/** Between two looks at whether a cell's script runs by now. */
const AGAIN = 100;
/** When an interrupt is declared not to work. */
const GIVE_UP = 1_500;
const HARD_EXIT = 2_000;
/** Bytes that a channel takes in before the others and what is to be sent have their turn. */
const FAIR = 65_536;
/** Options of libzmq's `zmq_setsockopt` that an XPUB socket with manual subscriptions takes. */
const ZMQ_SUBSCRIBE = 6;
const ZMQ_UNSUBSCRIBE = 7;

const { connection, session, text: textMemory, signals: signalMemory } = workerData as TransportData;
const port = parentPort!;
const signer = new Signer(connection.key, connection.signature_scheme);
const signals = new Signals(signalMemory);
const ring = new TextRing(textMemory);
const origins = new Map<number, Partial<Header>>();
let runningHeader: Partial<Header> = {};

const notify = (notice: Notice, transfer: ArrayBuffer[] = []) => port.postMessage(notice, transfer);
const log = (text: string) => notify({ kind: "log", text });

/** A publisher whose subscriptions count from the moment that they are accepted, not from when they arrive. */
class Publisher extends XPublisher {
  /** Accepts what was received last, a subscription or its end. */
  accept(subscribed: boolean, topic: Buffer): void {
    this.setStringOption(subscribed ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic);
  }
}

const common = { sendHighWaterMark: 0, linger: 1_000, ipv6: connection.ip.includes(":") };
const router = { ...common, receiveHighWaterMark: 0 };
const sockets = {
  shell: new Router(router),
  stdin: new Router(router),
  control: new Router(router),
  iopub: new Publisher({ ...common, verbosity: "allSubs", manual: true }),
  hb: new Router({ ...router, linger: 0 }),
};

/** A socket takes one `send` at a time: messages wait in line. */
class Outbox {
  readonly #waiting: Uint8Array[][] = [];
  #done = Promise.resolve();
  #busy = false;

  constructor(readonly socket: Router | Publisher) {}

  send(message: Outgoing): void {
    this.#waiting.push(encode(signer, session, message));
    this.#start();
  }

  /** Before all that waits. */
  sendNext(message: Outgoing): void {
    this.#waiting.unshift(encode(signer, session, message));
    this.#start();
  }

  #start(): void {
    if (!this.#busy) this.#done = this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let frames = this.#waiting.shift(); frames; frames = this.#waiting.shift()) {
      try {
        await this.socket.send(frames as Buffer[]);
      } catch (error) {
        log(`a message was not sent: ${error}`);
      }
    }
    this.#busy = false;
  }

  get idle(): Promise<void> {
    return this.#done;
  }
}

const outboxes = {
  shell: new Outbox(sockets.shell),
  stdin: new Outbox(sockets.stdin),
  control: new Outbox(sockets.control),
  iopub: new Outbox(sockets.iopub),
};

/** A message on iopub, with its type as the topic that subscribers may choose by. */
const broadcast = (message: Outgoing) => outboxes.iopub.send({ ...message, identities: [Buffer.from(message.type)] });
const publish = (type: string, content: object, parent: Partial<Header>) =>
  broadcast({ type, content: JSON.stringify(content), parent });

let textTimer: NodeJS.Timeout | undefined;
let lastText = 0;

function publishText(upTo?: number): void {
  for (const { origin, stream, text } of ring.read(upTo, (origin) => origins.has(origin))) {
    publish("stream", { name: stream, text }, origins.get(origin)!);
  }
  lastText = performance.now();
}

function textWaits(): void {
  textTimer ??= setTimeout(
    () => {
      textTimer = undefined;
      publishText();
    },
    Math.max(0, lastText + TEXT_INTERVAL - performance.now()),
  );
}

function interrupt(execution: number): void {
  signals.target = execution;
  notify({ kind: "interrupt", execution });
  if (process.platform !== "win32") setTimeout(() => signalUntilStopped(execution, performance.now()), GRACE);
  setTimeout(() => {
    if (signals.running !== execution) return;
    const text =
      "This cell cannot be interrupted now: it is inside code that does not let go of the thread. " +
      "It stops at its next await or at the next turn of a loop of the cell; if it does not, restart the kernel.\n";
    publishText();
    publish("stream", { name: "stderr", text }, runningHeader);
  }, GIVE_UP);
}

/** Signals the child processes once, and the cell's script as soon as it runs, until it stops or is given up. */
function signalUntilStopped(execution: number, since: number): void {
  if (signals.running !== execution) return;
  if (performance.now() - since < AGAIN) {
    for (const child of descendants()) {
      try {
        process.kill(child, "SIGINT");
      } catch {
        // it ended in the meantime
      }
    }
  }
  if (signals.claim(execution)) {
    signals.sigintSent();
    process.kill(process.pid, "SIGINT");
  } else if (performance.now() - since < GIVE_UP) {
    setTimeout(() => signalUntilStopped(execution, since), AGAIN);
  }
}

/** Process ids of all that this process started: a cell that waits synchronously for one stops when it does. */
function descendants(): number[] {
  const all = processes();
  const below = (parent: number): number[] =>
    all.filter((one) => one.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(process.pid);
}

function processes(): { pid: number; parent: number }[] {
  if (process.platform === "linux") {
    return readdirSync("/proc").flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) };
      } catch {
        return [];
      }
    });
  }
  const listing = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).stdout ?? "";
  return listing
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid, parent]) => ({ pid, parent }));
}

function exitSoon(): void {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), HARD_EXIT).unref();
}

/** What the transport answers itself, because the main thread may be blocked. */
function control(sealed: Sealed): boolean {
  const { header, identities } = parse(sealed);
  if (header.msg_type === "shutdown_request") exitSoon();
  if (header.msg_type !== "interrupt_request") return false;
  publish("status", { execution_state: "busy" }, header);
  const execution = signals.running;
  if (execution !== 0) interrupt(execution);
  outboxes.control.send({ type: "interrupt_reply", content: '{"status":"ok"}', parent: header, identities });
  publish("status", { execution_state: "idle" }, header);
  return true;
}

async function receive(channel: "shell" | "stdin" | "control"): Promise<void> {
  let taken = 0;
  for await (const frames of sockets[channel]) {
    taken += frames.reduce((sum, { length }) => sum + length, 0);
    if (taken > FAIR) {
      taken = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    try {
      const sealed = unwrap(signer, frames);
      if (channel === "control" && control(sealed)) continue;
      const buffers = sealed.buffers.map((buffer) => new Uint8Array(buffer));
      notify(
        {
          kind: "message",
          channel,
          sealed: { ...sealed, buffers },
          receivedAt: performance.timeOrigin + performance.now(),
        },
        buffers.map(({ buffer }) => buffer),
      );
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      log(`ignored a message on ${channel}: ${error.message}`);
    }
  }
}

/** A router and not a reply socket: a peer that sends nonsense or leaves does not disturb its state. */
async function heartbeat(): Promise<void> {
  for await (const frames of sockets.hb) await sockets.hb.send(frames).catch(() => {});
}

/** The first that a subscriber hears is its welcome (Jupyter Enhancement Proposal 65). */
async function welcome(): Promise<void> {
  for await (const [frame] of sockets.iopub) {
    const [kind] = frame;
    if (kind !== 0 && kind !== 1) continue;
    const topic = frame.subarray(1);
    sockets.iopub.accept(kind === 1, topic);
    if (kind === 0) continue;
    const content = JSON.stringify({ subscription: topic.toString() });
    outboxes.iopub.sendNext({ type: "iopub_welcome", content, identities: [topic] });
  }
}

async function close(): Promise<void> {
  publishText();
  clearTimeout(textTimer);
  await Promise.all(Object.values(outboxes).map(({ idle }) => idle));
  for (const socket of Object.values(sockets)) socket.close();
  port.close();
}

await Promise.all(
  Object.entries(sockets).map(([channel, socket]) => (socket as Router).bind(address(connection, channel as Channel))),
);
port.on("message", (command: Command) => {
  switch (command.kind) {
    case "send":
      if (command.channel === "iopub") {
        publishText(command.after);
        broadcast(command.message);
      } else outboxes[command.channel].send(command.message);
      break;
    case "origin":
      origins.set(command.origin, command.header);
      break;
    case "forget":
      publishText();
      origins.delete(command.origin);
      break;
    case "text":
      textWaits();
      break;
    case "running":
      runningHeader = command.header;
      break;
    case "exiting":
      exitSoon();
      break;
    case "close":
      void close();
  }
});

notify({ kind: "bound" });
const closed = (error: unknown) => {
  if (!sockets.shell.closed) throw error;
};
await Promise.all([...(["shell", "stdin", "control"] as const).map(receive), heartbeat(), welcome()]).catch(closed);
