import type { Edition, EngineOf } from "../../../src/platform/versions.js";

export const edition: Edition = "browser";

export const engine: EngineOf = () => "none";

export const engineVersions = (): object => ({});
