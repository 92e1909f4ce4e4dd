import { SightlineError } from "../core/errors.js";
import type { DataType } from "../onnx/constant.js";
import { functionPreprocessor } from "./function-preprocess.js";
import { byteValues, checkByteValues, type IntegerInput, integerInput, leavesValues } from "./integer-input.js";
import type { PrepareOptions } from "./prepare-graph.js";
import {
  assumedPreprocess,
  checkPreprocess,
  type PreprocessData,
  type PreprocessFunction,
  type Preprocessor,
  preprocessor,
  sizeOfPreprocess,
} from "./preprocess.js";
import { checkPreset, type PreprocessPreset, presetPreprocess } from "./preprocess-presets.js";
import type { ResolvedModel } from "./source.js";
import type { InputGeometry } from "./types.js";
import { presetOf, ultralyticsFacts } from "./ultralytics.js";

/** How a caller says that pictures become the model's input. */
export type PreprocessChoice = PreprocessPreset | PreprocessData | PreprocessFunction;

/** Preprocessing by name or as data, and what is to be said about where it comes from. */
export interface KnownPreprocess {
  readonly data: PreprocessPreset | PreprocessData;
  readonly note?: string;
}

/**
 * The preprocessing that a caller gave, data checked.
 * @throws SightlineError `bad-config`, `unknown-option`
 */
export function checkPreprocessChoice(given: PreprocessChoice | undefined): PreprocessChoice | undefined {
  if (given === undefined || typeof given === "function") return given;
  if (given === null || !["object", "string"].includes(typeof given) || Array.isArray(given)) {
    const kind = given === null ? "null" : Array.isArray(given) ? "a list" : `of type ${typeof given}`;
    throw new SightlineError("bad-config", `preprocess is ${kind}`, {
      received: given,
      expected: "the name of a tool, data such as { mean, std }, or a function",
    });
  }
  return typeof given === "string" ? checkPreset(given) : checkPreprocess(given);
}

/**
 * What makes a model's input of pictures: the caller's way, else the first that is known, else what is assumed.
 * @param inputType of the input's elements in the file
 * @throws SightlineError `bad-config` where it does not fit the input
 */
export async function choosePreprocessor(
  given: PreprocessChoice | undefined,
  known: KnownPreprocess | undefined,
  input: InputGeometry,
  inputType: DataType,
): Promise<Preprocessor> {
  const integer = integerInput(inputType);
  if (typeof given === "function") return functionPreprocessor(given, input, integer);
  const assumed = integer ? assumedBytes(integer) : assumedPreprocess(input.channels);
  const { data: named, note } = given ? withOrder(given, known) : (known ?? assumed);
  const data = typeof named === "string" ? presetPreprocess(named, input) : named;
  const notes = note ? [note] : [];
  if (!integer) return preprocessor(data, input, notes);
  if (leavesValues(data)) {
    const { note: how, ...values } = byteValues(integer);
    return whole(preprocessor({ ...data, ...values }, input, [...notes, `the input is ${integer.name}: it ${how}`]));
  }
  const made = preprocessor(data, input, notes);
  if (made.colours) checkByteValues(made.colours, integer);
  return whole(made);
}

/** The order of channels is the file's where the caller does not say it. */
function withOrder(given: PreprocessPreset | PreprocessData, known: KnownPreprocess | undefined): KnownPreprocess {
  const inside = typeof known?.data === "object" ? known.data.channels : undefined;
  if (inside !== "bgr" || typeof given === "string" || given.channels) return { data: given };
  return { data: { ...given, channels: inside }, note: "channels go in as blue, green, red, as the file wants them" };
}

function assumedBytes(integer: IntegerInput): KnownPreprocess & { note: string } {
  const { note, ...data } = byteValues(integer);
  return { data, note: `no preprocessing was given: the picture is squeezed to the model's size, and ${note}` };
}

/** Levels of grey are weighed sums of colours, and so fractions. */
function whole(made: Preprocessor): Preprocessor {
  return {
    ...made,
    async toInput(image) {
      const { tensor, view } = await made.toInput(image);
      return { tensor: { ...tensor, data: tensor.data.map(Math.round) }, view };
    },
  };
}

/** What the file itself says of how pictures are prepared. */
export function knownPreprocess({ preprocess, preprocessNote, graph }: ResolvedModel): KnownPreprocess | undefined {
  if (preprocess) return { data: preprocess, note: preprocessNote };
  const facts = ultralyticsFacts(graph);
  if (!facts) return undefined;
  const preset = presetOf(facts);
  return { data: preset, note: `pictures are prepared as Ultralytics does (${preset}), which wrote the file` };
}

/** What is known of the input before the graph is opened. */
export function geometryWish(
  given: PreprocessChoice | undefined,
  { preprocess: inside, graph, inputType }: ResolvedModel,
): Pick<PrepareOptions, "layout" | "size" | "anyChannels" | "inputType"> {
  const said = typeof given === "object" ? given : given === undefined ? inside : undefined;
  return {
    layout: said?.layout ?? inside?.layout,
    size: sizeOfPreprocess(said ?? {}) ?? sizeOfPreprocess(inside ?? {}) ?? ultralyticsFacts(graph)?.size,
    anyChannels: typeof given === "function",
    inputType,
  };
}
