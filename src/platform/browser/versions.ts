import { env } from "onnxruntime-web/wasm";
import type { Edition, EngineVersions } from "../versions.js";

export const edition: Edition = "browser";

const runtimeVersion = () => env.versions.web ?? "unknown";

/** What runs the graphs. */
export const engine = (): string => `onnxruntime-web ${runtimeVersion()} (wasm)`;

/** Pictures are the browser's own, which says no version worth comparing. */
export const engineVersions = (): EngineVersions => ({ "onnxruntime-web": runtimeVersion() });
