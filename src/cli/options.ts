import { InvalidArgumentError, Option } from "commander";
import type { Rect } from "../image/types.js";

/** Options that several commands share. */
export const jsonOption = () => new Option("--json", "print machine-readable output");
export const modelOption = () =>
  new Option("-m, --model <name>", "catalog name, .onnx or .xml file, or file: or https: URL").default(
    "efficientnet-lite0",
  );
export const labelsOption = () => new Option("--labels <file>", "file of class labels: one per line, or JSON");
export const methodOption = () => new Option("--method <name>", "a method, or auto").default("auto");
export const presetOption = () =>
  new Option("--preset <name>", "how much work to spend on a map")
    .choices(["speed", "balance", "quality"])
    .default("balance");
export const seedOption = () => new Option("--seed <n>", "random seed").argParser(wholeNumber).default(0);
export const methodSettingOption = () =>
  new Option("--set <key=value>", "an option of the method (repeatable)").argParser(keyValue).default({});
export const queueOption = () =>
  new Option("--queue <url>", "Redis server that hands pictures to workers: redis://…").env("SIGHTLINE_QUEUE");
export const shardsOption = () =>
  new Option(
    "--shards <place>",
    "where workers store results: a folder that all machines share, or s3://bucket/prefix",
  );

/** What {@link modelOption} and {@link labelsOption} give. */
export interface ModelChoice {
  readonly model: string;
  readonly labels?: string;
}

/** Loads the model that the command line names. */
export async function openModel({ model, labels }: ModelChoice) {
  const { loadModel } = await import("../load-model.js");
  return loadModel(model, { labels });
}

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("expected a whole number");
  return number;
}

/** Repeated `--option key=value` as an object; values are JSON where they parse, else text. */
export function keyValue(text: string, before: Record<string, unknown>): Record<string, unknown> {
  const [key, value] = splitPair(text);
  return { ...before, [key]: jsonOrText(value) };
}

/** Repeated `--option key=value` as texts. */
export function keyText(text: string, before: Record<string, string>): Record<string, string> {
  const [key, value] = splitPair(text);
  return { ...before, [key]: value };
}

function splitPair(text: string): [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected key=value");
  return [text.slice(0, at), text.slice(at + 1)];
}

export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A box as x,y,width,height in pixels of the picture; repeated ones add up. */
export function box(text: string, before: Rect[] = []): Rect[] {
  const [x, y, width, height, ...rest] = text.split(",").map(Number);
  if (rest.length > 0 || ![x, y, width, height].every(Number.isFinite) || !(width > 0 && height > 0)) {
    throw new InvalidArgumentError("expected x,y,width,height");
  }
  return [...before, { x, y, width, height }];
}
