import { floats, ints } from "../constant.js";
import { type Rule, repeat, type Step } from "./step.js";
import type { Gradient } from "./tape.js";

/**
 * Resizing is linear and works axis by axis: along each axis that changes it is a matrix, found by resizing the unit
 * matrix with the same node, whatever its mode, and the gradient is multiplied with its transpose.
 */
function resize(step: Step): Gradient {
  if (step.attributes.string("coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize") {
    throw step.unsupported("in the mode tf_crop_and_resize");
  }
  const rank = step.dims().length;
  const listed = step.attributes.ints("axes")?.map((axis) => step.axis(axis));
  let gradient = step.dy();
  for (let axis = 0; axis < rank; axis++) {
    const [from, to] = [step.dims()[axis], step.dims(step.y())[axis]];
    const place = listed ? listed.indexOf(axis) : axis;
    if (place < 0 || (from === undefined && to === undefined)) continue;
    const [size, target] = [step.size(step.x(), axis), step.size(step.y(), axis)];
    if (size === 1 && target === 1) continue;
    const matrix = axisMatrix(step, place, size, target);
    if (axis === rank - 2) {
      gradient = step.op("MatMul", [step.transpose(matrix, [1, 0]), gradient]);
      continue;
    }
    const perm = Array.from({ length: rank }, (_, i) => i);
    [perm[axis], perm[rank - 1]] = [rank - 1, axis];
    const last = axis === rank - 1;
    const multiplied = step.op("MatMul", [last ? gradient : step.transpose(gradient, perm), matrix]);
    gradient = last ? multiplied : step.transpose(multiplied, perm);
  }
  return gradient;
}

/** [target, size]: the resized unit vectors of one axis. */
function axisMatrix(step: Step, place: number, size: number, target: number): string {
  const unit = new Float32Array(size * size);
  for (let i = 0; i < size; i++) unit[i * size + i] = 1;
  const image = step.tape.constant({ ...floats(unit, [1, 1, size, size]) });
  const scales = step.numbers(2, []);
  const inputs = [image, ""];
  if (step.x(3)) inputs.push("", step.tape.constant(ints([1, 1, target, size])));
  else if (scales?.length) inputs.push(step.tape.constant(floats([1, 1, scales[place], 1])));
  else {
    const scale = step.tape.op("Slice", [step.x(2), ints([place]), ints([place + 1])]);
    inputs.push(step.tape.op("Concat", [floats([1, 1]), scale, floats([1])], { axis: 0 }));
  }
  const resized = repeat(step, inputs);
  const node = step.tape.target.nodes.at(-1);
  const unsuitable = ["axes", "keep_aspect_ratio_policy"];
  if (node) node.attribute = node.attribute.filter(({ name }) => !unsuitable.includes(name));
  const matrix = step.reshape(resized, [target, size]);
  return step.op("Cast", [matrix], { to: step.type });
}

export const resizing: Readonly<Record<string, Rule>> = { Resize: (step) => [() => resize(step)] };
