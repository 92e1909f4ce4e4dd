import { SightlineError } from "../core/errors.js";
import type { CommRegistry } from "./comms.js";

/** What the kernel offers to code that runs in it. */
export interface KernelHost {
  readonly comms: CommRegistry;
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
    next: "ask isInKernel() first",
  });
}
