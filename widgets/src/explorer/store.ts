import type {
  AuditFacts,
  Condition,
  ExplorerBackend,
  Facet,
  Filter,
  GridRow,
  Sort,
} from "../../../src/explorer/types.js";
import type { Scope } from "../view.js";
import { Recent } from "./recent.js";

/** What can change: a filter's pictures, the counts of facets, which picture is current, which are chosen, the maps, what people noted. */
export type Change = "order" | "facets" | "current" | "chosen" | "overlay" | "error" | "facet list" | "annotations";

/** Pictures whose rows are kept. */
const ROWS_KEPT = 5000;
/** Columns that follow what people do. */
const ANNOTATIONS = new Set(["tags", "slices", "noted"]);
/** Facets that are counted in one request, so that the first ones are there soon. */
const FACETS_AT_ONCE = 4;

/** Which pictures, and in which order. */
interface Choice {
  readonly filter: Filter;
  readonly sort: Sort | null;
}

/** What the parts of an explorer show, and what they ask for. */
export class Store {
  filter: Filter = [];
  sort: Sort | null = null;
  /** What was asked for last, shown or still on its way. */
  wanted: Choice = { filter: [], sort: null };
  /** The pictures that the filter leaves, in their order. */
  ids = new Int32Array(0);
  /** Place of the current picture among these. */
  current: number | undefined;
  opened = false;
  /** Numbers of the pictures that are chosen. */
  chosen: ReadonlySet<number> = new Set();
  overlay = false;
  /** Why the last request failed; empty when it did not. */
  error = "";
  readonly facets = new Map<string, Facet>();
  readonly #watched = new Set<string>();
  /** The newest question about each facet: an older answer that comes later is none. */
  readonly #asked = new Map<string, object>();
  readonly #rows = new Recent<number, GridRow>(ROWS_KEPT);
  readonly #listeners = new Set<(change: Change) => void>();
  #version = 0;
  /** Goes on with what people do: rows that were asked for before are not kept. */
  #annotated = 0;

  constructor(
    readonly backend: ExplorerBackend,
    readonly facts: AuditFacts,
    readonly scope: Scope,
  ) {}

  on(changes: readonly Change[], listener: () => void): void {
    const one = (change: Change) => changes.includes(change) && listener();
    this.#listeners.add(one);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Does something with the backend; where it fails, the reason is shown. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!this.scope.signal.aborted) this.#say((error as Error).message);
      return undefined;
    }
  }

  /** What went wrong has been mended. */
  clearError(): void {
    this.#say("");
  }

  #say(error: string): void {
    if (this.error === error) return;
    this.error = error;
    this.#tell("error");
  }

  /** Replaces the conditions of one kind, or on one column, by another one, or by none. */
  put(replaced: (condition: Condition) => boolean, condition?: Condition): Promise<boolean> {
    const others = this.wanted.filter.filter((one) => !replaced(one));
    return this.show({ filter: condition ? [...others, condition] : others });
  }

  /**
   * Shows other pictures, or the same in another order. What fails leaves everything as it was.
   * @returns whether they are shown: not where it failed, or where others were asked for meanwhile
   */
  async show({ filter = this.wanted.filter, sort = this.wanted.sort }: Partial<Choice>): Promise<boolean> {
    this.#version += 1;
    const version = this.#version;
    this.wanted = { filter, sort };
    const ids = await this.attempt(() => this.backend.order(filter, sort));
    if (version !== this.#version) return false;
    if (!ids) {
      this.wanted = { filter: this.filter, sort: this.sort };
      return false;
    }
    const shown = this.current === undefined ? undefined : this.ids[this.current];
    const filtered = filter !== this.filter;
    [this.filter, this.sort, this.ids] = [filter, sort, ids as Int32Array<ArrayBuffer>];
    const place = shown === undefined ? -1 : ids.indexOf(shown);
    this.current = place < 0 ? undefined : place;
    if (place < 0) this.opened = false;
    this.#say("");
    this.#tell("order");
    this.#tell("current");
    if (filtered || this.facets.size === 0) await this.#count([...this.#watched]);
    return true;
  }

  /** People did something: rows, counts and, where a condition or the order speaks of it, the pictures follow. */
  async annotationsChanged(): Promise<void> {
    this.#annotated += 1;
    this.#rows.clear();
    const { filter, sort } = this.wanted;
    const follows = (one: Condition) => one.kind === "text" || ("column" in one && ANNOTATIONS.has(one.column));
    if (filter.some(follows) || ANNOTATIONS.has(sort?.column ?? "")) {
      await this.show({ filter: [...filter] });
    } else {
      const counted = [...this.#watched].filter((name) => ANNOTATIONS.has(name));
      await this.#count(counted);
    }
    this.#tell("annotations");
  }

  /** Counts a facet from now on, or no longer. */
  async watchFacet(name: string, watched: boolean): Promise<void> {
    if (!watched) {
      this.#watched.delete(name);
      return;
    }
    this.#watched.add(name);
    await this.#count([name]);
  }

  /** Counts some facets, until other conditions hold; another order leaves the counts as they are. */
  async #count(names: readonly string[]): Promise<void> {
    const { filter } = this;
    for (let i = 0; i < names.length; i += FACETS_AT_ONCE) {
      const some = names.slice(i, i + FACETS_AT_ONCE);
      const question = {};
      for (const name of some) this.#asked.set(name, question);
      const found = await this.attempt(() => this.backend.facets(filter, some));
      if (!found || filter !== this.filter) return;
      for (const facet of found) if (this.#asked.get(facet.column) === question) this.facets.set(facet.column, facet);
      this.#tell("facets");
    }
  }

  /** The row of a picture, if it is here. */
  row(id: number): GridRow | undefined {
    return this.#rows.get(id);
  }

  /** Fetches the rows of pictures that are not here. */
  async fetchRows(ids: readonly number[]): Promise<void> {
    const missing = ids.filter((id) => !this.#rows.get(id));
    if (missing.length === 0) return;
    const annotated = this.#annotated;
    const rows = await this.attempt(() => this.backend.rows(missing));
    if (annotated !== this.#annotated) return this.fetchRows(ids);
    for (const row of rows ?? []) this.#rows.set(row.id, row);
  }

  /** Makes a picture the current one. @param place among those that are shown */
  goTo(place: number | undefined, opened = this.opened): void {
    const last = this.ids.length - 1;
    this.current = place === undefined || last < 0 ? undefined : Math.min(last, Math.max(0, place));
    this.opened = opened && this.current !== undefined;
    this.#tell("current");
  }

  /** Opens a picture by its number, without conditions where they hide it. */
  async open(id: number): Promise<void> {
    if (!this.ids.includes(id)) await this.show({ filter: [] });
    const place = this.ids.indexOf(id);
    if (place >= 0) this.goTo(place, true);
  }

  choose(ids: Iterable<number>): void {
    this.chosen = new Set(ids);
    this.#tell("chosen");
  }

  toggle(id: number): void {
    const chosen = new Set(this.chosen);
    if (!chosen.delete(id)) chosen.add(id);
    this.choose(chosen);
  }

  setOverlay(overlay: boolean): void {
    this.overlay = overlay;
    this.#tell("overlay");
  }
}
