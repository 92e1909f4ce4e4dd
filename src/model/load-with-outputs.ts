import type { Graph } from "../onnx/graph.js";
import { checkPreprocessChoice, geometryWish, type PreprocessChoice } from "./choose-preprocessor.js";
import { type Device, deviceOf } from "./device.js";
import { floatOutputs } from "./float-outputs.js";
import { type OpenedGraph, openGraph, withThread } from "./open-graph.js";
import { type Placeable, placed } from "./place.js";
import { checkIsolation, type IsolationOptions } from "./proving.js";
import { type FetchOptions, type ModelSource, type ResolvedModel, resolveModel } from "./source.js";

interface OpenOptions extends FetchOptions, IsolationOptions {
  readonly preprocess?: PreprocessChoice;
  readonly device?: Device | "auto";
  readonly threads?: number;
}

/**
 * Loads a model that is made of all outputs of its graph, in a thread of its own, on the device that was asked for.
 * @param graphOf the graph that is opened, made of the file's
 * @param assemble is given the preprocessing that was asked for, checked
 */
export async function loadWithOutputs<M extends Placeable<M>>(
  source: ModelSource,
  options: OpenOptions,
  graphOf: (graph: Graph) => Graph,
  assemble: (resolved: ResolvedModel, opened: OpenedGraph, preprocess: PreprocessChoice | undefined) => Promise<M>,
): Promise<M> {
  const preprocess = checkPreprocessChoice(options.preprocess);
  checkIsolation(options);
  const device = await deviceOf(options.device);
  const loaded = await withThread(options, async (host) => {
    const resolved = await resolveModel(source, options);
    const prepare = { ...geometryWish(preprocess, resolved), allOutputs: true };
    const opened = await openGraph(resolved, floatOutputs(graphOf(resolved.graph)), prepare, {
      ...options,
      device,
      host,
    });
    try {
      return await assemble(resolved, opened, preprocess);
    } catch (error) {
      await opened.host.close();
      throw error;
    }
  });
  return placed(loaded, device, options);
}
