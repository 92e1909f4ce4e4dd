import type { Rule, Step } from "./step.js";
import type { Gradient } from "./tape.js";

/** The gradient as it is, for an input that has the output's shape; else summed to the input's. */
function passed(step: Step, input: number): Gradient {
  return step.sameDims(step.x(input), step.y()) ? step.lazy() : step.fit(step.dy(), input);
}

const all = (step: Step, gradient: (input: number) => Gradient) => step.node.input.map((_, i) => () => gradient(i));

/** Ties share the gradient evenly. */
const extremum: Rule = (step) => {
  if (step.node.input.length === 1) return [() => step.dy()];
  const winners = step.node.input.map((name) => () => step.indicator(step.compare("Equal", name, step.y())));
  const share = () => {
    const count = winners.map((winner) => winner()).reduce((a, b) => step.add(a, b));
    return step.div(step.dy(), count);
  };
  let shared: string | undefined;
  return all(step, (i) => {
    const constants = step.node.input.filter((name) => step.tape.source.constant(name)).length;
    if (constants === step.node.input.length - 1) {
      const other = step.node.input.findIndex((_, j) => j !== i);
      const wins = step.compare(step.node.opType === "Max" ? "Greater" : "Less", step.x(i), step.x(other));
      if (step.node.input.length === 2) return step.fit(rectified(step, i, wins), i);
    }
    shared ??= share();
    return step.fit(step.mul(shared, winners[i]()), i);
  });
};

/** `Max(x, 0)` is a ReLU in other words. */
function rectified(step: Step, input: number, wins: string): string {
  const other = step.constant(1 - input);
  const isRelu =
    step.node.opType === "Max" && !!other && (other.data as Float32Array).every((value) => Number(value) === 0);
  const { relu } = step.tape;
  if (!isRelu || relu === "gradient") return step.where(wins, step.dy(), 0);
  const positive = step.op("Relu", [step.dy()]);
  return relu === "deconvolution" ? positive : step.where(wins, positive, 0);
}

function product(step: Step, input: number): string {
  const other = step.x(1 - input);
  if (step.x(0) === step.x(1)) return step.mul(step.dyBeside(other), other);
  return step.fit(step.mul(step.dyBeside(other), other), input);
}

/** Arithmetic of tensors that broadcast. */
export const arithmetic: Readonly<Record<string, Rule>> = {
  Add: (step) => all(step, (i) => passed(step, i)),
  Sum: (step) => all(step, (i) => passed(step, i)),
  Mean: (step) => {
    const share = step.node.input.length;
    return all(step, (i) => step.fit(step.mul(step.dy(), 1 / share), i));
  },
  Sub: (step) => [() => passed(step, 0), () => step.fit(step.neg(step.dy()), 1)],
  Mul: (step) => all(step, (i) => product(step, i)),
  Div: (step) => [
    () => step.fit(step.div(step.dyBeside(step.x(1)), step.x(1)), 0),
    () => step.fit(step.neg(step.div(step.mul(step.dyBeside(step.y()), step.y()), step.x(1))), 1),
  ],
  Pow: (step) => [
    () => {
      const exponent = step.numbers(1);
      const [x, dy] = [step.x(), step.dy()];
      if (exponent?.length === 1) {
        const [power] = exponent;
        if (power === 1) return step.fit(dy, 0);
        const slope = power === 2 ? step.mul(x, 2) : step.mul(step.pow(x, power - 1), power);
        return step.fit(step.mul(dy, slope), 0);
      }
      const power = step.op("Cast", [step.x(1)], { to: step.type });
      return step.fit(step.mul(dy, power, step.pow(x, step.sub(power, 1))), 0);
    },
    () => step.fit(step.mul(step.dy(), step.y(), step.op("Log", [step.x()])), 1),
  ],
  Max: extremum,
  Min: extremum,
  Where: (step) => [
    undefined,
    () => step.fit(step.where(step.x(0), step.dy(), 0), 1),
    () => step.fit(step.where(step.x(0), 0, step.dy()), 2),
  ],
  Mod: (step) => [() => step.fit(step.dy(), 0)],
  CumSum: (step) => [
    () => {
      const reverse = 1 - step.attributes.int("reverse", 0);
      return step.op("CumSum", [step.dy(), step.x(1)], { exclusive: step.attributes.int("exclusive", 0), reverse });
    },
  ],
};
