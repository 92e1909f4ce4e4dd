import { checkKeys, checkList } from "../../core/checks.js";
import { SightlineError } from "../../core/errors.js";
import { kindOf } from "../../core/kind-of.js";
import type { ImageTextOptions, ImageTextPair } from "./types.js";

const PAIR = [
  "image",
  "text",
  "tokenizer",
  "preprocessor",
  "labels",
  "prompts",
  "scale",
  "bias",
  "sha256",
] as const satisfies readonly (keyof ImageTextPair)[];

const OPTIONS = [
  "preprocess",
  "device",
  "threads",
  "isolate",
  "memoryLimit",
  "allowLoopback",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof ImageTextOptions)[];

const MOST_PROMPTS = 1000;

/** @throws SightlineError `bad-config`, `unknown-option` */
export function checkPair(pair: ImageTextPair, options: ImageTextOptions): void {
  checkKeys(pair, PAIR, "a pair of encoders");
  checkKeys(options, OPTIONS, "loadModel for a pair of encoders");
  for (const [name, example] of [
    ["image", "vision_model.onnx"],
    ["tokenizer", "tokenizer.json"],
  ] as const) {
    if (pair[name] !== undefined) continue;
    throw new SightlineError("bad-config", `the pair has no ${name}`, {
      expected: `loadModel({ image, text, tokenizer, labels }), with the path of ${example}`,
    });
  }
  if (pair.labels === undefined) {
    throw new SightlineError("bad-config", "the pair has no labels", { expected: 'words, such as ["a cat", "a dog"]' });
  }
  if (pair.prompts !== undefined) checkPrompts(pair.prompts);
  checkNumber("scale", pair.scale, (scale) => scale > 0, "a number above 0");
  checkNumber("bias", pair.bias, () => true, "a number");
}

/** @throws SightlineError `bad-config` for prompts with no place for a label */
export function checkPrompts(prompts: readonly string[]): void {
  checkList(prompts, "the prompts", 'a list such as ["a photo of a {}"]');
  const wrong = prompts.find((prompt) => typeof prompt !== "string" || !prompt.includes("{}"));
  if (wrong !== undefined) {
    const what = typeof wrong === "string" ? `the prompt '${wrong}' has no place for a label` : "a prompt is no text";
    throw new SightlineError("bad-config", what, {
      received: wrong,
      expected: 'a text with {} where the label goes, such as "a photo of a {}"',
    });
  }
  if (prompts.length > MOST_PROMPTS) {
    throw new SightlineError("bad-config", `there are ${prompts.length} prompts`, {
      received: prompts.length,
      expected: `at most ${MOST_PROMPTS}`,
    });
  }
}

function checkNumber(
  name: "scale" | "bias",
  value: number | undefined,
  fits: (value: number) => boolean,
  expected: string,
): void {
  if (value === undefined || (Number.isFinite(value) && fits(value))) return;
  throw new SightlineError("bad-config", `${name} is ${typeof value === "number" ? value : kindOf(value)}`, {
    received: value,
    expected,
  });
}
