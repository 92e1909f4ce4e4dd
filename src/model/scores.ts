import { SightlineError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { Activation } from "../onnx/final-activation.js";
import type { ModelInfo } from "./types.js";

/** Smallest probability whose logarithm is taken; below it float32 has none. */
const TINY = 1e-30;

/** Probabilities of raw scores, row by row. @throws SightlineError `not-finite` where one is NaN or infinite */
export function toProbabilities(scores: Tensor, how: ModelInfo["probabilities"]): Tensor {
  const probabilities = activated(scores, how);
  const { data, dims } = probabilities;
  const broken = data.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return probabilities;
  throw new SightlineError(
    "not-finite",
    `the model's probability of class ${broken % dims[dims.length - 1]} is ${data[broken]}`,
    {
      received: data[broken],
      expected: "finite numbers only",
      next: "look for an overflow or a division by zero in the model, or for preprocessing that it was not made for",
    },
  );
}

function activated(scores: Tensor, how: ModelInfo["probabilities"]): Tensor {
  if (how === "as given") return scores;
  if (how === "sigmoid") return map(scores, (score) => 1 / (1 + Math.exp(-score)));
  const classes = scores.dims[scores.dims.length - 1];
  const data = new Float32Array(scores.data.length);
  for (let row = 0; row < data.length; row += classes) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = row; i < row + classes; i++) highest = Math.max(highest, scores.data[i]);
    let sum = 0;
    for (let i = row; i < row + classes; i++) sum += Math.exp(scores.data[i] - highest);
    for (let i = row; i < row + classes; i++) data[i] = Math.exp(scores.data[i] - highest) / sum;
  }
  return { data, dims: scores.dims };
}

/** Logits of raw scores: themselves, or the logarithm of a softmax's, or the log-odds of a sigmoid's probabilities. */
export function toLogits(scores: Tensor, activation: Activation): Tensor {
  if (activation === "none") return scores;
  const log = (p: number) => Math.log(Math.max(p, TINY));
  return map(scores, activation === "softmax" ? log : (p) => log(p) - log(1 - p));
}

function map({ data, dims }: Tensor, change: (value: number) => number): Tensor {
  return { data: data.map(change), dims };
}
