import { ACCELERATORS, missingDevice } from "#platform/devices";
import { isSightlineError } from "../core/errors.js";
import type { Device } from "../platform/devices.js";
import type { Control, ModelInfo } from "./types.js";

/** How a model is to be had on another device. */
export interface DeviceTrial extends Control {
  /** Refuse a device on which it is no faster. */
  readonly ifFaster?: boolean;
}

/** A model that can be had on another device, and with another note. */
export interface Placeable<M> {
  readonly info: ModelInfo;
  /** The same model on another device, beside this one. @throws SightlineError `not-supported` */
  onDevice(device: Device, options: DeviceTrial): Promise<M>;
  noted(note: string): M;
  close(): Promise<void>;
}

/**
 * A model, loaded on the processor, on the device that was asked for. "auto" takes the first that is there, gives the
 * processor's answers and is faster, and says what it took and why not another.
 * @throws SightlineError `not-supported` for a device by name that does not serve: no other is taken instead
 */
export async function placed<M extends Placeable<M>>(
  model: M,
  device: Device | "auto",
  { signal }: Control,
): Promise<M> {
  if (device === "cpu") return model;
  try {
    if (device === "auto") return await onFastest(model, { signal });
    const moved = await model.onDevice(device, { signal });
    await model.close();
    return moved;
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function onFastest<M extends Placeable<M>>(model: M, { signal }: Control): Promise<M> {
  const passedBy: string[] = [];
  const said = (took: string) => `auto took ${took}${passedBy.length ? `; ${passedBy.join("; ")}` : ""}`;
  for (const device of ACCELERATORS) {
    const missing = await missingDevice(device);
    if (missing) {
      passedBy.push(`'${device}' cannot be used here: ${missing.why}`);
      continue;
    }
    try {
      const moved = await model.onDevice(device, { signal, ifFaster: true });
      await model.close();
      return moved.noted(said(`'${device}'`));
    } catch (error) {
      if (!isSightlineError(error) || error.code !== "not-supported") throw error;
      passedBy.push(error.message);
    }
  }
  return model.noted(said("'cpu'"));
}
