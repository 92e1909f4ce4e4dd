import { createRequire } from "node:module";
import type { Edition, EngineOf, EngineVersions } from "../versions.js";

export const edition: Edition = "node";

const require = createRequire(import.meta.url);

/** The runtime itself is not loaded for its number. */
function runtimeVersion(): string {
  return (require("onnxruntime-node/package.json") as { version: string }).version;
}

export const engine: EngineOf = () => `onnxruntime-node ${runtimeVersion()}`;

/** Libvips is loaded when its number is asked for. */
export function engineVersions(): EngineVersions {
  const sharp = require("sharp") as typeof import("sharp");
  return { "onnxruntime-node": runtimeVersion(), libvips: sharp.versions.vips };
}
