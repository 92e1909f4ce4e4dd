import { type RiseOptions, rise } from "../black-box/rise/rise.js";
import { asDetector, dRiseSimilarity, needsDetector } from "../detector-subject.js";
import { method } from "../method.js";

/**
 * D-RISE: RISE with the score IoU · cosine of the class probabilities · objectness of the best box on every masked copy.
 * Petsiuk et al., "Black-box explanation of object detectors via saliency maps", CVPR 2021; masks of 16 × 16 cells.
 */
export const dRise = method<RiseOptions>({
  name: "d-rise",
  summary: "how well a box is still found on randomly masked copies; for detectors",
  needs: ["forward"],
  signed: rise.signed,
  view: "pixels",
  source: "Petsiuk et al., D-RISE, CVPR 2021",
  formula:
    "map = 1/(N·p̄) · Σ_i (s_i − mean s) · M_i, s = max over boxes of IoU · cosine of class probabilities · objectness",
  useWhen:
    "Asks which parts of the picture a box needs to be found in the same place as the same class. For any detector whose answers can be had.",
  cannotShow:
    "Why a box was missed: only boxes that were found are explained. Context and object are not told apart, and small boxes need many masks.",
  defaults: { ...rise.defaults, cells: 16 },
  limits: rise.limits,
  presets: {
    speed: { masks: 1000, cells: 8 },
    balance: { masks: 5000, cells: 16 },
    quality: { masks: 10000, cells: 16 },
  },
  cost: rise.cost,
  unsupported: needsDetector,
  explain: (subject, options) => rise.explain(asDetector(subject, "d-rise").scoredBy(dRiseSimilarity), options),
});
