import type { Device } from "./devices.js";

/** The two ways to run Sightline. */
export type Edition = "node" | "browser";

/** Versions of what a platform's numbers depend on, by the name of the package or library. */
export type EngineVersions = Readonly<Record<string, string>>;

/** What runs the graphs on a device, with its version. */
export type EngineOf = (device: Device) => string;
