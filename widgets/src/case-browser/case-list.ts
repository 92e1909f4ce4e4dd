import { type Case, caseOf } from "../../../src/explain/cases.js";
import { splitLabels } from "../../../src/explain/truth-text.js";
import type { CaseBrowserTraits, WireCase } from "../../../src/widgets/traits/index.js";
import type { Received } from "../model.js";
import { pictureUrl } from "../pictures.js";
import type { View } from "../view.js";

export type CaseView = View<Received<CaseBrowserTraits>>;

/** The pictures of a set, and the case of each by the truth and the thresholds as they are now. */
export class CaseList {
  readonly items: readonly Received<WireCase>[];
  /** Addresses of the thumbnails. */
  readonly urls: readonly string[];
  readonly #view: CaseView;

  constructor(view: CaseView) {
    this.#view = view;
    this.items = view.get("items");
    this.urls = this.items.map(({ thumbnail }) => pictureUrl(thumbnail, "image/jpeg"));
    view.onLeave(() => {
      for (const url of this.urls) URL.revokeObjectURL(url);
    });
  }

  cases(): Case[] {
    const thresholds = {
      high: this.#view.get("high"),
      mixed: this.#view.get("mixed"),
      plausible: this.#view.get("plausible"),
    };
    return this.items.map(({ predictions }, i) => caseOf(predictions, this.#truths(i), thresholds));
  }

  /** The labels that are right, where they are known. */
  #truths(index: number): string[] {
    const labels = this.#view.get("labels");
    return splitLabels(this.truth(index) ?? "", (label) => labels.includes(label));
  }

  /** The true label, where it is known. */
  truth(index: number): string | undefined {
    return this.#view.get("truths")[index] || undefined;
  }

  /** The probability of the predicted class. */
  confidence(index: number): number {
    return this.items[index].predictions[0].probability;
  }
}
