import { createRequire } from "node:module";
import sharp from "sharp";
import type { Edition, EngineVersions } from "../versions.js";

export const edition: Edition = "node";

/** The runtime itself is not loaded for its number. */
function runtimeVersion(): string {
  return (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version;
}

/** What runs the graphs. */
export const engine = (): string => `onnxruntime-node ${runtimeVersion()}`;

export function engineVersions(): EngineVersions {
  return { "onnxruntime-node": runtimeVersion(), libvips: sharp.versions.vips };
}
