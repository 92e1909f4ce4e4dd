import type { CooperativeTask } from "../cooperative.js";
import { addTo, dot } from "./vectors.js";

/** A function and its gradient, which is written into the second argument. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number;

/** Where a search ended. */
export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  readonly steps: number;
  /** Whether the gradient is as small as was asked for. */
  readonly converged: boolean;
}

const MEMORY = 10;
const MOST_STEPS = 1_000;
/** Armijo's and Wolfe's constants (Nocedal & Wright, Numerical Optimization, 2006, §3.1). */
const DECREASE = 1e-4;
const CURVATURE = 0.9;
const MOST_TRIALS = 40;

/**
 * The minimum of a smooth convex function by limited-memory BFGS (Nocedal & Wright, Numerical Optimization, 2006,
 * algorithms 7.4 and 7.5), its steps found by bisection until both Wolfe conditions hold.
 * @param tolerance largest component of the gradient at the end
 */
export function* minimise(objective: Objective, start: Float64Array, tolerance: number): CooperativeTask<Minimum> {
  let at = start.slice();
  let gradient = new Float64Array(at.length);
  let value = objective(at, gradient);
  const pairs: Pair[] = [];
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    if (largest(gradient) <= tolerance) return { at, value, steps, converged: true };
    yield;
    const direction = downhill(gradient, pairs);
    const first = pairs.length > 0 ? 1 : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
    const next = lineSearch(objective, { at, value, gradient }, direction, first);
    if (!next) return { at, value, steps, converged: false };
    const step = next.at.map((one, i) => one - at[i]);
    const turn = next.gradient.map((one, i) => one - gradient[i]);
    const along = dot(step, turn);
    if (along > 0) pairs.push({ step, turn, along });
    if (pairs.length > MEMORY) pairs.shift();
    ({ at, value, gradient } = next);
  }
  return { at, value, steps: MOST_STEPS, converged: false };
}

interface Pair {
  readonly step: Float64Array;
  readonly turn: Float64Array;
  /** Their product. */
  readonly along: number;
}

interface Place {
  readonly at: Float64Array<ArrayBuffer>;
  readonly value: number;
  readonly gradient: Float64Array<ArrayBuffer>;
}

/** Minus the gradient, bent by what the last steps told of the curvature. */
function downhill(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, turn, along } = pairs[i];
    weights[i] = dot(step, direction) / along;
    addTo(direction, turn, -weights[i]);
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = newest.along / dot(newest.turn, newest.turn);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (const [i, { step, turn, along }] of pairs.entries()) {
    addTo(direction, step, weights[i] - dot(turn, direction) / along);
  }
  return direction;
}

/** A point in a direction where the function has fallen enough and flattened; undefined where rounding hides every fall. */
function lineSearch(objective: Objective, from: Place, direction: Float64Array, first: number): Place | undefined {
  const slope = dot(from.gradient, direction);
  let [low, high, length] = [0, Number.POSITIVE_INFINITY, first];
  let fallen: Place | undefined;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const at = from.at.map((value, i) => value + length * direction[i]);
    const gradient = new Float64Array(at.length);
    const value = objective(at, gradient);
    if (!(value <= from.value + DECREASE * length * slope)) high = length;
    else {
      fallen = { at, value, gradient };
      if (dot(gradient, direction) >= CURVATURE * slope) return fallen;
      low = length;
    }
    length = Number.isFinite(high) ? (low + high) / 2 : 2 * length;
  }
  return fallen;
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
