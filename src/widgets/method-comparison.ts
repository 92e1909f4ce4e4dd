import { checkKeys, checkList } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import type { Explanation } from "../explain/explanation.js";
import { checkExplanation } from "../explanation/check-explanation.js";
import type { VisualizationConfig } from "../render/config.js";
import { fallbackFigure } from "./fallback.js";
import { type HoldOption, SightlineWidget } from "./sightline-widget.js";
import type { MethodComparisonTraits } from "./traits/index.js";
import { wireExplanation } from "./wire-explanation.js";

/** Options of {@link MethodComparison}. */
export interface MethodComparisonOptions extends HoldOption {
  /** Each map on its own scale instead of one for all maps of a method; default false. */
  separate?: boolean;
  /** How the maps are drawn, as `visualize` takes it. */
  config?: VisualizationConfig;
}

/**
 * Several methods on one picture, side by side: methods × targets with linked zoom and pointer, how far they agree, where
 * they do not, and what each cost.
 * @example
 * new MethodComparison(
 *   [await explain(model, "cat.png", { method: "grad-cam" }), await explain(model, "cat.png", { method: "recipro-cam" })],
 *   { separate: true },
 * );
 */
export class MethodComparison extends SightlineWidget<MethodComparisonTraits> {
  readonly #explanations: readonly Explanation[];

  /** @throws SightlineError `bad-config` for fewer than two explanations, or of different pictures */
  constructor(explanations: readonly Explanation[], options: MethodComparisonOptions = {}) {
    checkList(explanations, "the explanations to compare", "two or more explanations of one picture");
    explanations.forEach(checkExplanation);
    checkKeys(options, ["separate", "config", "hold"], "MethodComparison");
    const { separate = false, config = {}, hold } = options;
    const sizes = new Set(explanations.map(({ image: { pixels } }) => `${pixels.width} × ${pixels.height}`));
    if (explanations.length < 2 || sizes.size > 1) {
      throw new SightlineError("bad-config", "there is nothing to compare", {
        received: explanations.length < 2 ? `${explanations.length} explanation(s)` : [...sizes].join(", "),
        expected: "two or more explanations of one picture",
      });
    }
    super({
      kind: "method-comparison",
      hold,
      defaults: { explanations: [], separate, target: explanations[0].targets[0].index, config },
      shared: ["separate", "target", "config"],
    });
    this.#explanations = explanations;
  }

  override async prepare(): Promise<void> {
    if (this.get("explanations").length > 0) return;
    this.set("explanations", await Promise.all(this.#explanations.map(wireExplanation)));
  }

  protected override async fallback(): Promise<MimeBundle> {
    const bundles = await Promise.all(
      this.#explanations.map((explanation) => fallbackFigure(explanation, this.get("config"))),
    );
    return {
      "text/html": bundles.map((bundle) => bundle["text/html"] ?? "").join("\n"),
      "text/plain": this.#explanations.map(({ provenance }) => provenance.method).join(", "),
    };
  }
}
