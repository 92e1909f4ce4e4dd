import type { ExplorerBackend } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { h, keysLine } from "../dom.js";
import { choice } from "../fields.js";
import type { Scope } from "../view.js";
import { Detail } from "./detail.js";
import { facetPanel } from "./facet-panel.js";
import { Grid } from "./grid.js";
import { Kept } from "./kept.js";
import { KEYS, keysDialog, listenToKeys } from "./keyboard.js";
import { MapPage } from "./map-page.js";
import { OverviewPage } from "./overview.js";
import { SelectionBar } from "./selection-bar.js";
import { Store } from "./store.js";
import { Thumbnails } from "./thumbnails.js";
import { Toolbar } from "./toolbar.js";
import { PAGES, type PageName } from "./view-state.js";
import { Work } from "./work.js";

interface Host {
  readonly backend: ExplorerBackend;
  readonly scope: Scope;
  /** Where keys are meant for the explorer: the whole page, or its own element. */
  readonly keys: EventTarget;
  /** Whether the page is the explorer's own, so that its address can name a view. */
  readonly linked?: boolean;
  /** What cannot be seen or done here, in sentences. */
  readonly limits?: readonly string[];
}

/** Shows an audit in an element, until the scope is left. */
export async function showExplorer(
  el: HTMLElement,
  { backend, scope, keys, linked = false, limits = [] }: Host,
): Promise<void> {
  el.replaceChildren(h("p", { class: "sl-note", role: "status" }, "Opening the audit …"));
  const facts = await backend.about();
  if (scope.signal.aborted) return;
  const store = new Store(backend, facts, scope);
  const thumbnails = new Thumbnails(store);
  const grid = new Grid(store, thumbnails);
  const work = new Work(store);
  const detail = new Detail(store, thumbnails, work);
  const bar = new SelectionBar(store, work);
  const help = keysDialog();
  const toolbar = new Toolbar(store);
  const pages = new Pages(store, thumbnails, h("div", { class: "sl-x-body" }, facets(store), grid.el, detail.el));
  const kept = new Kept({ store, work, page: pages, linked });
  const beside = facts.before === null ? "" : ` · beside an earlier audit of ${oneLine(facts.before)}`;
  const from = `${plural(facts.pictures, "picture")} · ${facts.method} · seed ${facts.seed} · model ${facts.sha256.slice(0, 12)}${beside}`;
  const title = h("h3", { class: "sl-title" }, `Audit of ${oneLine(facts.model)}`);
  const root = h(
    "div",
    { class: "sl-x" },
    h("header", { class: "sl-x-title" }, title, h("p", { class: "sl-caption" }, from), pages.tabs),
    ...limits.map((limit) => h("p", { class: "sl-note" }, limit)),
    toolbar.el,
    problem(store),
    bar.el,
    kept.el,
    ...pages.els,
    keysLine("Keys: ", KEYS),
    help,
  );
  listenToKeys(keys, { store, grid, work, bar, kept, help, search: toolbar.search });
  el.replaceChildren(root);
  await Promise.all([store.show({}), work.refresh()]);
  await kept.openLinked();
}

/** The pages of an explorer, of which one is shown. */
class Pages {
  readonly tabs: HTMLElement;
  readonly els: readonly HTMLElement[];
  #shown: PageName = "pictures";
  readonly #onshow: (name: PageName) => void;

  constructor(store: Store, thumbnails: Thumbnails, pictures: HTMLElement) {
    const overview = new OverviewPage(store, thumbnails, () => this.show("pictures"));
    const map = new MapPage(store, () => this.show("pictures"));
    const titles = { pictures: "Pictures", map: "Map", overview: "Overview" };
    const tabs = choice({
      label: "",
      choices: PAGES.map((name) => [name, titles[name]] as const),
      value: this.#shown,
      onchange: (name) => this.show(name as PageName),
    });
    this.#onshow = (name) => {
      tabs.set(name);
      pictures.hidden = name !== "pictures";
      overview.show(name === "overview");
      map.show(name === "map");
    };
    this.tabs = tabs.el;
    this.tabs.ariaLabel = "Pages";
    this.els = [pictures, map.el, overview.el];
  }

  get(): PageName {
    return this.#shown;
  }

  show(name: PageName): void {
    this.#shown = name;
    this.#onshow(name);
  }
}

/** Facets beside the pictures; on a narrow page they are folded above them. */
function facets(store: Store): HTMLElement {
  const narrow = matchMedia("(max-width: 640px)").matches;
  return h("details", { class: "sl-x-side", open: !narrow }, h("summary", {}, "Facets"), facetPanel(store));
}

function problem(store: Store): HTMLElement {
  const el = h("p", { class: "sl-error", role: "alert", hidden: true });
  store.on(["error"], () => {
    el.hidden = store.error === "";
    el.textContent = store.error;
  });
  return el;
}
