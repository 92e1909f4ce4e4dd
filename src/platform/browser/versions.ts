import { env } from "onnxruntime-web/wasm";
import type { EngineVersions } from "../versions.js";

/** Pictures are the browser's own, which says no version worth comparing. */
export const engineVersions = (): EngineVersions => ({ "onnxruntime-web": env.versions.web ?? "unknown" });
