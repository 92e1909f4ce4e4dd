import { ints } from "../constant.js";
import { padded } from "./shape.js";
import { type Rule, repeat, type Step } from "./step.js";
import type { Gradient } from "./tape.js";

function gather(step: Step): Gradient {
  const axis = step.axis(step.attributes.int("axis", 0));
  const index = step.constant(1);
  const size = step.dims()[axis];
  if (index?.data.length === 1 && size !== undefined) {
    const value = Number(index.data[0]);
    const at = value < 0 ? value + size : value;
    const open = index.dims.length === 0 ? step.op("Unsqueeze", [step.dy(), ints([axis])]) : step.dy();
    if (index.dims.length <= 1) return padded(step, open, axis, at, size - 1 - at);
  }
  return step.scatterBack(0, (numbers) => repeat(step, [numbers, step.x(1)]));
}

/** What a scatter leaves of the data, and what it takes from the updates. */
function scatter(step: Step, read: (from: string) => string): ReturnType<Rule> {
  const how = step.attributes.string("reduction", "none");
  if (how !== "none" && how !== "add") throw step.unsupported(`with the reduction ${how}`);
  const inputs = (data: string, updates: string) => repeat(step, [data, step.x(1), updates]);
  return [
    () => (how === "add" ? step.dy() : inputs(step.dy(), step.tape.zerosLike(step.x(2)))),
    undefined,
    () => read(step.dy()),
  ];
}

const scatterElements: Rule = (step) =>
  scatter(step, (from) => step.op("GatherElements", [from, step.x(1)], { axis: step.attributes.int("axis", 0) }));

/** Selection by index. */
export const indexing: Readonly<Record<string, Rule>> = {
  Gather: (step) => [() => gather(step)],
  GatherElements: (step) => [
    () => {
      const attributes = { axis: step.attributes.int("axis", 0), reduction: "add" };
      return step.op("ScatterElements", [step.tape.zerosLike(step.x()), step.x(1), step.dy()], attributes);
    },
  ],
  GatherND: (step) => [() => step.scatterBack(0, (numbers) => repeat(step, [numbers, step.x(1)]))],
  ScatterElements: scatterElements,
  ScatterND: (step) => scatter(step, (from) => step.op("GatherND", [from, step.x(1)])),
  TopK: (step) => [
    () => {
      const axis = step.attributes.int("axis", -1);
      return step.op("ScatterElements", [step.tape.zerosLike(step.x()), step.y(1), step.dy()], { axis });
    },
  ],
};
