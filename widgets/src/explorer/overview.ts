import type { Condition, Overview, ShownFinding } from "../../../src/explorer/types.js";
import { oneLine, plural, probability } from "../../../src/render/format.js";
import { button, h } from "../dom.js";
import { ChartScope, calibrationSection } from "./calibration.js";
import { confusionSection } from "./confusion.js";
import { labelSections } from "./labels.js";
import { findingTest } from "./proofs.js";
import type { Store } from "./store.js";
import { interval, table } from "./tables.js";
import { type Thumbnails, thumbnailButton } from "./thumbnails.js";

/** Pictures of a finding that stand beside its claim. */
const SHOWN = 8;

/** Pairs that are not folded. */
const PAIRS_SHOWN = 6;

/** What is to be said of the pictures that the conditions leave, as a whole. */
export class OverviewPage {
  readonly el = h("div", { class: "sl-x-page", hidden: true });
  readonly #store: Store;
  readonly #thumbnails: Thumbnails;
  readonly #onshow: () => void;
  #charts: ChartScope | undefined;
  #stale = true;

  /** @param onshow the reader wants to see the pictures of a condition */
  constructor(store: Store, thumbnails: Thumbnails, onshow: () => void) {
    this.#store = store;
    this.#thumbnails = thumbnails;
    this.#onshow = onshow;
    store.on(["order"], () => {
      this.#stale = true;
      if (!this.el.hidden) void this.#update();
    });
  }

  show(shown: boolean): void {
    this.el.hidden = !shown;
    if (shown && this.#stale) void this.#update();
  }

  async #update(): Promise<void> {
    const { filter, backend } = this.#store;
    this.#stale = false;
    // what was said of other pictures is not said of these
    this.el.replaceChildren(h("p", { class: "sl-note", role: "status" }, "Counting …"));
    const overview = await this.#store.attempt(() => backend.overview(filter));
    if (!overview || filter !== this.#store.filter) return;
    const wanted = [
      ...overview.surprising,
      ...overview.findings.flatMap(({ ids, pairs }) => [...ids.slice(0, SHOWN), ...pairs.flat()]),
    ];
    await this.#store.fetchRows(wanted);
    await this.#thumbnails.fetchMaps(wanted);
    this.#charts?.leave();
    this.#charts = new ChartScope(this.#store.scope);
    this.el.replaceChildren(
      this.#findings(overview),
      ...(overview.confusion
        ? [accuracySection(overview.confusion, this.#see), confusionSection(overview.confusion, this.#see)]
        : []),
      ...(overview.labels ? labelSections(this.#charts, overview.labels, this.#see) : []),
      ...calibrationSection(this.#charts, overview),
      this.#surprising(overview),
      leftOutSection(overview, this.#see),
      ...assumedSection(overview),
    );
  }

  /** Shows the pictures for which a condition holds, beside those that hold already. */
  readonly #see = async (...conditions: readonly Condition[]): Promise<void> => {
    const columns = conditions.flatMap((one) => ("column" in one ? one.column : []));
    const kept = this.#store.wanted.filter.filter((one) => !("column" in one && columns.includes(one.column)));
    this.#onshow();
    await this.#store.show({ filter: [...kept, ...conditions] });
  };

  #cards(ids: Iterable<number>): HTMLElement {
    const cards = [...ids].flatMap((id) => {
      const row = this.#store.row(id);
      if (!row) return [];
      const truth = row.truth === null ? "" : `, is ${oneLine(row.truth)}`;
      const name = `${oneLine(row.path)}: ${oneLine(row.prediction ?? "")} ${probability(row.probability ?? 0)}${truth}`;
      return [thumbnailButton(this.#thumbnails, row, { name, overlay: true, onclick: () => void this.#open(id) })];
    });
    return h("div", { class: "sl-x-row" }, ...cards);
  }

  /** Pictures that are the same, one beside the other with their paths; of many, the rest is folded. */
  #pairs(pairs: ShownFinding["pairs"]): HTMLElement {
    const one = (id: number) => {
      const row = this.#store.row(id);
      if (!row) return h("span", {});
      const name = oneLine(row.path);
      const words = [name, row.truth === null ? "" : ` (${oneLine(row.truth)})`].join("");
      const picture = thumbnailButton(this.#thumbnails, row, {
        name,
        overlay: false,
        onclick: () => void this.#open(id),
      });
      return h("figure", {}, picture, h("figcaption", { class: "sl-caption" }, words));
    };
    const lines = pairs.map(([a, b]) => h("li", { class: "sl-x-pair" }, one(a), one(b)));
    const [first, rest] = [lines.slice(0, PAIRS_SHOWN), lines.slice(PAIRS_SHOWN)];
    const more = h(
      "details",
      {},
      h("summary", {}, `${plural(rest.length, "more pair")}`),
      h("ul", { class: "sl-x-pairs" }, ...rest),
    );
    return h("div", {}, h("ul", { class: "sl-x-pairs" }, ...first), rest.length > 0 && more);
  }

  async #open(id: number): Promise<void> {
    this.#onshow();
    await this.#store.open(id);
  }

  #findings({ findings, notLookedFor }: Overview): HTMLElement {
    const found = findings.map((finding) => {
      const { kind, claim, ids, pairs } = finding;
      return h(
        "article",
        { class: "sl-x-finding" },
        h("p", {}, h("strong", {}, kind.replaceAll("-", " ")), " ", oneLine(claim)),
        pairs.length > 0 ? this.#pairs(pairs) : this.#cards(ids.slice(0, SHOWN)),
        button(`Show ${plural(ids.length, "picture")}`, () => {
          void this.#see({ kind: "pictures", ids: [...ids], name: claim });
        }),
        ...findingTest(this.#store, finding),
      );
    });
    return h(
      "section",
      { "aria-label": "Findings" },
      h("h4", {}, "What the audit flags"),
      ...(found.length > 0 ? found : [h("p", { class: "sl-note" }, "Nothing.")]),
      ...notLookedFor.map((missing) => h("p", { class: "sl-caption" }, oneLine(missing))),
    );
  }

  #surprising({ surprising, labels }: Overview): HTMLElement {
    const caption = labels
      ? "Pictures in which a label is missed or mistaken, those whose true label was given the least probability first."
      : "Wrong answers whose true class was given the least probability.";
    return h(
      "section",
      { "aria-label": "Surprises" },
      h("h4", {}, "Most surprising"),
      h("p", { class: "sl-caption" }, caption),
      surprising.length > 0 ? this.#cards(surprising) : h("p", { class: "sl-note" }, "No answer is known to be wrong."),
    );
  }
}

type See = (...conditions: readonly Condition[]) => Promise<void>;

function accuracySection({ all, classes }: NonNullable<Overview["confusion"]>, see: See): HTMLElement {
  const title = h("h4", {}, "How often it is right");
  if (all.rate === null) {
    const why = "No true class is known: audit with --truth to see how often the model is right.";
    return h("section", { "aria-label": "Accuracy" }, title, h("p", { class: "sl-note" }, why));
  }
  const line = (name: Node | string, { right, known, rate, interval: range }: typeof all) => [
    name,
    `${right.toLocaleString("en")} of ${known.toLocaleString("en")}`,
    probability(rate ?? 0),
    interval(range),
  ];
  const rows = classes.map((one) => {
    const words = one.group ? oneLine(one.truth).split("|").join(" or ") : oneLine(one.truth);
    const show = () => void see({ kind: "values", column: "truth", values: [one.truth] });
    return line(button(words, show, { class: "sl-x-link" }), one);
  });
  return h(
    "section",
    { "aria-label": "Accuracy" },
    title,
    table(["true class", "right", "share", "95 %"], [line("all", all), ...rows]),
  );
}

function assumedSection({ assumed }: Overview): HTMLElement[] {
  if (assumed.length === 0) return [];
  const notes = assumed.map((note) => h("p", { class: "sl-note" }, oneLine(note)));
  return [h("section", { "aria-label": "The model" }, h("h4", {}, "What was assumed of the model"), ...notes)];
}

function leftOutSection({ leftOut, notes }: Overview, see: See): HTMLElement {
  const rows = leftOut.map(({ code, pictures, example }) => [code, pictures.toLocaleString("en"), oneLine(example)]);
  const show = () => void see({ kind: "sql", where: "error is not null" });
  return h(
    "section",
    { "aria-label": "Left out" },
    h("h4", {}, "What was left out, and why"),
    ...notes.map((note) => h("p", { class: "sl-note" }, oneLine(note))),
    rows.length > 0 && table(["error", "pictures", "for example"], rows),
    rows.length > 0 && button("Show them", show),
    rows.length === 0 && notes.length === 0 && h("p", { class: "sl-note" }, "Nothing."),
  );
}
