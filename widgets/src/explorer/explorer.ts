import type { ExplorerBackend } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { h, keysLine } from "../dom.js";
import type { Scope } from "../view.js";
import { Detail } from "./detail.js";
import { facetPanel } from "./facet-panel.js";
import { Grid } from "./grid.js";
import { KEYS, listenToKeys } from "./keyboard.js";
import { Store } from "./store.js";
import { Thumbnails } from "./thumbnails.js";
import { Toolbar } from "./toolbar.js";

interface Host {
  readonly backend: ExplorerBackend;
  readonly scope: Scope;
  /** Where keys are meant for the explorer: the whole page, or its own element. */
  readonly keys: EventTarget;
}

/** Shows an audit in an element, until the scope is left. */
export async function showExplorer(el: HTMLElement, { backend, scope, keys }: Host): Promise<void> {
  el.replaceChildren(h("p", { class: "sl-note", role: "status" }, "Opening the audit …"));
  const facts = await backend.about();
  if (scope.signal.aborted) return;
  const store = new Store(backend, facts, scope);
  const thumbnails = new Thumbnails(store);
  const grid = new Grid(store, thumbnails);
  const detail = new Detail(store, thumbnails);
  const toolbar = new Toolbar(store);
  const root = h(
    "div",
    { class: "sl-x" },
    h(
      "header",
      { class: "sl-x-title" },
      h("h3", { class: "sl-title" }, `Audit of ${oneLine(facts.model)}`),
      h(
        "p",
        { class: "sl-caption" },
        `${plural(facts.pictures, "picture")} · ${facts.method} · seed ${facts.seed} · model ${facts.sha256.slice(0, 12)}`,
      ),
    ),
    toolbar.el,
    problem(store),
    h("div", { class: "sl-x-body" }, facets(store), grid.el, detail.el),
    keysLine("Keys: ", KEYS),
  );
  listenToKeys(keys, store, grid, toolbar.search);
  el.replaceChildren(root);
  await store.show({});
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
