import type { ClaimEntry, TestTheClaimTraits } from "../../../src/widgets/traits/index.js";
import type { Received } from "../model.js";
import type { View } from "../view.js";

export type ClaimView = View<Received<TestTheClaimTraits>>;

/** The tests so far, and the one that this view looks at: Undo and Redo stay in the browser. */
export class ClaimHistory {
  readonly #view: ClaimView;
  #length = -1;
  #at: number | null;

  constructor(view: ClaimView) {
    this.#view = view;
    this.#at = view.get("at");
  }

  /** Which entry is looked at, if one is. */
  get at(): number | null {
    return this.#at;
  }

  get entry(): ClaimEntry | undefined {
    return this.#at === null ? undefined : this.#view.get("history")[this.#at];
  }

  /** Whether the entry that is looked at is the kernel's newest, of which alone it keeps the picture. */
  get isNewest(): boolean {
    return this.#at !== null && this.#at === this.#view.get("at");
  }

  get canUndo(): boolean {
    return this.#at !== null;
  }

  get canRedo(): boolean {
    return (this.#at ?? -1) < this.#view.get("history").length - 1;
  }

  go(step: -1 | 1): void {
    const at = Math.min(this.#view.get("history").length - 1, (this.#at ?? -1) + step);
    this.#at = at < 0 ? null : at;
  }

  /** Looks at what the kernel tests now. */
  follow(): void {
    const { length } = this.#view.get("history");
    if (length === this.#length && this.#view.get("state") !== "working") return;
    this.#length = length;
    this.#at = this.#view.get("at");
  }
}
