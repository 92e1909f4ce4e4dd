import type { CooperativeTask } from "../cooperative.js";
import { type Random, random } from "../random.js";
import { fitLogistic, type LogisticFit, type Rows, scoresOf, softmaxLoss } from "./regression.js";

/** A fit whose strength was chosen by cross-validation, and what it says of rows that it had not seen. */
export interface ValidatedFit {
  readonly fit: LogisticFit;
  /** C, see `fitLogistic`. */
  readonly strength: number;
  /** Class of each row by a model that was fitted, and its strength chosen, without it. */
  readonly heldOut: Int32Array;
}

/** Strengths to choose from, weakest first, for rows whose mean squared length is 1. */
const STRENGTHS = [0.01, 0.1, 1, 10, 100, 1_000, 10_000];
/** What is taken where a class has too few rows to choose. */
const UNCHOSEN = 1;
const MOST_FOLDS = 5;
/** Of more rows than these the folds are fewer. */
const MANY = 300;
const FOLDS_OF_MANY = 3;
const ROUGH = 1e-4;
const FINE = 1e-7;

/**
 * Fits rows with the strength that does best on held-out rows (balanced log loss, stratified folds). How good the result
 * is comes from a second, outer cross-validation, in which each fold's strength is chosen on the other folds alone
 * (Cawley & Talbot, JMLR 2010: the loss that chose a strength flatters it).
 * @param rows at least two of each class
 */
export function* fitValidated(rows: Rows, seed: number): CooperativeTask<ValidatedFit> {
  const source = random(seed);
  const folds = foldsOf(rows, source.fork(0));
  const heldOut = new Int32Array(rows.classes.length);
  for (const [i, fold] of folds.entries()) {
    const { fit } = yield* fitChosen(without(rows, fold), source.fork(i + 1));
    for (const row of fold) heldOut[row] = best(scoresOf(fit, rows, row));
  }
  return { ...(yield* fitChosen(rows, source.fork(0))), heldOut };
}

function* fitChosen(rows: Rows, source: Random): CooperativeTask<Omit<ValidatedFit, "heldOut">> {
  const folds = foldsOf(rows, source);
  const strength = folds.length > 1 ? yield* chosenStrength(rows, folds) : UNCHOSEN;
  return { fit: yield* fitLogistic(rows, { strength, tolerance: FINE }), strength };
}

/** Models of which each was fitted without one fold of the rows. */
export interface HeldOutFits {
  readonly fits: readonly LogisticFit[];
  /** Which model has not seen a row. */
  readonly foldOf: Int32Array;
  /** C of all of these models: the one that does best on held-out rows. */
  readonly strength: number;
}

/**
 * A model for each fold, fitted on the others. The strength is chosen on the same folds.
 * @param rows at least two of each class
 */
export function* heldOutFits(rows: Rows, seed: number): CooperativeTask<HeldOutFits> {
  const folds = foldsOf(rows, random(seed));
  const all = STRENGTHS.map((): LogisticFit[] => []);
  const losses = yield* lossesOf(rows, folds, (i, fit) => all[i].push(fit));
  const best = losses.indexOf(Math.min(...losses));
  const foldOf = new Int32Array(rows.classes.length);
  for (const [k, fold] of folds.entries()) for (const row of fold) foldOf[row] = k;
  return { fits: all[best], foldOf, strength: STRENGTHS[best] };
}

/** The strength with the least loss on held-out rows; of equals the weakest. */
function* chosenStrength(rows: Rows, folds: readonly Int32Array[]): CooperativeTask<number> {
  const losses = yield* lossesOf(rows, folds);
  return STRENGTHS[losses.indexOf(Math.min(...losses))];
}

/** Of each strength the balanced log loss on held-out rows; each fold's fit is told. */
function* lossesOf(
  rows: Rows,
  folds: readonly Int32Array[],
  tell: (strength: number, fit: LogisticFit) => void = () => {},
): CooperativeTask<number[]> {
  const losses = STRENGTHS.map(() => 0);
  const shares = classShares(rows);
  for (const fold of folds) {
    const others = without(rows, fold);
    let start: LogisticFit | undefined;
    for (const [i, strength] of STRENGTHS.entries()) {
      start = yield* fitLogistic(others, { strength, tolerance: ROUGH, start });
      tell(i, start);
      for (const row of fold) {
        const truth = rows.classes[row];
        losses[i] += softmaxLoss(scoresOf(start, rows, row), truth) / shares[truth];
      }
    }
  }
  return losses;
}

function classShares({ classes, count }: Rows): Float64Array {
  const shares = new Float64Array(count);
  for (const one of classes) shares[one] += 1 / classes.length;
  return shares;
}

/** Rows dealt to folds, each class to all of them; one fold where a class has one row alone. */
function foldsOf({ classes, count }: Rows, source: Random): Int32Array[] {
  const byClass = Array.from({ length: count }, (_, k) =>
    Array.from(classes.keys()).filter((row) => classes[row] === k),
  );
  const most = classes.length > MANY ? FOLDS_OF_MANY : MOST_FOLDS;
  const number = Math.min(most, ...byClass.map(({ length }) => length));
  const folds: number[][] = Array.from({ length: number }, () => []);
  let next = 0;
  for (const members of byClass) for (const row of source.shuffle(members)) folds[next++ % number].push(row);
  return folds.map((fold) => Int32Array.from(fold).sort());
}

function without({ data, features, classes, count }: Rows, fold: Int32Array): Rows {
  const left = new Set(fold);
  const kept = Array.from(classes.keys()).filter((row) => !left.has(row));
  const rows = new Float64Array(kept.length * features);
  for (const [i, row] of kept.entries()) rows.set(data.subarray(row * features, (row + 1) * features), i * features);
  return { data: rows, features, classes: Int32Array.from(kept, (row) => classes[row]), count };
}

/** Position of the largest value. */
const best = (values: Float64Array): number => values.indexOf(Math.max(...values));
