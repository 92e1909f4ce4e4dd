/** Every method on a graphics card beside the processor, in a worker of a page: the largest difference of their maps. */
import { explain } from "../../../src/explain/explain.js";
import type { ExplainOptions } from "../../../src/explain/options.js";
import { loadModel } from "../../../src/load-model.js";
import { METHODS, type MethodName } from "../../../src/methods/registry.js";
import { useDrive } from "../../../src/platform/browser/files.js";
import { useSite } from "../../../src/platform/browser/site.js";

/** What came of a method: how far its maps are apart as a share of the largest value, or what went wrong. */
export interface MethodOutcome {
  readonly method: string;
  readonly device?: string;
  readonly apart?: number;
  readonly failure?: string;
}

interface Scope {
  location: { href: string };
  onmessage: ((event: { data: Uint8Array }) => void) | null;
  postMessage(outcomes: MethodOutcome[]): void;
}

/** As many samples of each kind as a card in software has patience for. */
const FEW = { budget: { passes: 8 }, masks: 8, steps: 2, samples: 2, iterations: 2 };
const PATH = "/network.onnx";

const scope = globalThis as unknown as Scope;
useSite(new URL("./", scope.location.href));
scope.onmessage = async ({ data }) => {
  useDrive({ read: async (path) => (path === PATH ? data : undefined), list: async () => undefined });
  scope.postMessage(await outcomes());
};

async function outcomes(): Promise<MethodOutcome[]> {
  await using own = await loadModel(PATH);
  await using card = await loadModel(PATH, { device: "webgpu" });
  const x = own.fill([200, 90, 20]);
  x.data.forEach((_, i) => {
    x.data[i] += 0.5 * Math.sin(0.37 * i);
  });
  const done: MethodOutcome[] = [];
  for (const { method } of own.info.methods.filter(({ supported }) => supported)) {
    const known = Object.keys(METHODS[method as MethodName].limits);
    const options = Object.fromEntries(Object.entries(FEW).filter(([name]) => known.includes(name)));
    const settings = { method, targets: 3, preset: "speed", ...options } as unknown as ExplainOptions<"rise">;
    try {
      const [here, there] = [await explain(own, x, settings), await explain(card, x, settings)];
      const device = there.provenance.runtime?.device;
      done.push({ method, device, apart: difference(here.map(3).data, there.map(3).data) });
    } catch (error) {
      done.push({ method, failure: String(error) });
    }
  }
  return done;
}

function difference(a: Float32Array, b: Float32Array): number {
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const apart = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
  return apart < 1e-6 ? 0 : apart / largest;
}
