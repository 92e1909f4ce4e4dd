/** What a model can run on: the processor, or a graphics card by WebGPU. */
export type Device = "cpu" | "webgpu";

/** Why a device cannot be had here, and what to do about it; half a sentence each. */
export interface MissingDevice {
  readonly why: string;
  readonly next: string;
}

/** Asks for a device without loading a model; undefined where it is there. */
export type FindMissing = (device: Device) => Promise<MissingDevice | undefined>;
