import * as wasm from "onnxruntime-web/wasm";
import type { CreateSession, ElementType, RuntimeTensor } from "../runtime.js";
import { unpacked } from "./packed.js";
import { siteUrl } from "./site.js";

type Ort = typeof wasm;

/** More threads than this gain nothing on networks of these sizes. */
const MOST_THREADS = 4;
/** Of what the runtime logs: what fails is thrown as well, and said in our words. */
const FATAL = 4;

export const createSession: CreateSession = async (model, { threads, device, weights = [] }) => {
  const ort = device === "webgpu" ? await webgpu() : await processor();
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [device === "webgpu" ? "webgpu" : "wasm"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    externalData: weights,
    graphOptimizationLevel: "all",
    logSeverityLevel: FATAL,
  });
  return {
    async run(feeds, fetches) {
      const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(ort, tensor)]));
      const results = await session.run(given, fetches, { logSeverityLevel: FATAL });
      return Object.fromEntries(fetches.map((name) => [name, fromOrt(results[name])]));
    },
    release: () => session.release(),
  };
};

/** The runtime's other build: it is twice as large, and its processor far slower, so that nothing else loads it. */
async function webgpu(): Promise<Ort> {
  const ort: Ort = await import("onnxruntime-web/webgpu");
  ort.env.wasm.wasmPaths = siteUrl("runtime/").href;
  configure(ort);
  return ort;
}

let unpacking: Promise<Uint8Array> | undefined;

/** The build that every page loads. */
async function processor(): Promise<Ort> {
  const [mjs, packed] = ["mjs", "wasm.zst"].map((ending) => siteUrl(`runtime/ort-wasm-simd-threaded.${ending}`));
  unpacking ??= unpacked(packed, "the runtime");
  wasm.env.wasm.wasmPaths = { mjs: mjs.href };
  wasm.env.wasm.wasmBinary = await unpacking;
  configure(wasm);
  return wasm;
}

/** `y = x` for one number as an ONNX model: the runtime starts with its first session. */
const IDENTITY = "CAg6PgoQCgF4EgF5IghJZGVudGl0eRIIaWRlbnRpdHlaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==";

/** Loads and starts the runtime before there is a model. */
export async function prepareProcessor(): Promise<void> {
  const ort = await processor();
  const identity = Uint8Array.from(atob(IDENTITY), (character) => character.charCodeAt(0));
  await (await ort.InferenceSession.create(identity, { logSeverityLevel: FATAL })).release();
}

/** Before the first session; afterwards the runtime no longer looks at it. */
function configure({ env }: Ort): void {
  env.wasm.numThreads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
  env.logLevel = "error";
}

function toOrt(ort: Ort, { type, dims, data }: RuntimeTensor): wasm.Tensor {
  return new ort.Tensor(type, data as Float32Array, dims);
}

function fromOrt({ type, dims, data }: wasm.Tensor): RuntimeTensor {
  return { type: type as ElementType, dims, data: (data as Float32Array).slice() };
}
