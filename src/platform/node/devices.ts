import type { FindMissing } from "../devices.js";

export const missingDevice: FindMissing = async (device) =>
  device === "cpu"
    ? undefined
    : { why: "the edition for Node runs models on the processor", next: "use device: 'cpu', or the browser edition" };
