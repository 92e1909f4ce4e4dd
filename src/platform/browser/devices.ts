import type { FindMissing } from "../devices.js";

/** The part of WebGPU that is asked here, in a page as in its workers. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

export const missingDevice: FindMissing = async (device) => {
  if (device === "cpu") return undefined;
  const { gpu } = navigator as { gpu?: Gpu };
  if (!gpu) {
    const why = globalThis.isSecureContext ? "this browser has no WebGPU" : "WebGPU needs a page served over https";
    return { why, next: "use device: 'cpu', or a browser with WebGPU" };
  }
  if (await gpu.requestAdapter()) return undefined;
  return {
    why: "the browser finds no graphics card that it may use",
    next: "use device: 'cpu', or turn on graphics acceleration in the browser's settings",
  };
};
