import { missingDevice } from "#platform/devices";
import { didYouMean, SightlineError } from "../core/errors.js";
import type { Device } from "../platform/devices.js";

export type { Device } from "../platform/devices.js";

const DEVICES: readonly Device[] = ["cpu", "webgpu"];

/**
 * The device that was asked for, once it is known to be there.
 * @throws SightlineError `not-supported`
 */
export async function deviceOf(asked: unknown = "cpu"): Promise<Device> {
  const name = String(asked).toLowerCase();
  const device = DEVICES.find((each) => each === name);
  if (!device) {
    throw new SightlineError("not-supported", `unknown device '${asked}'`, {
      received: asked,
      expected: DEVICES.map((each) => `'${each}'`).join(" or "),
      next: didYouMean(name, DEVICES),
    });
  }
  const missing = await missingDevice(device);
  if (!missing) return device;
  throw new SightlineError("not-supported", `'${device}' cannot be used here: ${missing.why}`, {
    received: asked,
    next: missing.next,
  });
}
