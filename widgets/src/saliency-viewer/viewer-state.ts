import type { Prediction } from "../../../src/model/types.js";
import type { VisualizationConfig } from "../../../src/render/config.js";
import { probability } from "../../../src/render/format.js";
import type { SaliencyViewerTraits } from "../../../src/widgets/traits/index.js";
import type { ShownExplanation } from "../explanation.js";
import type { Choices } from "../fields.js";
import type { View } from "../view.js";

/** Traits of a viewer apart from the explanations, which are decoded once. */
export type ViewerTraits = Omit<SaliencyViewerTraits, "explanations">;

/** What a viewer shows, out of what it could. */
export class ViewerState {
  readonly #view: View<ViewerTraits>;
  readonly #all: readonly ShownExplanation[];

  constructor(view: View<ViewerTraits>, explanations: readonly ShownExplanation[]) {
    this.#view = view;
    this.#all = explanations;
  }

  get index(): number {
    return Math.min(this.#all.length - 1, Math.max(0, this.#view.get("shown") ?? 0));
  }

  get explanation(): ShownExplanation {
    return this.#all[this.index];
  }

  get targetIndex(): number {
    return Math.min(this.explanation.targets.length - 1, Math.max(0, this.#view.get("target") ?? 0));
  }

  get target(): Prediction {
    return this.explanation.targets[this.targetIndex];
  }

  get config(): VisualizationConfig {
    return this.#view.get("config") ?? {};
  }

  /** The explanations that are there, by their indices, and the methods that the kernel can still be asked for. */
  methodChoices(): Choices {
    const there = this.#all.map((explanation, i) => [String(i), this.#name(explanation)] as const);
    const known = new Set(this.#all.map(({ provenance }) => provenance.method));
    const more = this.#view.live ? (this.#view.get("methods") ?? []) : [];
    return [...there, ...more.filter((name) => !known.has(name)).map((name) => [name, `explain by ${name}`] as const)];
  }

  targetChoices(): Choices {
    return this.explanation.targets.map(({ label, probability: p }, i) => [String(i), `${label}, ${probability(p)}`]);
  }

  /** Shows another explanation, of the same class where that was explained. */
  show(shown: number): void {
    const { index } = this.target;
    const target = this.#all[shown].targets.findIndex((other) => other.index === index);
    this.#view.save({ shown, target: Math.max(0, target) });
  }

  choose(change: VisualizationConfig): void {
    const config = Object.entries({ ...this.config, ...change }).filter(([, value]) => value !== undefined);
    this.#view.save({ config: Object.fromEntries(config) });
  }

  #name({ provenance, name }: ShownExplanation): string {
    const several = new Set(this.#all.map((explanation) => explanation.name)).size > 1;
    return several ? `${provenance.method} · ${name}` : provenance.method;
  }
}
