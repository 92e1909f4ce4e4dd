import { type Command, InvalidArgumentError, Option } from "commander";
import { didYouMean, SightlineError } from "../core/errors.js";
import type { Rect } from "../image/types.js";
import type { DetectionModel } from "../model/detection/types.js";
import type { Device } from "../model/device.js";
import type { PreprocessData } from "../model/preprocess.js";
import { PREPROCESS_PRESETS, type PreprocessPreset } from "../model/preprocess-names.js";
import type { SegmentationModel } from "../model/segmentation/types.js";

/** Options that several commands share. */
export const jsonOption = () => new Option("--json", "print machine-readable output");
export const modelOption = () =>
  new Option("-m, --model <name>", "catalog name, .onnx or .xml file, or file: or https: URL").default(
    "efficientnet-lite0",
  );
export const labelsOption = () => new Option("--labels <file>", "file of class labels: one per line, or JSON");
export const outputOption = () =>
  new Option("--output <name>", "the model's output that holds the scores, by name or index");
export const taskOption = () =>
  new Option("--task <name>", "what the model does, where it does not classify whole pictures").choices([
    "detection",
    "segmentation",
  ]);
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

export const preprocessOption = () =>
  new Option(
    "--preprocess <how>",
    `how pictures are prepared: a JSON file, JSON itself, or one of ${PRESETS.join(", ")}`,
  );

export const deviceOption = () =>
  new Option("--device <name>", "what the model runs on: cpu, webgpu, cuda, cuda:1, tensorrt, coreml, dml or auto");

/** Of a pair of encoders, whose classes are words. */
export function addPairOptions(command: Command): Command {
  return command
    .option(
      "--tokenizer <file>",
      "tokenizer.json of a pair of encoders: --model is its image encoder, labels are words",
    )
    .option("--text <file>", "the pair's text encoder, where --model does not hold both")
    .option("--preprocessor <file>", "the pair's preprocessor_config.json")
    .option("--prompt <text>", "what a label is put into, at {} (repeatable)", eachText);
}

/** One device, or several that share out the work. */
export const devicesOption = () => {
  const option = deviceOption();
  option.description += "; several, as cuda:0,cuda:1, share the pictures out";
  return option;
};

/** A model on the first of the devices that were named, and all of them where there are several. */
export async function openModelOn({ device, ...choice }: ModelChoice) {
  const devices = device?.split(",").map((name) => name.trim()) as Device[] | undefined;
  const model = await openModel({ ...choice, device: devices?.[0] });
  return { model, devices: devices && devices.length > 1 ? devices : undefined };
}

/** What many models expect of a picture that is squeezed to their size: values in a range. */
const RANGES: Readonly<Record<string, PreprocessData>> = {
  "0..1": { mean: 0, std: 1 },
  "-1..1": { mean: 0.5, std: 0.5 },
  "0..255": { scale: 1, mean: 0, std: 1 },
};

const PRESETS = [...PREPROCESS_PRESETS, ...Object.keys(RANGES)];

/** What {@link modelOption}, {@link labelsOption}, {@link outputOption}, {@link preprocessOption} and {@link deviceOption} give. */
export interface ModelChoice {
  readonly model: string;
  readonly labels?: string;
  readonly output?: string;
  readonly preprocess?: string;
  readonly device?: string;
  readonly tokenizer?: string;
  readonly text?: string;
  readonly preprocessor?: string;
  readonly prompt?: readonly string[];
}

/** Loads the model that the command line names. */
export async function openModel(choice: ModelChoice) {
  const { loadModel } = await import("../load-model.js");
  const { model, labels, output, preprocess, device, tokenizer } = choice;
  if (tokenizer !== undefined) return openPair({ ...choice, tokenizer });
  const stray = (["text", "preprocessor", "prompt"] as const).find((name) => choice[name] !== undefined);
  if (stray) {
    throw new SightlineError("bad-config", `--${stray} belongs to a pair of encoders`, {
      received: choice[stray],
      expected: "--tokenizer, too: the pair's tokenizer.json",
    });
  }
  return loadModel(model, {
    labels,
    output,
    preprocess: preprocess === undefined ? undefined : await readPreprocess(preprocess),
    device: device as Device | undefined,
  });
}

/** @throws SightlineError `bad-config` for options that a pair has not */
async function openPair(choice: ModelChoice & { readonly tokenizer: string }) {
  const { model, text, tokenizer, preprocessor, prompt, labels, output, preprocess, device } = choice;
  if (labels === undefined || output !== undefined) {
    throw new SightlineError("bad-config", labels === undefined ? "--labels is missing" : "--output was given", {
      received: output,
      expected: "--labels and no --output beside --tokenizer: a pair of encoders is scored by its labels",
    });
  }
  const { loadModel } = await import("../load-model.js");
  return loadModel(
    { image: model, text, tokenizer, preprocessor, labels, prompts: prompt },
    {
      preprocess: preprocess === undefined ? undefined : await readPreprocess(preprocess),
      device: device as Device | undefined,
    },
  );
}

/** What a model does that does not classify whole pictures. */
export type Task = "detection" | "segmentation";

/** Loads the detector or segmentation model that the command line names. @throws SightlineError `bad-config` for options of others */
export async function openForTask(task: Task, choice: ModelChoice): Promise<DetectionModel | SegmentationModel> {
  const { model, labels, output, preprocess, device, tokenizer } = choice;
  if (tokenizer !== undefined) {
    throw new SightlineError("bad-config", "--tokenizer belongs to a pair of encoders", {
      received: tokenizer,
      expected: `no --tokenizer beside --task ${task}`,
    });
  }
  if (task === "detection" && output !== undefined) {
    throw new SightlineError("bad-config", "--output says which output has a classifier's scores", {
      received: output,
      expected: "no --output beside --task detection: a detector's outputs are all read",
    });
  }
  const { loadModel } = await import("../load-model.js");
  const options = {
    labels,
    preprocess: preprocess === undefined ? undefined : await readPreprocess(preprocess),
    device: device as Device | undefined,
  };
  return task === "detection" ? loadModel(model, { task, ...options }) : loadModel(model, { task, output, ...options });
}

/** @throws SightlineError `bad-config`, `file-not-found` */
async function readPreprocess(how: string): Promise<PreprocessData | PreprocessPreset> {
  if (Object.hasOwn(RANGES, how)) return RANGES[how];
  const preset = PREPROCESS_PRESETS.find((name) => name === how);
  if (preset) return preset;
  const { files } = await import("#platform/files");
  const text = how.trimStart().startsWith("{")
    ? how
    : await files.readText(how, { atMost: 2 ** 20 }).catch((cause) => {
        throw new SightlineError("file-not-found", `--preprocess '${how}' is neither a preset nor a file`, {
          received: how,
          expected: `a JSON file, JSON, or one of ${PRESETS.join(", ")}`,
          next: didYouMean(how, PRESETS),
          cause,
        });
      });
  try {
    return JSON.parse(text) as PreprocessData;
  } catch (cause) {
    throw new SightlineError("bad-config", "--preprocess is not JSON", {
      received: how,
      expected: 'an object such as {"mean": 0.5, "std": 0.5}',
      cause,
    });
  }
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

const eachText = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

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
