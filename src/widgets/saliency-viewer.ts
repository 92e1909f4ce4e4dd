import type { MimeBundle } from "../display.js";
import type { Explanation } from "../explanation.js";
import type { Prediction, Target } from "../model/types.js";
import { resolveConfig, type VisualizationConfig } from "../render/config.js";
import { fallbackFigure } from "./fallback.js";
import { SightlineWidget } from "./sightline-widget.js";
import { type WireExplanation, wireExplanation } from "./wire-explanation.js";

export interface SaliencyViewerTraits {
  explanations: readonly WireExplanation[];
  /** Which explanation is shown. */
  shown: number;
  /** Which of its targets is shown. */
  target: number;
  /** What the reader chose, as `visualize` takes it. */
  config: VisualizationConfig;
}

export interface SaliencyViewerOptions {
  /** The class to begin with, by label or index. */
  target?: Target;
  config?: VisualizationConfig;
}

/**
 * A picture and its maps to look at closely: targets, methods, clipping on the histogram of the values, colours,
 * overlay, zoom. Everything moves in the browser on the raw numbers, without the kernel.
 *
 * @example
 * const viewer = new SaliencyViewer(await explain(model, "cat.jpg"));
 * viewer.observe("config", (config) => console.log(config.clip_below_percentile));
 * viewer
 */
export class SaliencyViewer extends SightlineWidget<SaliencyViewerTraits> {
  declare readonly config: VisualizationConfig;
  readonly #all: readonly Explanation[];

  /** @param explanations one, or several of different methods or pictures */
  constructor(explanations: Explanation | readonly Explanation[], { target, config = {} }: SaliencyViewerOptions = {}) {
    const all: readonly Explanation[] = Array.isArray(explanations) ? explanations : [explanations as Explanation];
    for (const { provenance, defaults } of all) {
      resolveConfig(config, { method: provenance.method, signed: all[0].map().signed, defaults });
    }
    super({
      kind: "saliency-viewer",
      defaults: {
        explanations: [],
        shown: 0,
        target: target === undefined ? 0 : all[0].indexOf(target),
        config,
      },
      shared: ["shown", "target", "config"],
      refine: ({ shown, target: wanted }) => {
        const index = bounded(shown, all.length);
        return { shown: index, target: bounded(wanted, all[index].targets.length) };
      },
    });
    this.#all = all;
  }

  /** The explanation that the reader looks at. */
  get explanation(): Explanation {
    return this.#all[this.get("shown")];
  }

  /** The class that the reader looks at. */
  get shownTarget(): Prediction {
    return this.explanation.targets[this.get("target")];
  }

  override async prepare(): Promise<void> {
    if (this.get("explanations").length > 0) return;
    this.set("explanations", await Promise.all(this.#all.map(wireExplanation)));
  }

  protected override fallback(): Promise<MimeBundle> {
    return fallbackFigure(this.explanation, { ...this.config, targets: [this.shownTarget.index] });
  }
}

function bounded(index: number, length: number): number {
  return Math.min(length - 1, Math.max(0, Math.trunc(index)));
}
