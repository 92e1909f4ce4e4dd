import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Isolation, IsolationError, type Thread, type ThreadModule, type ThreadOptions } from "../threads.js";
import { type Envelope, OUT_OF_MEMORY, type ProcessStart } from "./thread-state.js";

/** Of what a process says when it crashes, the last part is kept. */
const LAST_WORDS = 2000;

const alive = new Set<ChildProcess>();
const killAll = () => {
  for (const child of alive) child.kill("SIGKILL");
};

/** A module that runs in a process of its own. It may be killed at any time, and ends when this process does. */
export function openProcess<Request, Reply>(
  module: ThreadModule,
  { data, onMessage, onEnd }: ThreadOptions<Reply>,
  { memoryLimit }: Isolation,
): Thread<Request> {
  const child = fork(fileURLToPath(new URL("./process-main.js", import.meta.url)), [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // away from the terminal, whose interrupts are for us
    detached: process.platform !== "win32",
  });
  if (alive.size === 0) process.on("exit", killAll);
  alive.add(child);
  let lastWords = "";
  child.stderr?.on("data", (words: Buffer) => {
    lastWords = (lastWords + words).slice(-LAST_WORDS);
  });
  const unrefAll = () => {
    child.unref();
    child.channel?.unref();
    (child.stderr as { unref?(): void } | null)?.unref?.();
  };
  unrefAll();

  let ending = false;
  child.on("message", (reply) => onMessage(reply as Reply));
  child.on("error", (error) => {
    lastWords ||= error.message;
  });
  const gone = new Promise<void>((resolve) => {
    child.on("close", (code, signal) => {
      alive.delete(child);
      if (alive.size === 0) process.off("exit", killAll);
      onEnd?.(ending ? undefined : failureOf(code, signal, lastWords));
      resolve();
    });
  });
  const send = (message: ProcessStart | Envelope) => {
    // a process that is gone says so by its exit
    if (child.connected) child.send(message, () => {});
  };
  send({ module, data, memoryLimit } satisfies ProcessStart);
  return {
    sharesMemory: false,
    post: (message) => send({ message }),
    keepAlive(on) {
      if (!on) return unrefAll();
      child.ref();
      child.channel?.ref();
    },
    end() {
      ending = true;
      child.ref();
      child.kill("SIGKILL");
      return gone;
    },
  };
}

function failureOf(code: number | null, signal: string | null, lastWords: string): IsolationError {
  if (lastWords.includes(OUT_OF_MEMORY)) return new IsolationError("memory", OUT_OF_MEMORY);
  const words = lastWords.trim().split("\n").at(-1);
  return new IsolationError("crash", [signal ?? `exit code ${code}`, words].filter(Boolean).join(": "));
}
