import { after, before } from "node:test";
import type { Tensor } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import type { ExplainOptions } from "../../src/explain/options.js";
import { loadModel } from "../../src/load-model.js";
import type { MethodName } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";
import { fixture } from "./fixtures.js";
import { readNpz, toTensor } from "./npz.js";

/** The class that torch differentiated. */
export const CLASS = 3;
export const CELLS = 32 * 32;
const networks = ["resnet", "mobilenet", "transformer", "windows", "next"] as const;
export type Network = (typeof networks)[number];

export interface Case {
  readonly model: Model;
  /** One picture, [1, 3, 32, 32]. */
  readonly x: Tensor;
  /** What torch gave, by name. */
  readonly arrays: Awaited<ReturnType<typeof readNpz>>;
}

/** Small networks with random weights beside torch's gradients of them, loaded around the tests of a file. */
export function gradientNetworks() {
  const cases = new Map<Network, Case>();
  before(async () => {
    for (const name of networks) {
      const arrays = await readNpz(fixture(`gradients/${name}.npz`));
      const two = toTensor(arrays.get("x"));
      const x = { data: two.data.slice(0, 3 * CELLS), dims: [1, 3, 32, 32] };
      cases.set(name, { model: await loadModel(fixture(`gradients/${name}.legacy.onnx`)), x, arrays });
    }
  });
  after(() => Promise.all([...cases.values()].map(({ model }) => model.close())));
  const of = (name: Network) => cases.get(name) as Case;
  return {
    of,
    async mapOf<Name extends MethodName>(network: Network, method: Name, options: object = {}) {
      const { model, x } = of(network);
      const settings = { method, targets: CLASS, ...options } as unknown as ExplainOptions<Name>;
      const explanation = await explain(model, x, settings);
      return { data: explanation.map(CLASS).data, explanation };
    },
  };
}

export const option = <T>(
  explanation: { provenance: { options: Readonly<Record<string, unknown>> } },
  name: string,
): T => explanation.provenance.options[name] as T;
