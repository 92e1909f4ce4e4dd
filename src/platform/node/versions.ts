import { createRequire } from "node:module";
import sharp from "sharp";
import type { EngineVersions } from "../versions.js";

/** The runtime itself is not loaded for its number. */
export function engineVersions(): EngineVersions {
  const runtime = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return { "onnxruntime-node": runtime.version, libvips: sharp.versions.vips };
}
