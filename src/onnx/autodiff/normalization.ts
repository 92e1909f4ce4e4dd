import { ints } from "../constant.js";
import type { Rule, Step } from "./step.js";
import type { Gradient } from "./tape.js";

/** Whether the deviation counts as a number that does not depend on the values, as relevance takes it. */
type Deviation = "differentiated" | "fixed";

/** Gradient through (x − mean) / deviation over some axes, of a gradient with respect to the result. */
function standardised(
  step: Step,
  x: string,
  gradient: string,
  axes: readonly number[],
  epsilon: number,
  deviation: Deviation = "differentiated",
): { dx: string; normal: string } {
  const centred = step.sub(x, step.reduce("ReduceMean", x, axes));
  const variance = step.reduce("ReduceMean", step.mul(centred, centred), axes);
  const scale = step.div(1, step.op("Sqrt", [step.add(variance, epsilon)]));
  const normal = step.mul(centred, scale);
  const mean = step.reduce("ReduceMean", gradient, axes);
  if (deviation === "fixed") return { dx: step.mul(step.sub(gradient, mean), scale), normal };
  const slope = step.reduce("ReduceMean", step.mul(gradient, normal), axes);
  return { dx: step.mul(step.sub(step.sub(gradient, mean), step.mul(normal, slope)), scale), normal };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** A vector over channels, to be multiplied with [n, channels, …]. */
const perChannel = (step: Step, name: string, rank: number) =>
  rank <= 2 ? name : step.op("Unsqueeze", [name, ints(range(1, rank - 1))]);

const sumChannels = (step: Step, gradient: string, rank: number) =>
  step.reduce("ReduceSum", gradient, [0, ...range(2, rank)], 0);

function batchNormalization(step: Step): ReturnType<Rule> {
  if (step.attributes.int("training_mode", 0)) throw step.unsupported("in training mode");
  const epsilon = step.attributes.float("epsilon", 1e-5);
  const rank = step.dims().length;
  const scales = () => {
    const [scale, variance] = [step.constant(1), step.constant(4)];
    if (!scale || !variance) return undefined;
    return Float32Array.from(
      scale.data as Float32Array,
      (s, i) => s / Math.sqrt((variance.data as Float32Array)[i] + epsilon),
    );
  };
  const deviation = () => step.op("Sqrt", [step.add(step.x(4), epsilon)]);
  return [
    (): Gradient => {
      const factors = scales();
      if (!factors) return step.mul(step.dy(), perChannel(step, step.div(step.x(1), deviation()), rank));
      if (!step.tape.isBlocked(step.x())) {
        return step.mul(
          step.dy(),
          step.tape.constant(step.floats(factors, [factors.length, ...range(2, rank).map(() => 1)])),
        );
      }
      const weight = step.tape.constant(step.floats(factors, [factors.length, 1, 1, 1]));
      const gradient = step.lazy();
      const scaled = (tensor: string) => step.op("Conv", [tensor, weight], { group: factors.length });
      if (typeof gradient !== "string" && gradient.kind === "phases") {
        return { kind: "phases", tensors: gradient.tensors.map(scaled) };
      }
      return scaled(step.dy());
    },
    () => {
      const centred = step.sub(step.x(), perChannel(step, step.x(3), rank));
      const normal = step.div(centred, perChannel(step, deviation(), rank));
      return sumChannels(step, step.mul(step.dy(), normal), rank);
    },
    () => sumChannels(step, step.dy(), rank),
  ];
}

function instanceNormalization(step: Step, deviation: Deviation): ReturnType<Rule> {
  const rank = step.dims().length;
  const epsilon = step.attributes.float("epsilon", 1e-5);
  const scaled = () => step.mul(step.dy(), perChannel(step, step.x(1), rank));
  return [
    () => standardised(step, step.x(), scaled(), range(2, rank), epsilon, deviation).dx,
    () => {
      const { normal } = standardised(step, step.x(), step.dy(), range(2, rank), epsilon);
      return sumChannels(step, step.mul(step.dy(), normal), rank);
    },
    () => sumChannels(step, step.dy(), rank),
  ];
}

function layerNormalization(step: Step, deviation: Deviation): ReturnType<Rule> {
  const rank = step.dims().length;
  const axes = range(step.axis(step.attributes.int("axis", -1)), rank);
  const epsilon = step.attributes.float("epsilon", 1e-5);
  return [
    () => standardised(step, step.x(), step.mul(step.dyBeside(step.y()), step.x(1)), axes, epsilon, deviation).dx,
    () => step.fit(step.mul(step.dy(), standardised(step, step.x(), step.dy(), axes, epsilon).normal), 1),
    () => step.fit(step.dy(), 2),
  ];
}

function groupNormalization(step: Step, deviation: Deviation): ReturnType<Rule> {
  const rank = step.dims().length;
  const groups = step.attributes.int("num_groups", 1);
  const epsilon = step.attributes.float("epsilon", 1e-5);
  const channels = step.size(step.x(), 1);
  const perGroup = step.size(step.x(1), 0) !== channels;
  const grouped = (name: string) => step.reshape(name, [0, groups, -1]);
  const stretch = (name: string) => {
    if (!perGroup) return name;
    const wide = step.op("Expand", [step.op("Unsqueeze", [name, ints([1])]), ints([groups, channels / groups])]);
    return step.reshape(wide, [channels]);
  };
  const shrink = (sums: string) =>
    perGroup ? step.reduce("ReduceSum", step.reshape(sums, [groups, -1]), [1], 0) : sums;
  const through = (gradient: string) =>
    standardised(step, grouped(step.x()), grouped(gradient), [2], epsilon, deviation);
  return [
    () => step.like(through(step.mul(step.dy(), perChannel(step, stretch(step.x(1)), rank))).dx),
    () => shrink(sumChannels(step, step.mul(step.dy(), step.like(through(step.dy()).normal)), rank)),
    () => shrink(sumChannels(step, step.dy(), rank)),
  ];
}

function lpNormalization(step: Step): Gradient {
  const axes = [step.axis(step.attributes.int("axis", -1))];
  const byLength = step.attributes.int("p", 2) === 2;
  const length = step.op(byLength ? "ReduceL2" : "ReduceL1", [step.x(), ints(axes)], { keepdims: 1 });
  const safe = step.where(step.compare("Equal", length, 0), 1, length);
  const along = step.reduce("ReduceSum", step.mul(step.dy(), step.y()), axes);
  const direction = byLength ? step.y() : step.op("Sign", [step.x()]);
  return step.div(step.sub(step.dy(), step.mul(direction, along)), safe);
}

/** y = x · s^−β with s = bias + α/size · Σ x² over neighbouring channels. */
function localResponse(step: Step): Gradient {
  const size = step.attributes.int("size", 1);
  const [alpha, beta, bias] = [
    step.attributes.float("alpha", 1e-4),
    step.attributes.float("beta", 0.75),
    step.attributes.float("bias", 1),
  ];
  const channels = step.size(step.x(), 1);
  const [below, above] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const neighbours = (turned: boolean) => {
    const band = new Float32Array(channels * channels);
    for (let c = 0; c < channels; c++) {
      for (let d = Math.max(0, c - below); d <= Math.min(channels - 1, c + above); d++) {
        band[turned ? d * channels + c : c * channels + d] = alpha / size;
      }
    }
    const ones = step
      .dims()
      .slice(2)
      .map(() => 1);
    return step.floats(band, [channels, channels, ...ones]);
  };
  const s = step.add(step.op("Conv", [step.mul(step.x(), step.x()), neighbours(false)]), bias);
  const direct = step.mul(step.dy(), step.pow(s, -beta));
  const shared = step.op("Conv", [step.div(step.mul(direct, step.x()), s), neighbours(true)]);
  return step.sub(direct, step.mul(step.x(), shared, 2 * beta));
}

/** Normalisations by the mean and the deviation of the values themselves. */
const standardising = (deviation: Deviation): Readonly<Record<string, Rule>> => ({
  InstanceNormalization: (step) => instanceNormalization(step, deviation),
  LayerNormalization: (step) => layerNormalization(step, deviation),
  GroupNormalization: (step) => groupNormalization(step, deviation),
  MeanVarianceNormalization: (step) => [
    () => standardised(step, step.x(), step.dy(), step.attributes.ints("axes") ?? [0, 2, 3], 1e-9, deviation).dx,
  ],
});

export const normalization: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization,
  ...standardising("differentiated"),
  LpNormalization: (step) => [() => lpNormalization(step)],
  LRN: (step) => [() => localResponse(step)],
};

/** Gradients in which a deviation is a number: the layers are linear then. */
export const linearNormalization = standardising("fixed");
