import { parentPort, workerData } from "node:worker_threads";
import { Router } from "zeromq";
import { InterruptSignals } from "../interrupt-signals.js";
import type { Header, Outgoing } from "../protocol.js";
import type { RequestChannel } from "../transport.js";
import { address, type Channel } from "./connection.js";
import { Interrupter } from "./interrupter.js";
import { Outbox, type Sender } from "./outbox.js";
import { Publisher } from "./publisher.js";
import { TextPublisher } from "./text-publisher.js";
import { TextRing } from "./text-ring.js";
import type { Command, Notice, TransportData } from "./thread-messages.js";
import { parse, type Sealed, Signer, unwrap, WireError } from "./wire.js";

/** Milliseconds from a request to shut down until the process is killed. */
const HARD_EXIT = 2_000;
/** Bytes that a channel takes in before the others and what is to be sent have their turn. */
const FAIR = 65_536;
/**
 * Largest frame that a channel takes, in bytes: whoever sends a larger one is disconnected before it is read, for this is
 * before anybody's signature is checked.
 */
const LARGEST = { shell: 2 ** 29, stdin: 2 ** 24, control: 2 ** 24, iopub: 1_024, hb: 4_096 };

const { connection, session, text, signals: signalMemory } = workerData as TransportData;
const port = parentPort!;
const signer = new Signer(connection.key, connection.signature_scheme);
const signals = new InterruptSignals(signalMemory);
let runningHeader: Partial<Header> = {};

const notify = (notice: Notice, transfer: ArrayBuffer[] = []) => port.postMessage(notice, transfer);
const log = (text: string) => notify({ kind: "log", text });

const common = { sendHighWaterMark: 0, linger: 1_000, ipv6: connection.ip.includes(":") };
const router = (channel: Channel) =>
  new Router({ ...common, receiveHighWaterMark: 0, maxMessageSize: LARGEST[channel] });
const sockets = {
  shell: router("shell"),
  stdin: router("stdin"),
  control: router("control"),
  iopub: new Publisher({ ...common, verbosity: "allSubs", manual: true, maxMessageSize: LARGEST.iopub }),
  hb: router("hb"),
};
sockets.hb.linger = 0;

const sender: Sender = { signer, session, log };
const outboxes = {
  shell: new Outbox(sockets.shell, sender),
  stdin: new Outbox(sockets.stdin, sender),
  control: new Outbox(sockets.control, sender),
  iopub: new Outbox(sockets.iopub, sender),
};

/** A message on iopub, with its type as the topic that subscribers may choose by. */
const broadcast = (message: Outgoing) => outboxes.iopub.send({ ...message, identities: [Buffer.from(message.type)] });
const publish = (type: string, content: object, parent: Partial<Header>) =>
  broadcast({ type, content: JSON.stringify(content), parent });
const printed = new TextPublisher(new TextRing(text), publish);
const interrupter = new Interrupter(signals, {
  notify: (execution) => notify({ kind: "interrupt", execution }),
  warn(text) {
    printed.flush();
    publish("stream", { name: "stderr", text }, runningHeader);
  },
});

function exitSoon(): void {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), HARD_EXIT).unref();
}

/** Answers what cannot wait for the main thread, which may be blocked; false where the main thread is to answer. */
function answerControl(sealed: Sealed): boolean {
  const { header, identities } = parse(sealed);
  if (header.msg_type === "shutdown_request") exitSoon();
  if (header.msg_type !== "interrupt_request") return false;
  publish("status", { execution_state: "busy" }, header);
  const execution = signals.running;
  if (execution !== 0) interrupter.interrupt(execution);
  outboxes.control.send({ type: "interrupt_reply", content: '{"status":"ok"}', parent: header, identities });
  publish("status", { execution_state: "idle" }, header);
  return true;
}

async function receive(channel: RequestChannel): Promise<void> {
  let taken = 0;
  for await (const frames of sockets[channel]) {
    taken += frames.reduce((sum, { length }) => sum + length, 0);
    if (taken > FAIR) {
      taken = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    try {
      const sealed = unwrap(signer, frames);
      if (channel === "control" && answerControl(sealed)) continue;
      const buffers = sealed.buffers.map((buffer) => new Uint8Array(buffer));
      const receivedAt = performance.timeOrigin + performance.now();
      notify(
        { kind: "message", channel, sealed: { ...sealed, buffers }, receivedAt },
        buffers.map(({ buffer }) => buffer),
      );
    } catch (error) {
      log(`ignored a message on ${channel}: ${error instanceof WireError ? error.message : error}`);
    }
  }
}

/** A router and not a reply socket: a peer that sends nonsense or leaves does not disturb its state. */
async function answerHeartbeats(): Promise<void> {
  for await (const frames of sockets.hb) await sockets.hb.send(frames).catch(() => {});
}

/** The first that a subscriber hears is its welcome (Jupyter Enhancement Proposal 65). */
async function welcomeSubscribers(): Promise<void> {
  for await (const [frame] of sockets.iopub) {
    const topic = sockets.iopub.accept(frame);
    if (!topic) continue;
    const content = JSON.stringify({ subscription: topic.toString() });
    outboxes.iopub.sendNext({ type: "iopub_welcome", content, identities: [topic] });
  }
}

async function close(): Promise<void> {
  printed.close();
  await Promise.all(Object.values(outboxes).map(({ idle }) => idle));
  for (const socket of Object.values(sockets)) socket.close();
  port.close();
}

function obey(command: Command): void {
  switch (command.kind) {
    case "send":
      if (command.channel === "iopub") {
        printed.flush(command.after);
        broadcast(command.message);
      } else outboxes[command.channel].send(command.message);
      break;
    case "origin":
      printed.origins.set(command.origin, command.header);
      break;
    case "forget":
      printed.forget(command.origin);
      break;
    case "text":
      printed.flushSoon();
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
}

await Promise.all(
  Object.entries(sockets).map(([channel, socket]) => (socket as Router).bind(address(connection, channel as Channel))),
);
port.on("message", obey);
notify({ kind: "bound" });
await Promise.all([
  ...(["shell", "stdin", "control"] as const).map(receive),
  answerHeartbeats(),
  welcomeSubscribers(),
]).catch((error: unknown) => {
  if (!sockets.shell.closed) throw error;
});
