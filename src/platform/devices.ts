/** Kinds of devices: the processor, a graphics card by WebGPU, NVIDIA's two ways, Apple's, and DirectML on Windows. */
export const DEVICE_KINDS = ["cpu", "webgpu", "cuda", "tensorrt", "coreml", "dml"] as const;

export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** Kinds of which a machine can have several, each with a number of its own. */
export const NUMBERED_KINDS = ["cuda", "tensorrt", "dml"] as const satisfies readonly DeviceKind[];

/**
 * What a model runs on: the processor, a graphics card by WebGPU, NVIDIA's CUDA or TensorRT, Apple's CoreML, DirectML on
 * Windows; "cuda:1" is the second card that CUDA sees, "cuda" the first.
 */
export type Device =
  | "cpu"
  | "webgpu"
  | "cuda"
  | "tensorrt"
  | "coreml"
  | "dml"
  | `cuda:${number}`
  | `tensorrt:${number}`
  | `dml:${number}`;

/** The kind of a device, and its number where it has one. */
export function partsOf(device: Device): { readonly kind: DeviceKind; readonly index?: number } {
  const [kind, index] = device.split(":");
  return { kind: kind as DeviceKind, index: index === undefined ? undefined : Number(index) };
}

/** Why a device cannot be had here, and what to do about it; half a sentence each. */
export interface MissingDevice {
  readonly why: string;
  readonly next: string;
}

/** Looks for a device without loading a model, and makes it ready; undefined where nothing is known to be missing. */
export type FindMissing = (device: Device) => Promise<MissingDevice | undefined>;

/**
 * Whether the runtime's own words for a failure mean that a device is not there, and what to do about it then; undefined
 * for another failure.
 */
export type ExplainFailure = (device: Device, words: string) => MissingDevice | undefined;
