import * as ort from "onnxruntime-web/wasm";
import type { CreateSession, ElementType, RuntimeTensor } from "../runtime.js";
import { siteUrl } from "./site.js";

/** More threads than this gain nothing on networks of these sizes. */
const MOST_THREADS = 4;
/** Of what the runtime logs: what fails is thrown as well, and said in our words. */
const FATAL = 4;

export const createSession: CreateSession = async (model, { threads }) => {
  configure();
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: FATAL,
  });
  return {
    async run(feeds, fetches) {
      const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
      const results = await session.run(given, fetches, { logSeverityLevel: FATAL });
      return Object.fromEntries(fetches.map((name) => [name, fromOrt(results[name])]));
    },
    release: () => session.release(),
  };
};

/** Before the first session; afterwards the runtime no longer looks at it. */
function configure(): void {
  ort.env.wasm.wasmPaths = siteUrl("runtime/").href;
  ort.env.wasm.numThreads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
  ort.env.logLevel = "error";
}

function toOrt({ type, dims, data }: RuntimeTensor): ort.Tensor {
  return new ort.Tensor(type, data as Float32Array, dims);
}

function fromOrt({ type, dims, data }: ort.Tensor): RuntimeTensor {
  return { type: type as ElementType, dims, data: (data as Float32Array).slice() };
}
