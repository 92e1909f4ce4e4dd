import type { CreateSession } from "../../../src/platform/runtime.js";

/** There is no runtime: whoever needs one says so. */
export const createSession: CreateSession = async () => {
  throw new Error("this platform runs no models");
};
