import type { Graph } from "../onnx/graph.js";

/** Keys of a file's metadata that hold labels, as a list or by their index. */
const LABEL_KEYS = ["labels", "names", "classes", "class_names", "id2label", "character"];
/** Keys that hold indices by their label. */
const INDEX_KEYS = ["class_to_idx", "class_indices", "label2id"];

/** Labels that the file itself carries among its metadata, if they fit; as many as there are where `classes` is absent. */
export function labelsInside(graph: Graph, classes?: number): readonly string[] | undefined {
  for (const { key, value } of graph.model.metadataProps) {
    const name = key.toLowerCase();
    const isIndex = INDEX_KEYS.includes(name);
    if (!isIndex && !LABEL_KEYS.includes(name)) continue;
    const labels = isIndex ? byIndex(parseValue(value)) : listed(parseValue(value) ?? plainList(value));
    if (labels?.length && labels.length === (classes ?? labels.length)) return labels;
  }
  return undefined;
}

type Value = string | number | readonly Value[] | ReadonlyMap<string, Value>;

/** A value as JSON or as Python writes it; undefined where it is neither. */
function parseValue(text: string): Value | undefined {
  try {
    return fromJson(JSON.parse(text));
  } catch {
    return new PythonLiteral(text).parse();
  }
}

function fromJson(value: unknown): Value | undefined {
  if (typeof value === "string" || typeof value === "number") return value;
  if (Array.isArray(value)) return value.map((item) => fromJson(item) ?? "");
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value).map(([key, item]) => [key, fromJson(item) ?? ""]));
}

/** One label a line, or separated by commas. */
function plainList(text: string): Value {
  return text
    .trim()
    .split(text.includes("\n") ? /\r?\n/ : ",")
    .map((label) => label.trim());
}

/** Texts of a list, or of a dict whose keys count from 0 without a gap. */
function listed(value: Value): string[] | undefined {
  if (value instanceof Map) {
    const labels: unknown[] = [];
    for (const [key, label] of value) if (/^\d{1,7}$/.test(key)) labels[Number(key)] = label;
    return labels.length === value.size ? texts(labels) : undefined;
  }
  return Array.isArray(value) ? texts(value) : undefined;
}

function texts(values: readonly unknown[]): string[] | undefined {
  const labels = Array.from(values);
  return labels.every((label) => typeof label === "string") ? (labels as string[]) : undefined;
}

function byIndex(value: Value | undefined): string[] | undefined {
  if (!(value instanceof Map)) return undefined;
  return listed(new Map([...value].map(([label, index]) => [String(index), label])));
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Lists, tuples, dicts, texts and whole numbers as Python's repr writes them, read from front to back. */
class PythonLiteral {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The value, where the whole text is one. */
  parse(): Value | undefined {
    const value = this.#value(0);
    this.#skipBlanks();
    return this.#at === this.#text.length ? value : undefined;
  }

  #value(depth: number): Value | undefined {
    this.#skipBlanks();
    const start = this.#text[this.#at];
    if (start === "'" || start === '"') return this.#string(start);
    if ((start === "[" || start === "(") && depth < 2) return this.#list(start === "[" ? "]" : ")", depth);
    if (start === "{" && depth < 2) return this.#dict(depth);
    return this.#number();
  }

  #string(quote: string): string | undefined {
    let value = "";
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const sign = this.#text[this.#at];
      if (sign === quote) {
        this.#at += 1;
        return value;
      }
      value += sign === "\\" ? this.#escape() : sign;
    }
    return undefined;
  }

  /** Leaves the position at the escape's last sign. */
  #escape(): string {
    const kind = this.#text[++this.#at] ?? "";
    const digits = { x: 2, u: 4, U: 8 }[kind];
    if (digits === undefined) return ESCAPES[kind] ?? kind;
    const code = Number.parseInt(this.#text.slice(this.#at + 1, this.#at + 1 + digits), 16);
    this.#at += digits;
    return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  }

  #number(): number | undefined {
    const start = this.#at;
    while (/[-0-9.]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    const value = Number(this.#text.slice(start, this.#at) || Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  }

  #list(end: string, depth: number): Value | undefined {
    const values: Value[] = [];
    this.#at += 1;
    while (!this.#takes(end)) {
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      values.push(value);
      if (!this.#takes(",") && this.#peek() !== end) return undefined;
    }
    return values;
  }

  #dict(depth: number): Value | undefined {
    const entries = new Map<string, Value>();
    this.#at += 1;
    while (!this.#takes("}")) {
      const key = this.#value(depth + 1);
      if ((typeof key !== "string" && typeof key !== "number") || !this.#takes(":")) return undefined;
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      entries.set(String(key), value);
      if (!this.#takes(",") && this.#peek() !== "}") return undefined;
    }
    return entries;
  }

  #takes(sign: string): boolean {
    if (this.#peek() !== sign) return false;
    this.#at += 1;
    return true;
  }

  #peek(): string | undefined {
    this.#skipBlanks();
    return this.#text[this.#at];
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }
}
