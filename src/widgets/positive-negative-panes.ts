import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { checkOptions } from "../core/options.js";
import type { Explanation } from "../explain/explanation.js";
import { checkExplanation } from "../explanation/check-explanation.js";
import type { Target } from "../model/types.js";
import { fallbackFigure } from "./fallback.js";
import { type HoldOption, SightlineWidget } from "./sightline-widget.js";
import { boundedIndex } from "./trait-values.js";
import type { PositiveNegativePanesTraits } from "./traits/index.js";
import { wireExplanation } from "./wire-explanation.js";

/** Options of {@link PositiveNegativePanes}. */
export interface PositiveNegativePanesOptions extends HoldOption {
  /** The class to begin with, by label or index; the first target when absent. */
  target?: Target;
  /** 1…20; default 5. */
  zones?: number;
}

const MOST_ZONES = 20;

/**
 * Two panes: the zones that spoke for a class, and those that spoke against it, ranked by their weight.
 * @example
 * new PositiveNegativePanes(await explain(model, "cat.png", { method: "occlusion" }), { zones: 3 });
 */
export class PositiveNegativePanes extends SightlineWidget<PositiveNegativePanesTraits> {
  readonly #explanation: Explanation;

  constructor(explanation: Explanation, options: PositiveNegativePanesOptions = {}) {
    checkExplanation(explanation);
    checkKeys(options, ["target", "zones", "hold"], "PositiveNegativePanes");
    checkOptions("PositiveNegativePanes", { zones: { from: 1, to: MOST_ZONES } }, options);
    const { target, zones = 5, hold } = options;
    super({
      kind: "positive-negative-panes",
      hold,
      defaults: {
        explanations: [],
        target: target === undefined ? 0 : explanation.indexOf(target),
        zones,
      },
      shared: ["target", "zones"],
      refine: ({ target: wanted, zones: count }) => ({
        target: boundedIndex(wanted, explanation.targets.length),
        zones: Math.min(MOST_ZONES, Math.max(1, Math.round(count))),
      }),
    });
    this.#explanation = explanation;
  }

  override async prepare(): Promise<void> {
    if (this.get("explanations").length === 0) {
      this.set("explanations", [await wireExplanation(this.#explanation)]);
    }
  }

  protected override fallback(): Promise<MimeBundle> {
    return fallbackFigure(this.#explanation, {
      polarity: "both",
      targets: [this.#explanation.targets[this.get("target")].index],
    });
  }
}
