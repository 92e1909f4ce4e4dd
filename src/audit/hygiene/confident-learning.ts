/** Probabilities of rows and the class that each is said to be. */
export interface LabelledScores {
  readonly classes: number;
  readonly labels: Int32Array;
  /** Probabilities of a row, [classes]; asked for row by row, in order, more than once. */
  rows(): AsyncIterable<Float32Array>;
}

/** What confident learning says of each row. */
export interface LabelQuality {
  /** Probability of the label that the row has. */
  readonly quality: Float64Array;
  /** The class that a row confidently is, where that is not its label; −1 elsewhere. */
  readonly suggested: Int32Array;
  /** Rows whose label is likely to be wrong. */
  readonly issues: number;
}

/**
 * Confident learning (Northcutt, Jiang & Chuang, JAIR 2021): a row is confidently of a class where its probability is at
 * least the mean probability of that class among the rows that are labelled so; of several such classes it is of the most
 * probable one. A row that is confidently of another class than its label is an issue (their C_confusion restricted to
 * confident rows, cleanlab's `confident_learning`); issues are ranked by the probability of the label (`self_confidence`).
 */
export async function labelQuality({ classes, labels, rows }: LabelledScores): Promise<LabelQuality> {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  const quality = new Float64Array(labels.length);
  let row = 0;
  for await (const scores of rows()) {
    const label = labels[row];
    quality[row++] = scores[label];
    sums[label] += scores[label];
    counts[label] += 1;
  }
  // a class that nothing is labelled as has no threshold
  const thresholds = sums.map((sum, k) => (counts[k] > 0 ? sum / counts[k] : Number.POSITIVE_INFINITY));
  const suggested = new Int32Array(labels.length).fill(-1);
  let issues = 0;
  row = 0;
  for await (const scores of rows()) {
    const confident = mostProbable(scores, thresholds);
    if (confident >= 0 && confident !== labels[row]) {
      suggested[row] = confident;
      issues += 1;
    }
    row += 1;
  }
  return { quality, suggested, issues };
}

/** Thresholds are means, whose rounding must not keep a row out that equals them. */
export const ROUNDING = 1e-6;

function mostProbable(scores: Float32Array, thresholds: Float64Array): number {
  let best = -1;
  for (let k = 0; k < scores.length; k++) {
    if (scores[k] >= thresholds[k] - ROUNDING && (best < 0 || scores[k] > scores[best])) best = k;
  }
  return best;
}
