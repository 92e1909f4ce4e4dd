import { SightlineError } from "../core/errors.js";
import { readText } from "./read-file.js";

/** A visualization config for a model, as Google's `explanation_metadata.json` holds it, or the path of such a file. */
export type ViewConfigSource = string | Readonly<Record<string, unknown>>;

/**
 * A visualization config, as it is or as the `visualization` of an `explanation_metadata.json`.
 * @throws SightlineError `file-not-found`, `bad-config`
 */
export async function readViewConfig(source: ViewConfigSource): Promise<Readonly<Record<string, unknown>>> {
  const value = typeof source === "string" ? await readJson(source) : source;
  const config = isRecord(value) && isRecord(value.visualization) ? value.visualization : value;
  if (!isRecord(config)) throw notAConfig(source);
  return config;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path, {
    what: `the metadata file '${path}'`,
    code: "bad-config",
    next: "check the path",
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notAConfig(path, cause);
  }
}

function notAConfig(received: ViewConfigSource, cause?: unknown): SightlineError {
  return new SightlineError("bad-config", "the model's metadata is not a visualization config", {
    received,
    expected: "an object, or the path of a JSON file with one",
    cause,
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
