import { SightlineError } from "../core/errors.js";
import { isPromise, kindOf } from "../core/kind-of.js";
import type { RawImage } from "../core/raw-image.js";
import type { Prediction } from "../model/types.js";
import type { Fill } from "../perturb/fill.js";
import { probability } from "../render/format.js";

/** What happened when a region was hidden (or kept), and what happens for regions of the same shape elsewhere. */
export interface ClaimTest {
  readonly action: "hide" | "keep";
  readonly fill: Fill;
  /** Share of the view that the region covers, 0…1. */
  readonly area: number;
  readonly target: Prediction;
  readonly before: readonly Prediction[];
  readonly after: readonly Prediction[];
  /** Change of the target's probability, after − before. */
  readonly change: number;
  /** The same change for each control region. */
  readonly controls: readonly number[];
  /**
   * Chance that a random region of the same shape does at least as much in the same direction (when keeping: leaves at
   * least as much): (1 + number of controls that do) /
   * (1 + number of controls). Small means that the region matters more than where it lies by luck.
   */
  readonly chance: number;
}

/** The pictures of a test at the model's resolution. */
export interface ClaimPictures {
  readonly before: RawImage;
  readonly after: RawImage;
  /** The region, 1 inside. */
  readonly region: Uint8Array;
  /** What the model was shown for the first control regions. */
  readonly controls: readonly RawImage[];
  /** Width by height of the part of the photograph that they show; the model's input may stretch it. */
  readonly aspect: number;
}

/**
 * A test in a sentence that claims no more than was measured.
 * @example
 * const region = topRegion(explanation.map(), 0.15, model.info.input);
 * describeClaim(await testClaim(model, "cat.png", region, { controls: 10 }));
 * // "hiding 15 % of the picture (blur) takes tripod from .94 to .08; 0 of 50 regions of the same shape elsewhere do as much"
 * @throws SightlineError `bad-config` for what is no such test
 */
export function describeClaim(test: ClaimTest): string {
  if (!Array.isArray(test?.controls) || !test.target) {
    throw new SightlineError("bad-config", `not a test of a claim: ${kindOf(test)}`, {
      received: test,
      expected: "what testClaim gives",
      next: isPromise(test) ? "await the promise" : undefined,
    });
  }
  const { action, area, target, change, controls, chance, fill } = test;
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  const after = target.probability + change;
  const act = action === "hide" ? "hiding" : "keeping only";
  const sentence = `${act} ${percent(area)} of the picture (${fill}) takes ${target.label} from ${probability(target.probability)} to ${probability(after)}`;
  const random = controls.length
    ? `; ${Math.round(chance * (controls.length + 1)) - 1} of ${controls.length} regions of the same shape elsewhere do as much`
    : "";
  return `${sentence}${random}`;
}
