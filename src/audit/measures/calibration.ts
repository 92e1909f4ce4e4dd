import { random } from "../../core/random.js";
import { wilsonInterval } from "../../core/wilson.js";

/** Equal steps of confidence in which pictures are compared with how often they are right. */
export const BINS = 15;
/** Draws behind an interval; fewer of very many pictures, whose interval is narrow anyway. */
const RESAMPLES = 1000;
const MOST_DRAWS = 20_000_000;
const FEWEST_RESAMPLES = 100;

/** Pictures of about the same confidence. */
export interface CalibrationBin {
  /** Confidence, 0…1: above `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly pictures: number;
  /** Mean probability of the answers. */
  readonly confidence: number;
  /** Share of answers that are right, with the 95 % interval of Wilson's score. */
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
}

/** Whether answers of some confidence are right as often. */
export interface CalibrationMeasures {
  readonly pictures: number;
  /** Mean probability of the answers; null where there is none. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
  /** Expected calibration error: mean distance of confidence and accuracy over the bins, by their pictures. */
  readonly ece: number | null;
}

/** The same of one class. */
export interface ClassCalibration extends CalibrationMeasures {
  /** The answer that its pictures got. */
  readonly prediction: string;
  readonly interval: readonly [low: number, high: number];
}

/**
 * How well confidence says how often the model is right, over pictures whose true class is known (Guo et al., On
 * Calibration of Modern Neural Networks, ICML 2017; 15 bins of equal width).
 */
export interface Calibration extends CalibrationMeasures {
  /**
   * 95 % interval of {@link ece}: percentiles of as many draws of all pictures, with replacement; null where there are no
   * pictures, or too many labels of too many pictures to draw them all again.
   */
  readonly eceInterval: readonly [low: number, high: number] | null;
  /**
   * The null: the same error of answers that are right exactly as often as their confidence says, the mean of as many draws.
   * Few pictures never agree with it to the last.
   */
  readonly eceNull: number | null;
  readonly resamples: number;
  /** Those that hold a picture. */
  readonly bins: readonly CalibrationBin[];
  /** By answer. */
  readonly classes: readonly ClassCalibration[];
}

/** Answers whose truth is known. */
export interface Answers {
  readonly probabilities: Float64Array;
  /** 1 where the answer is right. */
  readonly right: Float64Array;
  /** Index of the answer's label. */
  readonly classes: Float64Array;
  readonly labels: readonly string[];
}

/** The columns of {@link Answers}, in their order, numbers alone. @param where a condition over the table's columns */
export const answersSql = (table: string, where: string) =>
  `select probability::double as probability, correct::integer::double as right,
     (dense_rank() over (order by prediction) - 1)::double as class
   from ${table} where correct is not null and probability is not null and (${where}) order by shard, map_row`;

/** The labels that {@link answersSql} counts. */
export const answerLabelsSql = (table: string, where: string) =>
  `select distinct prediction from ${table} where correct is not null and probability is not null and (${where}) order by prediction`;

const binOf = (probability: number) => Math.min(BINS - 1, Math.max(0, Math.ceil(probability * BINS) - 1));

/** @param mostDraws where they do not suffice for {@link FEWEST_RESAMPLES}, there is no interval */
export function calibrationOf(answers: Answers, mostDraws = Number.POSITIVE_INFINITY): Calibration {
  const { probabilities, right, classes, labels } = answers;
  const all = Uint32Array.from(probabilities.keys());
  const byClass = labels.map((): number[] => []);
  for (const [i, index] of classes.entries()) byClass[index].push(i);
  const affordable = Math.floor(Math.min(mostDraws, MOST_DRAWS) / Math.max(1, all.length));
  const enough = FEWEST_RESAMPLES * all.length <= mostDraws;
  const resamples = enough ? Math.min(RESAMPLES, Math.max(FEWEST_RESAMPLES, affordable)) : 0;
  return {
    ...measuresOf(answers, all),
    eceInterval: all.length > 0 && resamples > 0 ? bootstrap(answers, resamples) : null,
    eceNull: all.length > 0 && resamples > 0 ? errorByChance(answers, all, resamples) : null,
    resamples,
    bins: binsOf(answers, all),
    classes: labels.map((prediction, index) => {
      const own = byClass[index];
      const count = own.reduce((sum, i) => sum + right[i], 0);
      return { prediction, ...measuresOf(answers, own), interval: wilsonInterval(count, own.length) };
    }),
  };
}

function measuresOf({ probabilities, right }: Answers, some: ArrayLike<number>): CalibrationMeasures {
  const pictures = some.length;
  if (pictures === 0) return { pictures, confidence: null, accuracy: null, ece: null };
  let [confidence, count] = [0, 0];
  for (let i = 0; i < pictures; i++) {
    confidence += probabilities[some[i]];
    count += right[some[i]];
  }
  return {
    pictures,
    confidence: confidence / pictures,
    accuracy: count / pictures,
    ece: eceOf({ probabilities, right }, some),
  };
}

type Outcomes = Pick<Answers, "probabilities" | "right">;

/** Sum over the bins of |Σ probability − Σ right|, by the number of pictures. */
function eceOf({ probabilities, right }: Outcomes, some: ArrayLike<number>): number {
  const gaps = new Float64Array(BINS);
  for (let i = 0; i < some.length; i++) gaps[binOf(probabilities[some[i]])] += probabilities[some[i]] - right[some[i]];
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / some.length;
}

function bootstrap(answers: Answers, resamples: number): [low: number, high: number] {
  const source = random(0);
  const count = answers.probabilities.length;
  const drawn = new Uint32Array(count);
  const errors = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < count; i++) drawn[i] = source.integer(count);
    return eceOf(answers, drawn);
  }).sort();
  return [errors[Math.floor(0.025 * (resamples - 1))], errors[Math.ceil(0.975 * (resamples - 1))]];
}

/** The error that is left where every answer is right with the probability that it has. */
function errorByChance({ probabilities }: Answers, all: Uint32Array, resamples: number): number {
  const source = random(1);
  let sum = 0;
  for (let i = 0; i < resamples; i++) {
    const right = probabilities.map((probability) => (source.uniform() < probability ? 1 : 0));
    sum += eceOf({ probabilities, right }, all);
  }
  return sum / resamples;
}

function binsOf({ probabilities, right }: Outcomes, some: Uint32Array): CalibrationBin[] {
  const groups = Array.from({ length: BINS }, () => ({ pictures: 0, confidence: 0, right: 0 }));
  for (const i of some) {
    const group = groups[binOf(probabilities[i])];
    group.pictures += 1;
    group.confidence += probabilities[i];
    group.right += right[i];
  }
  return groups.flatMap((group, i) =>
    group.pictures === 0
      ? []
      : [
          {
            from: i / BINS,
            to: (i + 1) / BINS,
            pictures: group.pictures,
            confidence: group.confidence / group.pictures,
            accuracy: group.right / group.pictures,
            interval: wilsonInterval(group.right, group.pictures),
          },
        ],
  );
}
