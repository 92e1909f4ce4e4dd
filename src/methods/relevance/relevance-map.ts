import { SightlineError } from "../../core/errors.js";
import type { RawMap } from "../../core/raw-map.js";
import type { Gradients, RelevanceRequest } from "../../model/types.js";
import type { MethodResult, Subject } from "../method.js";
import { collapse, inputSlope } from "../pixel-gradients.js";

/** What comes of a score that is handed down. */
export interface Relevance {
  readonly map: RawMap;
  /** The score that was handed down. */
  readonly score: number;
  /** What of it did not arrive at the pixels: what biases added, and what epsilon and the plus rule drop. */
  readonly absorbed: number;
}

/** Relevance of the picture's pixels, channels summed. @throws SightlineError `not-finite` */
export function relevanceMap(subject: Subject, answered: Gradients): Relevance {
  const map = collapse(inputSlope(answered), subject.geometry, "sum");
  const total = map.data.reduce((sum, value) => sum + value, 0);
  const [score] = answered.start as Float32Array;
  if (!Number.isFinite(total)) {
    throw new SightlineError("not-finite", "the relevance grew beyond all bounds on its way down", {
      received: total,
      expected: "finite relevance",
      next: "raise epsilon (0.01, 0.1), or choose a composite whose convolutions follow the plus rule",
    });
  }
  return { map, score, absorbed: score - total };
}

/** The targets' scores handed down to the pixels by one composite. */
export async function explainByRelevance(subject: Subject, relevance: RelevanceRequest): Promise<MethodResult> {
  const found: Relevance[] = [];
  for (const target of subject.targets) {
    found.push(relevanceMap(subject, await subject.gradient(subject.input, { target, relevance })));
  }
  return {
    maps: found.map(({ map }) => map),
    score: "logit",
    resolved: { absorbed: found.map(({ absorbed }) => absorbed) },
    notes: found.some(isMostlyAbsorbed) ? [ABSORBED] : [],
  };
}

/** Where less than half of the score arrives, magnitudes say nothing; shares of what did arrive still do. */
const isMostlyAbsorbed = ({ score, absorbed }: Relevance) => Math.abs(absorbed) > Math.abs(score) / 2;

const ABSORBED =
  "most of the score went to biases, or was lost on the way: the map shows how the rest divides, not how much it is";
