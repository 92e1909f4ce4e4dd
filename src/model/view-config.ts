import { SightlineError } from "../core/errors.js";
import { readText } from "./read-file.js";

/** A visualization config for a model, as Google's `explanation_metadata.json` holds it, or the path of such a file. */
export type ViewConfigSource = string | Readonly<Record<string, unknown>>;

/**
 * A visualization config, as it is or as an `explanation_metadata.json` holds it: the `visualization` of its picture, below
 * `inputs`, or at the top. Metadata that say nothing of drawing are an empty config.
 * @throws SightlineError `file-not-found`, `bad-config`
 */
export async function readViewConfig(source: ViewConfigSource): Promise<Readonly<Record<string, unknown>>> {
  const value = typeof source === "string" ? await readJson(source) : source;
  if (!isRecord(value)) throw notAConfig(source);
  const found = configsIn(value);
  if (found.length > 1) {
    throw new SightlineError("bad-config", `the metadata have visualizations for ${found.length} inputs`, {
      received: source,
      expected: "one: a classifier sees one picture",
      next: "give the visualization itself",
    });
  }
  const config = found.length === 1 ? found[0] : {};
  if (!isRecord(config)) throw notAConfig(source);
  return config;
}

/** What stands for a visualization: the value itself unless it is metadata. */
function configsIn(value: Readonly<Record<string, unknown>>): unknown[] {
  if (value.visualization !== undefined) return [value.visualization];
  if (!isRecord(value.inputs)) return [value];
  const inputs = Object.values(value.inputs).filter(isRecord);
  return inputs.map(({ visualization }) => visualization).filter((config) => config !== undefined);
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
