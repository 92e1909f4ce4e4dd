import { files } from "#platform/files";
import { decodeText } from "../core/decode-text.js";
import { SightlineError } from "../core/errors.js";
import { addressOf, adviceOnPath } from "../platform/addresses.js";
import { csvLabels, yamlLabels } from "./label-tables.js";
import { readFile } from "./read-file.js";

/**
 * Labels, or a file of them: one a line, also with its number before it, or JSON: a list, an object from index to label (as
 * Keras's `imagenet_class_index.json`, too) or from label to index (as Keras's `class_indices`). A .csv or .tsv file may have
 * a heading and a column of numbers; of a .yaml file, what stands under `names` counts.
 */
export type LabelSource = readonly string[] | string | URL;

/** Labels in the order of the scores, and what was assumed in reading them. */
export interface ReadLabels {
  readonly labels: readonly string[];
  readonly notes: readonly string[];
}

const LARGEST_FILE = 64 * 2 ** 20;

/** @throws SightlineError `bad-labels`, `file-not-found` */
export async function readLabels(source: LabelSource): Promise<ReadLabels> {
  if (typeof source === "string" || source instanceof URL) return readFileLabels(source);
  if (!Array.isArray(source) || source.some((label) => typeof label !== "string")) {
    throw wrong("the labels are not a list of strings", {
      received: Array.isArray(source) ? source.length : typeof source,
      expected: "a list of strings, one for each class of the model, or the path of a file",
    });
  }
  return { labels: [...source], notes: [] };
}

/** @throws SightlineError `bad-labels` unless there is one a class */
export function checkLabelCount(labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === classes) return labels;
  throw wrong(`there ${labels.length === 1 ? "is 1 label" : `are ${labels.length} labels`}`, {
    received: labels.length,
    expected: `${classes} labels, one for each class of the model`,
    next: "check that they belong to this model, and that no heading or background class is among them",
  });
}

/** Names for classes that have none. */
export function numberedLabels(classes: number): readonly string[] {
  return Array.from({ length: classes }, (_, i) => `class ${i}`);
}

async function readFileLabels(source: string | URL): Promise<ReadLabels> {
  const { path = String(source) } = addressOf(source, "the list of labels", []);
  const what = `the list of labels '${path}'`;
  const purpose = { what, code: "bad-labels", received: path, next: adviceOnPath(path), atMost: LARGEST_FILE } as const;
  const { text, encoding } = decodeText(await readFile(path, purpose));
  const guessed = encoding === "windows-1252";
  return {
    labels: parseLabels(text, what, files.extname(path).toLowerCase()),
    notes: guessed ? [`${what} is not UTF-8 and was read as Windows-1252 (Latin-1): save it as UTF-8`] : [],
  };
}

/** Labels of a text: one a line, a table, YAML or JSON. @throws SightlineError `bad-labels` */
function parseLabels(text: string, what: string, ending: string): readonly string[] {
  const trimmed = text.trim();
  if (trimmed === "") throw wrong(`${what} is empty`, { received: 0, expected: "one label a line, or JSON" });
  if (/^[[{]/.test(trimmed)) {
    let value: unknown;
    try {
      value = JSON.parse(trimmed);
    } catch (cause) {
      throw wrong(`${what} is not valid JSON`, { expected: "a list of strings", cause });
    }
    return fromJson(value, what);
  }
  if (ending === ".yaml" || ending === ".yml") {
    const found = yamlLabels(text);
    if (found) return fromJson(found, what);
    throw wrong(`${what} names no classes`, { expected: "a list or labels by number under 'names'" });
  }
  const lines = text
    .replace(/\s+$/, "")
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim());
  const blank = lines.indexOf("");
  if (blank >= 0) {
    throw wrong(`line ${blank + 1} of ${what} is empty`, {
      received: lines.length,
      expected: "a label in every line",
      next: "take the line out, or write the name of the class that it stands for",
    });
  }
  const table = ending === ".csv" || ending === ".tsv" ? csvLabels(lines) : undefined;
  return table ? fromJson(table, what) : (numberedLines(lines) ?? lines);
}

/** "0: cat", "0 cat" or "0,cat", where the numbers of all lines are those of the classes. */
function numberedLines(lines: readonly string[]): readonly string[] | undefined {
  const labels: string[] = [];
  for (const line of lines) {
    const [, number, label] = /^(\d{1,7})(?:\s*[:,;]\s*|\s+)(\S.*)$/.exec(line) ?? [];
    if (number === undefined || Number(number) in labels) return undefined;
    labels[Number(number)] = label;
  }
  return labels.length === lines.length ? labels : undefined;
}

function fromJson(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value)) return value.map((label, i) => labelText(label, `label ${i} of ${what}`));
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length > 0 && isPermutation(entries.map(([, index]) => index))) {
    const labels: string[] = [];
    for (const [label, index] of entries) labels[index as number] = label;
    return labels;
  }
  if (entries.length === 0) throw wrong(`${what} names no classes`, { expected: "the numbers of all classes from 0" });
  const byIndex = new Map(entries.map(([key, label]) => [/^\d{1,7}$/.test(key) ? Number(key) : key, label]));
  return entries.map((_, i) => {
    if (byIndex.has(i)) return labelText(byIndex.get(i), `class ${i} in ${what}`);
    const keys = entries.slice(0, 12).map(([key]) => key);
    throw wrong(`${what} names no class ${i}`, {
      received: keys.join(", "),
      expected: "the numbers of all classes from 0, or label → number",
      next: "add the classes that are missing",
    });
  });
}

/** Whether values are the numbers from 0 on, each once. */
function isPermutation(values: readonly unknown[]): boolean {
  const seen = new Set(values);
  return seen.size === values.length && values.every((_, i) => seen.has(i));
}

const WORDNET_ID = /^n\d{8}$/;

/** A label of JSON: a text, a number, or a pair of a WordNet id and a text. */
function labelText(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length === 2 && WORDNET_ID.test(value[0]) && typeof value[1] === "string") {
    return value[1];
  }
  throw wrong(`${where} is ${value === null ? "null" : Array.isArray(value) ? "a list" : `of type ${typeof value}`}`, {
    received: value,
    expected: "a text",
  });
}

function wrong(
  what: string,
  details: { received?: unknown; expected: string; next?: string; cause?: unknown },
): SightlineError {
  return new SightlineError("bad-labels", what, details);
}
