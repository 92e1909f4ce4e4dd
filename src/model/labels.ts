import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import { readText } from "./read-file.js";

/** Labels, or a file of them: one a line, or a JSON list, or a JSON object from index to label. */
export type LabelSource = readonly string[] | string | URL;

/**
 * One label a class, in the order of the scores; any number of them where the number of classes is not known.
 * @throws SightlineError `bad-labels`, `file-not-found`
 */
export async function readLabels(source: LabelSource, classes?: number): Promise<readonly string[]> {
  const labels = typeof source === "string" || source instanceof URL ? await readFileLabels(source) : source;
  const wrong = (what: string) =>
    new SightlineError("bad-labels", what, {
      received: Array.isArray(labels) ? labels.length : labels,
      expected: `${classes === undefined ? "strings" : `${classes} labels`}, one for each class of the model`,
      next: "check that they belong to this model, and that no heading or background class is among them",
    });
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== "string"))
    throw wrong("the labels are not a list of strings");
  if (classes !== undefined && labels.length !== classes) throw wrong(`there are ${labels.length} labels`);
  return [...labels];
}

async function readFileLabels(source: string | URL): Promise<readonly string[]> {
  const path = String(source).startsWith("file:") ? files.fromUrl(new URL(source)) : String(source);
  const what = `the list of labels '${path}'`;
  return parseLabels(await readText(path, { what, code: "bad-labels", received: path, next: "check the path" }));
}

/** Labels of a text: one a line, or JSON. */
function parseLabels(text: string): readonly string[] {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return fromJson(JSON.parse(trimmed));
    } catch (cause) {
      throw new SightlineError("bad-labels", "the labels are not valid JSON", { expected: "a list of strings", cause });
    }
  }
  return trimmed.split(/\r?\n/).map((line) => line.trim());
}

function fromJson(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value;
  const entries = Object.entries(value as Record<string, string>).sort(([a], [b]) => Number(a) - Number(b));
  return entries.map(([, label]) => label);
}

/** Names for classes that have none. */
export function numberedLabels(classes: number): readonly string[] {
  return Array.from({ length: classes }, (_, i) => `class ${i}`);
}
