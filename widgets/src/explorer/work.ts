import type { Annotated, Doing } from "../../../src/explorer/types.js";
import type { Store } from "./store.js";

/** How often is asked whether others did something, in milliseconds, while the page is seen. */
const PAUSE = 2000;

/** What people did with the pictures, and what the reader does: tags, notes, slices, views. */
export class Work {
  annotated: Annotated = {
    by: "",
    revision: -1,
    tags: [],
    slices: [],
    views: [],
    undo: null,
    redo: null,
    recent: [],
    notices: [],
  };
  /** What came of the last deed, in words. */
  said = "";
  readonly #store: Store;
  readonly #listeners: (() => void)[] = [];

  constructor(store: Store) {
    this.#store = store;
    let pause: ReturnType<typeof setTimeout> | undefined;
    const again = async () => {
      if (!document.hidden) await this.refresh();
      if (!store.scope.signal.aborted) pause = setTimeout(again, PAUSE);
    };
    pause = setTimeout(again, PAUSE);
    store.scope.onLeave(() => clearTimeout(pause));
  }

  /** Told of every change, whoever makes it. */
  on(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Asks what others did. Where nobody answers, the next question says so. */
  async refresh(): Promise<void> {
    const annotated = await this.#store.backend.annotated().catch(() => undefined);
    if (annotated) await this.#take(annotated);
  }

  /** Does something with pictures. @returns whether it was done; if not, the reason is shown */
  async do(doing: Doing): Promise<boolean> {
    const before = this.annotated;
    const annotated = await this.#store.attempt(() => this.#store.backend.annotate(doing));
    if (!annotated) return false;
    this.#store.clearError();
    this.said = outcome(doing, before, annotated);
    // what is done is done: the counts may take their time
    void this.#take(annotated);
    return true;
  }

  say(text: string): void {
    this.said = text;
    for (const listener of this.#listeners) listener();
  }

  async #take(annotated: Annotated): Promise<void> {
    if (annotated.revision < this.annotated.revision) return;
    const changed = annotated.revision > this.annotated.revision;
    const first = this.annotated.revision < 0;
    this.annotated = annotated;
    if (!changed) return;
    for (const listener of this.#listeners) listener();
    if (!first) await this.#store.annotationsChanged();
  }
}

/** What was done, in words. */
function outcome({ kind }: Doing, before: Annotated, { recent }: Annotated): string {
  if (kind === "undo" && before.undo === null) return "Nothing of yours is left to take back.";
  if (kind === "redo" && before.redo === null) return "Nothing was taken back that could be done again.";
  const what = recent.at(-1)?.what ?? "";
  return `${what.slice(0, 1).toUpperCase()}${what.slice(1)}.`;
}
