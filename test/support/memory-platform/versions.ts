import type { Edition } from "../../../src/platform/versions.js";

export const edition: Edition = "browser";

export const engine = (): string => "none";

export const engineVersions = (): object => ({});
