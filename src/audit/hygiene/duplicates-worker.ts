import type { Serve } from "../../platform/threads.js";
import { type NearDuplicates, nearDuplicates } from "./near-duplicates.js";

/** Looks for pictures that are the same. Its data: their luma, as `nearDuplicates` takes it. */
export const serve: Serve<never, NearDuplicates, Uint8Array> = async (port, lumas) => {
  port.post(nearDuplicates(lumas));
};
