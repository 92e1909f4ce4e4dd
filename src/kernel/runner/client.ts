import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import { SightlineError } from "../../core/errors.js";
import { kernelCommand } from "../node/package-paths.js";
import type { Message } from "../protocol.js";
import { address, type Channel, type Connection } from "../zeromq/connection.js";
import { encode, parse, Signer, unwrap } from "../zeromq/wire.js";

/** Milliseconds between two tries to reach a kernel that does not listen yet. */
const RECONNECT = 20;

export interface KernelProcessOptions {
  /** Command of the kernel; ours by default. */
  command?: readonly string[];
  /** Where it runs: the notebook's folder. */
  folder?: string;
  transport?: "tcp" | "ipc";
  signatureScheme?: string;
  /** Environment of the kernel; that of this process by default. */
  environment?: NodeJS.ProcessEnv;
  /** Milliseconds that it may take to answer. */
  startTimeout?: number;
  /** Bytes of a message's content that are read; a larger one counts as empty. All by default. */
  largestContent?: number;
}

export interface RequestOptions {
  channel?: "shell" | "control";
  buffers?: readonly Uint8Array[];
  metadata?: Record<string, unknown>;
}

export interface Received extends Message {
  channel: "shell" | "iopub" | "stdin" | "control";
  /** Bytes that came. */
  size: number;
}

export interface ExecuteOptions {
  silent?: boolean;
  stopOnError?: boolean;
  /** Names the cell to the kernel, the same each time. */
  cellId?: string;
  /** Called with every iopub message of the cell. */
  onOutput?(message: Received): void;
  /** Answers `input()`; without it the kernel is told that nobody can. */
  onInput?(prompt: string, password: boolean): string | Promise<string>;
}

/** A kernel process and its sockets, from the side of a front end. */
export class KernelClient {
  readonly session = randomUUID();
  readonly #sockets: { shell: Dealer; control: Dealer; stdin: Dealer; iopub: Subscriber };
  readonly #signer: Signer;
  readonly #sending = new Map<string, Promise<void>>();
  readonly #listeners = new Set<(message: Received) => void>();
  readonly #exit: Promise<number | null>;
  readonly #spawned = performance.now();
  #answered = Number.NaN;
  #closed = false;
  /** Why what the kernel sent could not be read. */
  #unreadable: unknown;

  private constructor(
    readonly process: ChildProcess,
    readonly connection: Connection,
    readonly folder: string,
    private readonly largestContent: number | undefined,
  ) {
    this.#signer = new Signer(connection.key, connection.signature_scheme);
    const socket = { linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT };
    const dealer = () => new Dealer({ ...socket, routingId: this.session, sendHighWaterMark: 0 });
    this.#sockets = {
      shell: dealer(),
      control: dealer(),
      stdin: dealer(),
      iopub: new Subscriber(socket),
    };
    for (const channel of ["shell", "control", "stdin", "iopub"] as const) {
      this.#sockets[channel].connect(address(connection, channel));
    }
    this.#sockets.iopub.subscribe();
    this.#exit = new Promise((resolve) => process.once("exit", resolve));
    for (const channel of ["shell", "control", "stdin", "iopub"] as const) void this.#pump(channel);
  }

  /** Starts a kernel and waits until it answers on shell and iopub. */
  static async start(options: KernelProcessOptions = {}): Promise<KernelClient> {
    const { startTimeout = 60_000 } = options;
    const scratch = await mkdtemp(join(tmpdir(), "sightline-")).catch(noRoom);
    const connection = await newConnection(scratch, options).catch(noRoom);
    const child = await spawnKernel(scratch, connection, options);
    let complaints = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      complaints = (complaints + text).slice(-10_000);
    });
    const client = new KernelClient(child, connection, scratch, options.largestContent);
    const failed = client.#exit.then((status) => {
      throw new SightlineError("kernel-failed", `the kernel exited with status ${status} before it answered`, {
        received: complaints,
        next: complaints.split("\n").find((line) => line.trim()),
      });
    });
    failed.catch(() => {});
    try {
      await client.#answers(failed, startTimeout);
      return client;
    } catch (error) {
      await client.kill();
      throw error;
    }
  }

  /** Asks until the kernel is heard on shell and iopub. */
  async #answers(failed: Promise<never>, timeout: number): Promise<void> {
    const late = once(AbortSignal.timeout(timeout), "abort").then(() => {
      throw new SightlineError("kernel-failed", `the kernel did not answer within ${timeout} ms`);
    });
    late.catch(() => {});
    for (;;) {
      const heard = this.once((message) => message.channel === "iopub", 250);
      await Promise.race([this.request("kernel_info_request", {}), failed, late]);
      this.#answered ||= performance.now();
      if (await heard) return;
    }
  }

  /** Milliseconds from the start of the process to its first `kernel_info_reply`. */
  get startup(): number {
    return this.#answered - this.#spawned;
  }

  /** Resolves with the exit status when the process is gone. */
  get exited(): Promise<number | null> {
    return this.#exit;
  }

  /** Hears every message. Returns a way to stop. */
  listen(listener: (message: Received) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first message that fits, or undefined after some milliseconds. */
  once(fits: (message: Received) => boolean, timeout?: number): Promise<Received | undefined> {
    return new Promise((resolve) => {
      const timer = timeout === undefined ? undefined : setTimeout(() => done(undefined), timeout);
      const stop = this.listen((message) => {
        if (fits(message)) done(message);
      });
      const done = (message: Received | undefined) => {
        clearTimeout(timer);
        stop();
        resolve(message);
      };
    });
  }

  /** Sends a message and returns its id. */
  send(type: string, content: object, options: RequestOptions & { parent?: Message } = {}): string {
    const { channel = "shell", buffers = [], metadata = {}, parent } = options;
    const id = randomUUID();
    const frames = encode(this.#signer, this.session, {
      type,
      id,
      content: JSON.stringify(content),
      metadata: JSON.stringify(metadata),
      parent: parent?.header,
      buffers,
    });
    this.#transmit(type === "input_reply" ? "stdin" : channel, frames);
    return id;
  }

  /** Sends frames as they are, right or wrong. */
  sendRaw(channel: "shell" | "control" | "stdin", frames: readonly Uint8Array[]): void {
    this.#transmit(channel, frames);
  }

  /** Sends a request and waits for its reply. */
  async request(type: string, content: object, options: RequestOptions = {}): Promise<Message> {
    const id = this.send(type, content, options);
    const { channel = "shell" } = options;
    return (await this.once((message) => message.channel === channel && message.parentHeader.msg_id === id))!;
  }

  /** Runs a cell; resolves with its reply when the cell is idle and all its output has come. */
  async execute(code: string, options: ExecuteOptions = {}): Promise<Message> {
    const { silent = false, stopOnError = true, cellId, onOutput, onInput } = options;
    const content = {
      code,
      silent,
      store_history: !silent,
      user_expressions: {},
      allow_stdin: onInput !== undefined,
      stop_on_error: stopOnError,
    };
    const id = this.send("execute_request", content, { metadata: cellId === undefined ? {} : { cellId } });
    let reply: Message | undefined;
    return new Promise((resolve, reject) => {
      let idle = false;
      const died = (status: number | null) => {
        const how = this.#unreadable ? "sent what cannot be read" : `exited with status ${status}`;
        reject(new SightlineError("kernel-failed", `the kernel ${how} while a cell ran`, { cause: this.#unreadable }));
      };
      void this.#exit.then(died);
      const hear = async (message: Received): Promise<void> => {
        if (message.parentHeader.msg_id !== id) return;
        if (message.channel === "iopub") {
          onOutput?.(message);
          if (message.header.msg_type === "status" && message.content.execution_state === "idle") idle = true;
        } else if (message.channel === "shell") reply = message;
        else if (message.header.msg_type === "input_request" && onInput) {
          const { prompt, password } = message.content;
          this.send("input_reply", { value: await onInput(String(prompt), password === true) }, { parent: message });
        }
        if (idle && reply) {
          stop();
          resolve(reply);
        }
      };
      const stop = this.listen((message) => {
        hear(message).catch((error) => {
          stop();
          reject(error);
        });
      });
    });
  }

  interrupt(): Promise<Message> {
    return this.request("interrupt_request", {}, { channel: "control" });
  }

  /** Asks the kernel to end, and ends it where it does not. */
  async shutdown(timeout = 5_000): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.send("shutdown_request", { restart: false }, { channel: "control" });
      const late = setTimeout(() => this.process.kill("SIGKILL"), timeout);
      await this.#exit;
      clearTimeout(late);
    }
    await this.kill();
  }

  /** Ends the process at once and frees everything. */
  async kill(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
      await this.#exit;
    }
    await Promise.all(this.#sending.values());
    for (const socket of Object.values(this.#sockets)) socket.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #transmit(channel: "shell" | "control" | "stdin", frames: readonly Uint8Array[]): void {
    const before = this.#sending.get(channel) ?? Promise.resolve();
    this.#sending.set(
      channel,
      before.then(() => this.#sockets[channel].send(frames as Buffer[])).catch(() => {}),
    );
  }

  async #pump(channel: Exclude<Channel, "hb">): Promise<void> {
    for await (const frames of this.#sockets[channel]) {
      let received: Received;
      try {
        const size = frames.reduce((sum, { length }) => sum + length, 0);
        received = { ...parse(unwrap(this.#signer, frames, this.largestContent)), channel, size };
      } catch (cause) {
        this.#unreadable = cause;
        this.process.kill("SIGKILL");
        return;
      }
      for (const listener of this.#listeners) listener(received);
    }
  }
}

/** An address of its own for a kernel, in its scratch folder or on free ports. */
async function newConnection(
  scratch: string,
  {
    transport = process.platform === "win32" ? "tcp" : "ipc",
    signatureScheme = "hmac-sha256",
  }: Pick<KernelProcessOptions, "transport" | "signatureScheme">,
): Promise<Connection> {
  const ports = transport === "tcp" ? await freePorts(5) : [1, 2, 3, 4, 5];
  return {
    transport,
    ip: transport === "tcp" ? "127.0.0.1" : join(scratch, "kernel"),
    shell_port: ports[0],
    iopub_port: ports[1],
    stdin_port: ports[2],
    control_port: ports[3],
    hb_port: ports[4],
    key: randomUUID(),
    signature_scheme: signatureScheme,
  };
}

async function spawnKernel(
  scratch: string,
  connection: Connection,
  { command = kernelCommand, folder = process.cwd(), environment = process.env }: KernelProcessOptions,
): Promise<ChildProcess> {
  const file = join(scratch, "connection.json");
  await writeFile(file, JSON.stringify(connection), { mode: 0o600 });
  const [program, ...args] = command.map((part) => part.replace("{connection_file}", file));
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await once(child, "spawn").catch((cause) => {
    throw new SightlineError("kernel-failed", `the kernel '${program}' cannot be started`, { cause });
  });
  return child;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @throws SightlineError `write-failed` for a folder of temporary files that is full, missing or closed to us */
function noRoom(cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  if (cause instanceof SightlineError || !code) throw cause;
  throw new SightlineError("write-failed", `no temporary file can be written in '${tmpdir()}' (${code})`, {
    received: tmpdir(),
    expected: "a folder that exists, may be written to and has room",
    next: "make room there, or set TMPDIR to another folder",
    cause,
  });
}
