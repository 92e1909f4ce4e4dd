/**
 * Slots of the memory that both ends of a thread share: who sets `stop` waits until `busy` is 0 before the thread may
 * end; `native` is 1 once it has run native code.
 */
export const STATE = { stop: 0, busy: 1, native: 2, slots: 3 } as const;

export interface ThreadStart {
  readonly module: string;
  readonly data: unknown;
  readonly state: SharedArrayBuffer;
}

/** What goes to a thread: a message for its module, or the request to end. */
export type Envelope = { readonly message: unknown } | { readonly end: true };

/** What goes to an isolated process first. */
export interface ProcessStart {
  readonly module: string;
  readonly data: unknown;
  readonly memoryLimit: number;
}

/** What the watch of an isolated process says before it ends it. */
export const OUT_OF_MEMORY = "sightline: the memory limit was passed";
