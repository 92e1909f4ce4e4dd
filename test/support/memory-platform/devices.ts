import type { FindMissing } from "../../../src/platform/devices.js";

export const missingDevice: FindMissing = async () => ({ why: "this platform runs no models", next: "use another" });
