import type * as ort from "onnxruntime-node";
import { type Device, partsOf } from "../devices.js";
import type { CreateSession, ElementType, RuntimeTensor } from "../runtime.js";
import { runtimeModule } from "./installed-runtime.js";

const runtime = runtimeModule();

export const createSession: CreateSession = async (model, { threads, device, weights = [] }) => {
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: [providerOf(device)],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    externalData: weights,
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return {
    async run(feeds, fetches) {
      const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
      const results = await session.run(given, fetches);
      return Object.fromEntries(fetches.map((name) => [name, fromOrt(results[name])]));
    },
    release: () => session.release(),
  };
};

/** Operators that a device does not have run on the processor. */
function providerOf(device: Device): ort.InferenceSession.ExecutionProviderConfig {
  const { kind, index } = partsOf(device);
  return index === undefined ? kind : { name: kind, deviceId: index };
}

function toOrt({ type, dims, data }: RuntimeTensor): ort.Tensor {
  return new runtime.Tensor(type, data as Float32Array, dims);
}

function fromOrt({ type, dims, data }: ort.Tensor): RuntimeTensor {
  return { type: type as ElementType, dims, data: (data as Float32Array).slice() };
}
