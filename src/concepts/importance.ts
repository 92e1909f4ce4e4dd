import { runYielding } from "../core/cooperative.js";
import { type Random, random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import { totalEffects } from "../methods/black-box/sobol.js";
import { sobolSequence } from "../methods/black-box/sobol-sequence.js";
import { presenceOf, type Rows, residualOf, squares } from "../methods/concepts/factorise.js";
import { cellsOf, leaveOneOut, partsOf, shuffled, sumOfParts, withoutParts } from "../methods/concepts/parts.js";
import { classGiven } from "../model/ranking.js";
import type { Control, LayerInfo, Model } from "../model/types.js";

/** What one picture says of each concept. */
export interface PictureImportance {
  /** Total Sobol' index, of the concepts and of random directions in their place. */
  readonly sobol: Float64Array;
  readonly sobolControl: Float64Array;
  /** By how much the class's logit falls without the concept, and without a random direction in its place. */
  readonly drop: Float64Array;
  readonly dropControl: Float64Array;
  /** 1 where the answer is another without it, else 0. */
  readonly flips: Float64Array;
  readonly flipsControl: Float64Array;
  readonly remains: Remains;
}

/** What is left of a picture's answer when its layer is made of the concepts alone, or of random directions alone. */
export interface Remains {
  readonly answer: number;
  readonly answerControl: number;
  /** Logits of the class: whole, concepts alone, random directions alone, nothing. */
  readonly logits: readonly [whole: number, concepts: number, control: number, nothing: number];
  /** Squared activations: all of them, and what is left over of them. */
  readonly squares: readonly [whole: number, concepts: number, control: number];
}

/** Directions to be measured, beside random ones. */
export interface Measured {
  readonly layer: LayerInfo;
  readonly target: number;
  readonly rank: number;
  /** [rank, channels] */
  readonly directions: Float32Array;
  /** Rows of the quasi-Monte-Carlo design; each costs rank + 2 passes of the head. */
  readonly designs: number;
  readonly seed: number;
}

/**
 * Weights of parts: `designs` times the rows A, B, A with B's first factor, …, for Jansen's estimator of total Sobol'
 * indices; a low-discrepancy sequence for every seed.
 */
export function sobolWeights(rank: number, designs: number, source: Random): Float32Array {
  const next = sobolSequence(2 * rank, source);
  const weights = new Float32Array(designs * (rank + 2) * rank);
  for (let row = 0; row < designs; row++) {
    const point = next();
    for (let step = 0; step < rank + 2; step++) {
      const mask = weights.subarray((row * (rank + 2) + step) * rank, (row * (rank + 2) + step + 1) * rank);
      mask.set(step === 1 ? point.subarray(rank) : point.subarray(0, rank));
      if (step > 1) mask[step - 2] = point[rank + step - 2];
    }
  }
  return weights;
}

/** @param activation the layer's values on the picture @param picture its number, which decides about its design and its random directions */
export async function importanceOn(
  model: Model,
  activation: Tensor,
  measured: Measured,
  picture: number,
  { signal }: Control,
): Promise<PictureImportance> {
  const { layer, target, rank, directions, designs, seed } = measured;
  const cells = cellsOf(activation, layer);
  const presence = await runYielding(presenceOf(cells, directions, rank), signal);
  const source = random(seed).fork(picture);
  const sobol = sobolWeights(rank, designs, source);
  const ablations = leaveOneOut(rank);
  const weights = new Float32Array(sobol.length + ablations.length);
  weights.set(sobol);
  weights.set(ablations, sobol.length);
  const effectsOf = async (own: Float32Array) => {
    const parts = partsOf(presence, own, layer);
    const rest = withoutParts(activation, parts);
    return effectsIn(await scored(model, { layer, parts, weights, rest, target }, signal), measured);
  };
  const found = await effectsOf(directions);
  const control = await effectsOf(shuffled(directions, rank, source));
  const share = (values: Float64Array) => values.map((value) => (found.whole > 0 ? value / found.whole : 0));
  return {
    sobol: share(found.effects),
    sobolControl: share(control.effects),
    drop: found.drop,
    dropControl: control.drop,
    flips: found.flips,
    flipsControl: control.flips,
    remains: await remainsOf(model, { activation, cells, presence }, measured, signal),
  };
}

/** An inner tensor made of weighted parts and what is left without them. */
export interface Mixture {
  readonly layer: LayerInfo;
  readonly parts: Tensor;
  readonly weights: Float32Array;
  readonly rest?: Tensor;
  readonly target: number;
}

interface Scored {
  /** Logits of the class, row by row. */
  readonly logits: Float64Array;
  /** Whether each row gives the class. */
  readonly given: Uint8Array;
}

async function scored(model: Model, mixture: Mixture, signal: AbortSignal | undefined): Promise<Scored> {
  const { layer, parts, weights, rest, target } = mixture;
  const count = weights.length / parts.dims[0];
  const batch = { layer: layer.name, base: rest, delta: parts, count, masks: { kind: "parts", weights } } as const;
  const scores = await model.masked(batch, { signal });
  const { data } = model.logits(scores);
  const probabilities = model.probabilities(scores).data;
  const { classes } = model.info;
  const given = (n: number) => classGiven(probabilities.subarray(n * classes, (n + 1) * classes));
  return {
    logits: Float64Array.from({ length: count }, (_, n) => data[n * classes + target]),
    given: Uint8Array.from({ length: count }, (_, n) => +(given(n) === target)),
  };
}

function effectsIn({ logits, given }: Scored, { rank, designs }: Measured) {
  const whole = designs * (rank + 2);
  return {
    ...totalEffects(logits.subarray(0, whole), rank),
    drop: Float64Array.from({ length: rank }, (_, k) => logits[whole] - logits[whole + 1 + k]),
    flips: Float64Array.from({ length: rank }, (_, k) => given[whole] & ~given[whole + 1 + k]),
  };
}

/** The whole layer, the concepts alone, random directions that explain as much as they can, nothing. */
const REMAINS = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);

async function remainsOf(
  model: Model,
  { activation, cells, presence }: { activation: Tensor; cells: Rows; presence: Float32Array },
  { layer, target, rank, directions, seed }: Measured,
  signal: AbortSignal | undefined,
): Promise<Remains> {
  const others = shuffled(directions, rank, random(seed));
  const otherPresence = await runYielding(presenceOf(cells, others, rank), signal);
  const alone = sumOfParts(partsOf(presence, directions, layer));
  const control = sumOfParts(partsOf(otherPresence, others, layer));
  const size = activation.data.length;
  const data = new Float32Array(3 * size);
  [activation, alone, control].forEach((one, i) => {
    data.set(one.data, i * size);
  });
  const parts = { data, dims: [3, ...activation.dims.slice(1)] };
  const { logits, given } = await scored(model, { layer, parts, weights: REMAINS, target }, signal);
  return {
    answer: given[1],
    answerControl: given[2],
    logits: [logits[0], logits[1], logits[2], logits[3]],
    squares: [
      squares(cells.data),
      residualOf(cells, presence, directions, rank),
      residualOf(cells, otherPresence, others, rank),
    ],
  };
}
