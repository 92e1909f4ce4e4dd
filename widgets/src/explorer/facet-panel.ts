import type { Column, Facet, Filter } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { button, h } from "../dom.js";
import { columnTitle, columnValue } from "./names.js";
import type { Store } from "./store.js";

/** Columns that readers want first, in this order, then those of their own list; the others follow as the audit has them. */
const FIRST = [
  "flags",
  "tags",
  "case",
  "correct",
  "prediction",
  "truth",
  "probability",
  "concentration",
  "border_share",
  "mask_share",
  "cluster",
  "slices",
  "noted",
];
/** So many are counted from the beginning. */
const OPEN = 9;

/** A list of facets whose counts follow each other. */
export function facetPanel(store: Store): HTMLElement {
  const columns = store.facts.columns.filter(({ kind }) => kind !== "text");
  const rank = ({ name, listed }: Column) =>
    FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length + (listed ? 0 : 1);
  const panel = h("div", { class: "sl-x-facets", role: "group", "aria-label": "Facets" });
  for (const [i, column] of columns.toSorted((a, b) => rank(a) - rank(b)).entries()) {
    panel.append(facet(store, column, i < OPEN));
  }
  return panel;
}

function facet(store: Store, column: Column, open: boolean): HTMLElement {
  const body = h("div", { class: "sl-x-facet" });
  const details = h(
    "details",
    { open, ontoggle: () => void store.watchFacet(column.name, details.open) },
    h("summary", {}, columnTitle(column.name)),
    body,
  );
  const view = column.kind === "number" ? rangeFacet(store, column, body) : valueFacet(store, column, body);
  store.on(["facets"], () => {
    const found = store.facets.get(column.name);
    if (found && details.open) view(found);
  });
  return details;
}

function valueFacet(store: Store, { name }: Column, body: HTMLElement): (facet: Facet) => void {
  const chosenIn = (filter: Filter) =>
    filter.flatMap((one) => (one.kind === "values" && one.column === name ? one.values : []));
  const choose = (value: string | null) => {
    const before = chosenIn(store.wanted.filter);
    const values = before.includes(value) ? before.filter((one) => one !== value) : [...before, value];
    const replaced = values.length > 0 ? ({ kind: "values", column: name, values } as const) : undefined;
    void store.put((one) => one.kind === "values" && one.column === name, replaced);
  };
  return (found) => {
    if (found.kind !== "values") return;
    const most = Math.max(1, ...found.values.map(({ count }) => count));
    const now = chosenIn(store.filter);
    const focused = (body.querySelector(":focus") as HTMLElement | null)?.dataset.value;
    const rows = found.values.map(({ value, count }) => {
      const row = h(
        "button",
        {
          type: "button",
          class: "sl-x-value",
          "aria-pressed": String(now.includes(value)),
          "data-value": value ?? "",
          onclick: () => choose(value),
        },
        h("span", { class: "sl-x-name" }, value === null ? "none" : oneLine(value)),
        h("span", { class: "sl-number" }, count.toLocaleString("en")),
      );
      row.style.setProperty("--share", String(count / most));
      return row;
    });
    const more = found.more > 0 ? [h("p", { class: "sl-caption" }, `and ${plural(found.more, "value")} more`)] : [];
    body.replaceChildren(...rows, ...more);
    if (focused !== undefined) rows.find((row) => row.dataset.value === focused)?.focus();
  };
}

function rangeFacet(store: Store, column: Column, body: HTMLElement): (facet: Facet) => void {
  const { name, low = 0, high = 1 } = column;
  const bars = h("div", { class: "sl-x-bars", "aria-hidden": "true" });
  const words = h("p", { class: "sl-caption sl-number" });
  const isOwn = (one: (typeof store.filter)[number]) => one.kind === "range" && one.column === name;
  const clear = button("All", () => void store.put(isOwn), { hidden: true });
  const title = columnTitle(name);
  const thumb = (label: string) =>
    h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.001,
      "aria-label": `${title} ${label}`,
      onchange: () => save(),
      oninput: () => say(),
    });
  const [from, to] = [thumb("from"), thumb("to")];
  const range = () => {
    const [a, b] = [from.valueAsNumber, to.valueAsNumber];
    return { from: low + Math.min(a, b) * (high - low), to: low + Math.max(a, b) * (high - low) };
  };
  const say = () => {
    const { from: a, to: b } = range();
    words.textContent = `${columnValue(column, a)} to ${columnValue(column, b)}`;
    for (const input of [from, to]) {
      input.setAttribute("aria-valuetext", columnValue(column, low + input.valueAsNumber * (high - low)));
    }
  };
  const save = () => {
    const all =
      Math.min(from.valueAsNumber, to.valueAsNumber) === 0 && Math.max(from.valueAsNumber, to.valueAsNumber) === 1;
    void store.put(isOwn, all ? undefined : { kind: "range", column: name, ...range() });
  };
  body.append(bars, h("div", { class: "sl-range" }, from, to), h("div", { class: "sl-x-range" }, words, clear));
  return (found) => {
    if (found.kind !== "range") return;
    const most = Math.max(1, ...found.counts);
    bars.replaceChildren(
      ...found.counts.map((count) => {
        const bar = h("span", { title: count.toLocaleString("en") });
        bar.style.height = `${(100 * count) / most}%`;
        return bar;
      }),
    );
    const own = store.filter.find(isOwn);
    const [a, b] = own?.kind === "range" ? [own.from, own.to] : [low, high];
    from.valueAsNumber = (a - low) / (high - low);
    to.valueAsNumber = (b - low) / (high - low);
    clear.hidden = own === undefined;
    say();
    if (found.missing > 0) words.textContent += ` · ${plural(found.missing, "picture")} without`;
  };
}
