import type { Prediction } from "../../../src/model/types.js";
import type { VisualizationConfig } from "../../../src/render/config.js";
import { probability } from "../../../src/render/format.js";
import type { SaliencyViewerTraits } from "../../../src/widgets/traits/index.js";
import { readMap, type ShownExplanation } from "../explanation.js";
import type { Choices } from "../fields.js";
import type { Received } from "../model.js";
import type { View } from "../view.js";

/** Traits of a viewer apart from the explanations, which are decoded once. */
export type ViewerTraits = Omit<Received<SaliencyViewerTraits>, "explanations" | "count">;

/** What a viewer shows, out of what it could. */
export class ViewerState {
  readonly #view: View<ViewerTraits>;
  /** In the order in which they came. */
  explanations: readonly ShownExplanation[];

  constructor(view: View<ViewerTraits>, explanations: readonly ShownExplanation[]) {
    this.#view = view;
    this.explanations = explanations;
  }

  get index(): number {
    return bounded(this.#view.get("shown"), this.explanations.length);
  }

  get explanation(): ShownExplanation {
    return this.explanations[this.index];
  }

  get targetIndex(): number {
    return bounded(this.#view.get("target"), this.explanation.targets.length);
  }

  get target(): Prediction {
    return this.explanation.targets[this.targetIndex];
  }

  get config(): VisualizationConfig {
    return this.#view.get("config") ?? {};
  }

  /** What an explanation that is being made has found so far, if anything. */
  get preview(): ShownExplanation | undefined {
    const work = this.#view.get("work");
    if (!work || work.maps.length !== this.explanation.targets.length) return undefined;
    const { explanation } = this;
    return {
      ...explanation,
      maps: work.maps.map(readMap),
      defaults: { type: "pixels" },
      provenance: { ...explanation.provenance, method: work.method },
    };
  }

  /** The explanations that are there, by their indices, and the methods that the kernel can still be asked for. */
  methodChoices(): Choices {
    const there = this.explanations.map((explanation, i) => [String(i), this.#name(explanation)] as const);
    const known = new Set(this.explanations.map(({ provenance }) => provenance.method));
    const more = this.#view.live ? (this.#view.get("methods") ?? []) : [];
    return [...there, ...more.filter((name) => !known.has(name)).map((name) => [name, `explain by ${name}`] as const)];
  }

  targetChoices(): Choices {
    return this.explanation.targets.map(({ label, probability: p }, i) => [String(i), `${label}, ${probability(p)}`]);
  }

  /** Shows another explanation, of the same class where that was explained. */
  show(shown: number): void {
    const { index } = this.target;
    const target = this.explanations[shown].targets.findIndex((other) => other.index === index);
    this.#view.save({ shown, target: Math.max(0, target) });
  }

  choose(change: VisualizationConfig): void {
    const config = Object.entries({ ...this.config, ...change }).filter(([, value]) => value !== undefined);
    this.#view.save({ config: Object.fromEntries(config) });
  }

  #name({ provenance, name }: ShownExplanation): string {
    const several = new Set(this.explanations.map((explanation) => explanation.name)).size > 1;
    return several ? `${provenance.method} · ${name}` : provenance.method;
  }
}

/** An index from outside, as one of a list of this length. */
function bounded(index: unknown, length: number): number {
  return Number.isInteger(index) ? Math.min(length - 1, Math.max(0, index as number)) : 0;
}
