import type { OpenThread } from "../../../src/platform/threads.js";

/** There are no threads: whoever needs one says so. */
export const openThread: OpenThread = (module) => {
  throw new Error(`this platform has no threads for ${module}`);
};

export const hasProcesses = false;

export const availableCores = (): number => 1;

export const sharedMemory = (): SharedArrayBuffer | undefined => undefined;
