import { type Device, type ExplainFailure, type FindMissing, partsOf } from "../devices.js";

/** The part of WebGPU that is asked here, in a page as in its workers. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** What is tried for "auto", the likely fastest first. */
export const ACCELERATORS: readonly Device[] = ["webgpu"];

export const missingDevice: FindMissing = async (device) => {
  const { kind } = partsOf(device);
  if (kind === "cpu") return undefined;
  if (kind !== "webgpu") {
    return { why: "a browser runs models on the processor or by WebGPU", next: "use device: 'webgpu' or 'cpu'" };
  }
  const { gpu } = navigator as { gpu?: Gpu };
  if (!gpu) {
    const why = globalThis.isSecureContext ? "this browser has no WebGPU" : "WebGPU needs a page served over https";
    return { why, next: "use device: 'cpu', or a browser with WebGPU" };
  }
  return (await gpu.requestAdapter()) ? undefined : NO_CARD;
};

const NO_CARD = {
  why: "the browser finds no graphics card that it may use",
  next: "use device: 'cpu', or turn on graphics acceleration in the browser's settings",
};

export const explainFailure: ExplainFailure = (_device, words) =>
  /WebGPU adapter|requestAdapter/i.test(words) ? NO_CARD : undefined;
