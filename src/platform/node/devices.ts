import {
  type Device,
  type DeviceKind,
  type ExplainFailure,
  type FindMissing,
  type MissingDevice,
  partsOf,
} from "../devices.js";
import { missingCuda } from "./cuda.js";
import { findLibrary, libraryFolders } from "./native-libraries.js";

export { installCuda } from "./cuda-runtime.js";

type Accelerator = Exclude<DeviceKind, "cpu">;

/** What onnxruntime-node has on each system (its README), the likely fastest first. */
const BACKENDS: Partial<Record<NodeJS.Platform, readonly Accelerator[]>> = {
  linux: process.arch === "x64" ? ["cuda", "tensorrt", "webgpu"] : ["webgpu"],
  win32: ["dml", "webgpu"],
  darwin: ["coreml", "webgpu"],
};
const backends = BACKENDS[process.platform] ?? [];

/** What is tried for "auto"; TensorRT, which builds an engine for minutes, only goes by name. */
export const ACCELERATORS: readonly Device[] = backends.filter((kind) => kind !== "tensorrt");

const NAMES: Readonly<Record<Accelerator, string>> = {
  webgpu: "WebGPU",
  cuda: "CUDA",
  tensorrt: "TensorRT",
  coreml: "CoreML, a part of macOS,",
  dml: "DirectML, a part of Windows,",
};

export const missingDevice: FindMissing = async (device) => {
  const { kind } = partsOf(device);
  if (kind === "cpu") return undefined;
  if (!backends.includes(kind)) {
    const rest = backends.map((each) => `'${each}', `).join("");
    return {
      why: `onnxruntime for ${process.platform} on ${process.arch} does not come with ${NAMES[kind]}`.replace(/,$/, ""),
      next: `use device: ${rest}'cpu' or 'auto'`,
    };
  }
  return kind === "cuda" || kind === "tensorrt" ? missingCuda(kind) : undefined;
};

export const explainFailure: ExplainFailure = (_device, words) =>
  /Failed to get a WebGPU (adapter|device)/.test(words) ? missingAdapter() : undefined;

function missingAdapter(): MissingDevice {
  if (process.platform !== "linux") {
    return { why: "WebGPU finds no graphics card", next: "update the card's driver, or use device: 'cpu'" };
  }
  if (!findLibrary("libvulkan.so.1", libraryFolders())) {
    return {
      why: "the Vulkan loader, libvulkan.so.1, was not found",
      next: "install it (Debian and Ubuntu: apt-get install libvulkan1; Fedora: dnf install vulkan-loader) and the card's driver",
    };
  }
  return {
    why: "no graphics card with a Vulkan driver was found",
    next: "install its vendor's driver or Mesa's (Debian and Ubuntu: apt-get install mesa-vulkan-drivers; Fedora: dnf install mesa-vulkan-drivers)",
  };
}
