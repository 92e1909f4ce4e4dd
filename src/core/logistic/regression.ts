import type { CooperativeTask } from "../cooperative.js";
import { minimise } from "./minimise.js";

/** Rows of features and the class of each. */
export interface Rows {
  /** [rows, features] */
  readonly data: Float64Array;
  readonly features: number;
  /** Class of each row, 0 … classes − 1. */
  readonly classes: Int32Array;
  readonly count: number;
}

/** A fitted model: score of class k = weights[k] · x + bias[k]. */
export interface LogisticFit {
  /** [count, features] */
  readonly weights: Float64Array;
  /** [count] */
  readonly bias: Float64Array;
  readonly converged: boolean;
}

/** Options of {@link fitLogistic}. */
export interface FitOptions {
  /** C: the larger, the closer the rows are followed. */
  readonly strength: number;
  /** Largest component of the gradient at the end, for each row and unit of strength. */
  readonly tolerance: number;
  /** Weights and biases to begin from. */
  readonly start?: LogisticFit;
}

/**
 * Multinomial logistic regression, every class with the same weight in sum: minimises ½ ‖W‖² + C · Σ wᵢ · loss of row i,
 * with wᵢ = rows / (classes · rows of its class) and biases free. The same as scikit-learn's
 * `LogisticRegression(C=C, class_weight="balanced")`.
 */
export function* fitLogistic(rows: Rows, { strength, tolerance, start }: FitOptions): CooperativeTask<LogisticFit> {
  const { features, count } = rows;
  const size = count * features;
  const from = new Float64Array(size + count);
  if (start) {
    from.set(start.weights);
    from.set(start.bias, size);
  }
  const objective = lossOf(rows, strength);
  const { at, converged } = yield* minimise(objective, from, tolerance * strength * rows.classes.length);
  // a constant that all biases share changes no probability; as scikit-learn leaves it, their sum is 0
  const bias = at.slice(size);
  const mean = bias.reduce((sum, value) => sum + value, 0) / count;
  return { weights: at.slice(0, size), bias: bias.map((value) => value - mean), converged };
}

function lossOf({ data, features, classes, count }: Rows, strength: number) {
  const size = count * features;
  const weightOf = classWeights(classes, count);
  const scores = new Float64Array(count);
  return (at: Float64Array, gradient: Float64Array): number => {
    let loss = 0;
    for (let i = 0; i < size; i++) {
      loss += 0.5 * at[i] * at[i];
      gradient[i] = at[i];
    }
    gradient.fill(0, size);
    for (let row = 0; row < classes.length; row++) {
      const from = row * features;
      for (let k = 0; k < count; k++) {
        let sum = at[size + k];
        const weights = k * features;
        for (let f = 0; f < features; f++) sum += at[weights + f] * data[from + f];
        scores[k] = sum;
      }
      const truth = classes[row];
      const weight = strength * weightOf[truth];
      loss += weight * softmaxLoss(scores, truth);
      for (let k = 0; k < count; k++) {
        const slope = weight * (scores[k] - (k === truth ? 1 : 0));
        const weights = k * features;
        for (let f = 0; f < features; f++) gradient[weights + f] += slope * data[from + f];
        gradient[size + k] += slope;
      }
    }
    return loss;
  };
}

/** What a row of each class counts, so that all classes count the same; classes without rows count nothing. */
function classWeights(classes: Int32Array, count: number): Float64Array {
  const rows = new Float64Array(count);
  for (const one of classes) rows[one] += 1;
  const present = rows.filter((number) => number > 0).length;
  return rows.map((number) => (number > 0 ? classes.length / (present * number) : 0));
}

/** −log of the probability of a class; turns scores into probabilities on the way. */
export function softmaxLoss(scores: Float64Array, truth: number): number {
  const most = scores.reduce((max, score) => Math.max(max, score), Number.NEGATIVE_INFINITY);
  const ahead = most - scores[truth];
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.exp(scores[k] - most);
    sum += scores[k];
  }
  for (let k = 0; k < scores.length; k++) scores[k] /= sum;
  return Math.log(sum) + ahead;
}

/** Scores of one row. */
export function scoresOf({ weights, bias }: LogisticFit, { data, features }: Rows, row: number): Float64Array {
  return bias.map((start, k) => {
    let sum = start;
    for (let f = 0; f < features; f++) sum += weights[k * features + f] * data[row * features + f];
    return sum;
  });
}
