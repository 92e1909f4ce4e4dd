import { isSightlineError } from "../core/errors.js";
import { imageInput, layoutOf } from "../onnx/surface.js";
import { checkPreprocessChoice, choosePreprocessor, geometryWish, knownPreprocess } from "./choose-preprocessor.js";
import { inputGeometry } from "./input-geometry.js";
import type { LoadOptions } from "./load.js";
import { portInfo } from "./model-info.js";
import { type ModelSource, type ResolvedModel, resolveModel } from "./source.js";
import type { InputGeometry, PortInfo, PreprocessData } from "./types.js";

/** What the file of a model declares, and what would be assumed of it. */
export interface FileFacts {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** Where pictures go; absent where no input takes them. */
  readonly input?: InputGeometry;
  /** How they would be prepared; absent where that cannot be. */
  readonly preprocess?: PreprocessData;
}

/**
 * Reads the file of a model that need not run, such as one that {@link loadModel} refuses.
 * @throws SightlineError `bad-model`, `file-not-found` and what else keeps a file from being read
 */
export async function readFileFacts(
  source: ModelSource,
  options: Pick<LoadOptions, "preprocess" | "signal"> = {},
): Promise<FileFacts> {
  const resolved = await resolveModel(source, { signal: options.signal });
  const { inputs, outputs } = resolved.graph;
  const input = await unlessRefused(() => pictureInput(resolved, options));
  const preprocess = input && (await unlessRefused(() => preparationFor(resolved, input, options)));
  return { inputs: inputs.map(portInfo), outputs: outputs.map(portInfo), input, preprocess };
}

type Given = Pick<LoadOptions, "preprocess">;

async function pictureInput(resolved: ResolvedModel, { preprocess }: Given): Promise<InputGeometry> {
  const port = imageInput(resolved.graph);
  const wish = geometryWish(checkPreprocessChoice(preprocess), resolved);
  return inputGeometry(port, { ...wish, layout: wish.layout ?? layoutOf(resolved.graph, port) }).geometry;
}

async function preparationFor(
  resolved: ResolvedModel,
  input: InputGeometry,
  { preprocess }: Given,
): Promise<PreprocessData | undefined> {
  const type = resolved.inputType ?? imageInput(resolved.graph).type;
  return (await choosePreprocessor(preprocess, knownPreprocess(resolved), input, type)).data;
}

async function unlessRefused<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isSightlineError(error)) return undefined;
    throw error;
  }
}
