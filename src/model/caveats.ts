import type { Graph } from "../onnx/graph.js";
import { precisionNotes } from "./precision-notes.js";
import { randomNotes } from "./random-notes.js";

/** What is to be said of everything that a graph computes. */
export const caveatsOf = (graph: Graph): string[] => [...randomNotes(graph), ...precisionNotes(graph)];

/** Whether a model's note holds for each of its answers and maps, so that every explanation repeats it. */
export const isCaveat = (note: string): boolean =>
  /^the model (draws random numbers|computes in 16 bits|is quantised)\b/.test(note);
