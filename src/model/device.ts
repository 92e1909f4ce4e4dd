import { missingDevice } from "#platform/devices";
import { didYouMean, SightlineError } from "../core/errors.js";
import { DEVICE_KINDS, type Device, NUMBERED_KINDS } from "../platform/devices.js";

export type { Device } from "../platform/devices.js";

const WORDS = [...DEVICE_KINDS, "auto"] as const;
const NUMBERED = new RegExp(`^(${NUMBERED_KINDS.join("|")}):(0|[1-9]\\d{0,2})$`);

/**
 * The device that was asked for, once nothing is known to be missing for it.
 * @throws SightlineError `not-supported`
 */
export async function deviceOf(asked: unknown = "cpu"): Promise<Device | "auto"> {
  const device = namedDevice(asked);
  if (device === "auto") return device;
  const missing = await missingDevice(device);
  if (!missing) return device;
  throw new SightlineError("not-supported", `'${device}' cannot be used here: ${missing.why}`, {
    received: asked,
    next: missing.next,
  });
}

/** @throws SightlineError `not-supported` for what is the name of no device */
export function namedDevice(asked: unknown): Device | "auto" {
  const name = String(asked).toLowerCase();
  const word = WORDS.find((each) => each === name);
  if (word) return word;
  if (NUMBERED.test(name)) return name as Device;
  throw new SightlineError("not-supported", `unknown device '${asked}'`, {
    received: asked,
    expected: `${WORDS.map((each) => `'${each}'`).join(", ")}, or a numbered one such as 'cuda:1'`,
    next: didYouMean(name, WORDS),
  });
}

/**
 * Devices that several models are to run on side by side.
 * @throws SightlineError `bad-config` for what is no list of them, `not-supported` for one that cannot be had
 */
export async function checkDevices(asked: unknown): Promise<void> {
  if (asked === undefined) return;
  if (!Array.isArray(asked) || asked.length === 0) {
    throw new SightlineError("bad-config", "devices is no list of devices", {
      received: asked,
      expected: "names of devices, such as ['cuda:0', 'cuda:1']",
    });
  }
  for (const device of asked) {
    if ((await deviceOf(device)) !== "auto") continue;
    throw new SightlineError("not-supported", "'auto' is one device, and not among several", {
      received: asked,
      expected: "names of devices, such as ['cuda:0', 'cuda:1']",
      next: "`npx sightline device` says what is here",
    });
  }
}
