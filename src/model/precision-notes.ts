import { DataType } from "../onnx/constant.js";
import type { Graph } from "../onnx/graph.js";
import { elementTypes } from "../onnx/shapes.js";

const NARROW: ReadonlyMap<DataType, string> = new Map([
  [DataType.FLOAT16, "float16, three digits"],
  [DataType.BFLOAT16, "bfloat16, two digits"],
]);

const QUANTISED = /^(DynamicQuantizeLinear|QuantizeLinear|QLinear.*|ConvInteger|MatMulInteger)$/;

/** What is to be said of a graph that itself computes in a lower precision than float32. */
export function precisionNotes(graph: Graph): string[] {
  const notes: string[] = [];
  const types = new Set(elementTypes(graph).values());
  const narrow = [...NARROW].filter(([type]) => types.has(type)).map(([, name]) => name);
  if (narrow.length > 0) {
    notes.push(`the model computes in 16 bits (${narrow.join("; ")}): scores, maps and gradients are as exact as that`);
  }
  if (graph.nodes.some(({ opType }) => QUANTISED.test(opType))) {
    notes.push(
      "the model is quantised: scores are those of its rounded numbers, gradients pass the rounding as if it were not there",
    );
  }
  return notes;
}
