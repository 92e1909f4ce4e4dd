import * as ort from "onnxruntime-node";
import type { CreateSession, ElementType, RuntimeTensor } from "../runtime.js";

export const createSession: CreateSession = async (model, { threads }) => {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
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

function toOrt({ type, dims, data }: RuntimeTensor): ort.Tensor {
  return new ort.Tensor(type, data as Float32Array, dims);
}

function fromOrt({ type, dims, data }: ort.Tensor): RuntimeTensor {
  return { type: type as ElementType, dims, data: (data as Float32Array).slice() };
}
