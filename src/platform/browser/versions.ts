import { env } from "onnxruntime-web/wasm";
import type { Edition, EngineOf, EngineVersions } from "../versions.js";

export const edition: Edition = "browser";

const runtimeVersion = () => env.versions.web ?? "unknown";

export const engine: EngineOf = (device) =>
  `onnxruntime-web ${runtimeVersion()} (${device === "webgpu" ? "webgpu" : "wasm"})`;

/** Pictures are the browser's own, which says no version worth comparing. */
export const engineVersions = (): EngineVersions => ({ "onnxruntime-web": runtimeVersion() });
