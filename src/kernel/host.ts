import { SightlineError } from "../core/errors.js";

/** What a comm carries beside its buffers: any JSON object. */
export type CommData = Readonly<Record<string, unknown>>;

/** What a message carries beside its data. */
export interface CommSendOptions {
  /** Binary parts, sent as they are beside the JSON. */
  buffers?: readonly (ArrayBufferView | ArrayBuffer)[];
  /** Goes beside the data, as Jupyter's protocol has it. */
  metadata?: CommData;
}

/** What arrives on a comm. */
export interface CommMessage {
  data: CommData;
  buffers: Uint8Array[];
  metadata: CommData;
}

/** A comm as the kernel sees it. */
export interface OpenComm {
  readonly id: string;
  readonly target: string;
  receive(type: "comm_msg" | "comm_close", message: CommMessage): Promise<void>;
}

/** Called when the front end opens a comm. */
export type CommOpened = (id: string, message: CommMessage) => unknown;

/** The comms of a kernel, for those who open them and listen. */
export interface Comms {
  send(
    type: "comm_open" | "comm_msg" | "comm_close",
    content: CommData & { comm_id: string },
    options: CommSendOptions,
  ): void;
  add(comm: OpenComm): void;
  /** Whether the comm was open. */
  delete(id: string): boolean;
  /** Lets the front end open comms of a target. Returns a way to stop. */
  accept(target: string, opened: CommOpened): () => void;
  /** The cell that a listener which is registered now belongs to. */
  owner(): unknown;
  /** Runs a listener in the context of the cell that registered it. */
  run(owner: unknown, listener: () => unknown): unknown;
}

/** What the kernel offers to code that runs in it. */
export interface KernelHost {
  readonly comms: Comms;
  /** Resolves when the value was sent. */
  display(value: unknown, options: { id?: string; update?: boolean }): Promise<void>;
  clearOutput(wait: boolean): void;
  input(prompt: string, password: boolean): Promise<string>;
  /** The signal that an interrupt of the calling cell fires. */
  cellSignal(): AbortSignal | undefined;
}

const key = Symbol.for("sightline.kernel");

/** The kernel of this process; undefined in plain Node. Kept on the global object, so that copies of the package agree. */
export function kernelHost(): KernelHost | undefined {
  return (globalThis as { [key]?: KernelHost })[key];
}

export function setKernelHost(host: KernelHost | undefined): void {
  (globalThis as { [key]?: KernelHost })[key] = host;
}

/** @throws SightlineError `not-supported` outside of a kernel */
export function requireKernel(what: string): KernelHost {
  const host = kernelHost();
  if (host) return host;
  throw new SightlineError("not-supported", `${what} needs a notebook`, {
    received: "a process without a kernel",
    expected: "code in a cell of the kernel 'TypeScript (Sightline)'",
    next: "check isInKernel() first",
  });
}
