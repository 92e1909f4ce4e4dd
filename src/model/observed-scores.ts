import type { Activation } from "../onnx/final-activation.js";

/** How far a sum of probabilities may be from 1: they may have been rounded to a byte. */
const ROUNDING = 0.02;

/** What scores that a model gave look like. */
export type ObservedScores = "not finite" | "sum to one" | "within one" | "anything";

export function observeScores(rows: readonly Float32Array[]): ObservedScores {
  if (rows.every((row) => row.some((value) => !Number.isFinite(value)))) return "not finite";
  const finite = rows.filter((row) => row.every(Number.isFinite));
  if (finite.some((row) => row.some((value) => value < -1e-6 || value > 1 + 1e-6))) return "anything";
  const sums = finite.map((row) => row.reduce((sum, value) => sum + value, 0));
  return finite[0].length > 1 && sums.every((sum) => Math.abs(sum - 1) <= ROUNDING) ? "sum to one" : "within one";
}

/** What the scores are, from the graph's last function and from the scores themselves; a note where they do not agree. */
export function activationFrom(
  graph: Activation,
  rows: readonly Float32Array[],
): { activation: Activation; note?: string } {
  const observed = observeScores(rows);
  if (graph === "none" && observed === "sum to one") {
    return {
      activation: "softmax",
      note: "the scores add up to 1 and are taken for probabilities, although the graph does not end in a softmax: set activation to say what they are",
    };
  }
  if (graph !== "none" && observed === "anything") {
    return {
      activation: "none",
      note: `the graph ends in a ${graph}, but scores lie outside 0…1 and are taken for logits: set activation to say what they are`,
    };
  }
  if (graph === "none" && observed === "within one" && rows.some((row) => row.some((value) => value > 0))) {
    return {
      activation: "none",
      note: "all scores seen lie between 0 and 1; they are taken for logits, but may be probabilities: set activation to say what they are",
    };
  }
  return { activation: graph };
}
