import type { Graph } from "../graph.js";
import { type GraphRunner, type ProbeInput, probeShapes, type TensorShape } from "../shapes.js";
import { inlineBranches } from "./inline-branches.js";
import { inlineFunctions } from "./inline-functions.js";
import { makeProductsReal } from "./real-products.js";
import { foldSizes } from "./sizes.js";
import { upgradeOperators } from "./upgrade-operators.js";

/** A graph in the one form that gradient rules are written for, with the shapes of its tensors. */
export interface Differentiable {
  readonly graph: Graph;
  readonly shapes: ReadonlyMap<string, TensorShape>;
}

/**
 * Makes a graph ready for {@link differentiate}: functions and branches decided by shapes are put in place, operators of
 * old operator sets rewritten to their present form, products of integers made real, and all shapes probed. Tensors keep their names.
 * @param known shapes of the graph's tensors, where they were learned before
 */
export async function canonical(
  graph: Graph,
  input: ProbeInput,
  runner: GraphRunner,
  options: { batched?: boolean; known?: ReadonlyMap<string, TensorShape> } = {},
): Promise<Differentiable> {
  const form = graph.clone();
  inlineFunctions(form);
  await inlineBranches(form, input, runner);
  upgradeOperators(form);
  makeProductsReal(form);
  await foldSizes(form, input, runner, options);
  return { graph: form, shapes: await probeShapes(form, input, runner, options) };
}
