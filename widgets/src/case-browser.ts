import { CASES, type Case, caseOf } from "../../src/explain/cases.js";
import { probability } from "../../src/render/format.js";
import { axis, Chart, SERIES } from "./charts.js";
import { announcer, button, h, slider, uniqueId } from "./dom.js";
import { readExplanation } from "./drawing.js";
import { Cleanup, isLive, type Model, type Render } from "./model.js";
import { pictureUrl } from "./pictures.js";
import { Viewer } from "./saliency-viewer.js";

interface Item {
  readonly name: string;
  readonly thumbnail: unknown;
  readonly predictions: readonly { index: number; label: string; probability: number }[];
  readonly concentration: number | null;
}

interface Traits {
  items: readonly Item[];
  truths: readonly string[];
  labels: readonly string[];
  high: number;
  mixed: number;
  plausible: number;
  selection: readonly number[];
  opened: number | null;
  explanation: readonly object[];
  message: string;
}

/** Shape and colour of each case in the chart: colour is never alone. */
const MARKS: Readonly<Record<Case, { readonly color: string; readonly symbol: string }>> = {
  "true positive, high confidence": { color: SERIES[0], symbol: "circle" },
  "true positive, low confidence": { color: SERIES[4], symbol: "circle-open" },
  "false positive, high confidence": { color: SERIES[1], symbol: "x" },
  "false positive, low confidence": { color: SERIES[5], symbol: "x-open" },
  "missed class": { color: SERIES[3], symbol: "triangle-down" },
  "mixed predictions": { color: SERIES[2], symbol: "diamond" },
  "confident, truth unknown": { color: "#666666", symbol: "square" },
  "uncertain, truth unknown": { color: "#999999", symbol: "square-open" },
};

/** Pictures of one case that are shown before the reader asks for more. */
const PAGE = 24;

/** A set of pictures, sorted by how the prediction meets the truth. */
export const caseBrowser: Render<Traits> = ({ model, el }) => {
  const cleanup = new Cleanup();
  const items = model.get("items");
  const urls = items.map(({ thumbnail }) => pictureUrl(thumbnail, "image/jpeg"));
  cleanup.add(() => {
    for (const url of urls) URL.revokeObjectURL(url);
  });
  const status = announcer();
  const gallery = h("div", { class: "sl-gallery" });
  const counts = h("p", { class: "sl-caption" });
  const chart = new Chart(model as Model<never>, cleanup, {
    label: "Confidence against concentration of the map, one mark for each picture",
    height: 320,
    modes: ["select2d", "lasso2d"],
  });
  const listId = uniqueId("labels");
  const detail = h("section", { class: "sl-detail", hidden: true });
  const save = (change: Partial<Traits>) => {
    for (const [name, value] of Object.entries(change)) model.set(name as keyof Traits, value as never);
    model.save_changes();
  };
  const threshold = (name: "high" | "mixed" | "plausible", label: string) =>
    slider({
      label,
      min: 0,
      max: 1,
      step: 0.01,
      value: model.get(name),
      text: probability,
      oninput: (value) => save({ [name]: value }),
    });
  const sliders = {
    high: threshold("high", "Confident from"),
    mixed: threshold("mixed", "Mixed from this share of the first"),
    plausible: threshold("plausible", "Missed rather than denied from"),
  };
  const all = button("Show all", () => save({ selection: [] }));
  const root = h(
    "div",
    { class: "sl-cases" },
    h(
      "div",
      { class: "sl-cases-head" },
      h("div", { class: "sl-controls" }, sliders.high.el, sliders.mixed.el, sliders.plausible.el, counts, all),
      chart.el,
    ),
    detail,
    gallery,
    h(
      "datalist",
      { id: listId },
      ...model
        .get("labels")
        .slice(0, 2000)
        .map((label) => h("option", { value: label })),
    ),
    status.el,
  );
  el.replaceChildren(root);

  const thresholds = () => ({ high: model.get("high"), mixed: model.get("mixed"), plausible: model.get("plausible") });
  const cases = (): Case[] =>
    items.map(({ predictions }, i) => caseOf(predictions, model.get("truths")[i] || undefined, thresholds()));

  const cards = items.map((item, i) => {
    const [first] = item.predictions;
    return h(
      "button",
      {
        type: "button",
        class: "sl-card",
        "data-index": i,
        onclick: () => save({ opened: i }),
      },
      h("img", { src: urls[i], alt: "", width: 112, height: 112, loading: "lazy" }),
      h("span", { class: "sl-card-label" }, first.label),
      h("span", { class: "sl-number" }, probability(first.probability)),
    );
  });

  const shown = new Map<Case, number>();
  interface Section {
    readonly el: HTMLElement;
    readonly title: HTMLElement;
    readonly grid: HTMLElement;
    readonly more: HTMLButtonElement;
    /** What the grid shows now. */
    key: string;
  }
  const sections = new Map<Case, Section>();
  for (const name of CASES) {
    const title = h("h4", {});
    const grid = h("div", { class: "sl-cards", role: "list" });
    const more = button("More", () => {
      shown.set(name, (shown.get(name) ?? PAGE) + 4 * PAGE);
      update();
    });
    sections.set(name, { el: h("section", { "aria-label": name }, title, grid, more), title, grid, more, key: "" });
  }

  /** The chart waits until the hand rests: Plotly is slower than a frame. */
  let quiet = 0;
  let charted = false;
  cleanup.add(() => clearTimeout(quiet));
  const update = () => {
    const now = cases();
    const selection = new Set(model.get("selection"));
    const chosen = (i: number) => selection.size === 0 || selection.has(i);
    const groups = new Map<Case, number[]>(CASES.map((name) => [name, []]));
    now.forEach((name, i) => {
      if (chosen(i)) groups.get(name)?.push(i);
    });
    const visible: HTMLElement[] = [];
    for (const [name, members] of groups) {
      const section = sections.get(name);
      if (!section || members.length === 0) continue;
      members.sort((a, b) => items[b].predictions[0].probability - items[a].predictions[0].probability);
      const limit = shown.get(name) ?? PAGE;
      section.title.textContent = `${name} · ${members.length}`;
      const listed = members.slice(0, limit);
      const key = listed.map((i) => `${i} ${model.get("truths")[i]}`).join("\n");
      if (section.key !== key) section.grid.replaceChildren(...listed.map((i) => named(i, name)));
      section.key = key;
      section.more.hidden = members.length <= limit;
      section.more.textContent = `${members.length - limit} more`;
      visible.push(section.el);
    }
    gallery.replaceChildren(...visible);
    counts.textContent = `${selection.size || items.length} of ${items.length} pictures`;
    all.hidden = selection.size === 0;
    clearTimeout(quiet);
    quiet = window.setTimeout(() => scatter(now), charted ? 150 : 0);
    charted = true;
  };

  const named = (i: number, name: Case) => {
    const truth = model.get("truths")[i];
    const card = cards[i];
    card.setAttribute(
      "aria-label",
      `${items[i].name}: ${items[i].predictions[0].label}, ${probability(items[i].predictions[0].probability)}${truth ? `, truth ${truth}` : ""}, ${name}`,
    );
    card.title = `${items[i].name}${truth ? `\ntruth: ${truth}` : ""}`;
    card.toggleAttribute("data-open", model.get("opened") === i);
    return h("div", { role: "listitem" }, card);
  };

  const scatter = (now: readonly Case[]) => {
    const withMaps = items.map((_, i) => i).filter((i) => items[i].concentration !== null);
    chart.el.hidden = withMaps.length === 0;
    if (withMaps.length === 0) return;
    const present = CASES.filter((name) => withMaps.some((i) => now[i] === name));
    chart.draw(
      present.map((name) => {
        const members = withMaps.filter((i) => now[i] === name);
        return {
          type: "scatter",
          mode: "markers",
          name,
          x: members.map((i) => items[i].predictions[0].probability),
          y: members.map((i) => items[i].concentration),
          customdata: members,
          text: members.map((i) => plotText(`${items[i].name}: ${items[i].predictions[0].label}`)),
          hovertemplate: "%{text}<extra></extra>",
          marker: { ...MARKS[name], size: 9, line: { width: 1.5 } },
        };
      }),
      {
        dragmode: "lasso",
        showlegend: true,
        legend: { orientation: "h", y: -0.3, font: { size: 11 } },
        margin: { l: 52, r: 12, t: 30, b: 40 },
        xaxis: axis("confidence", { range: [-0.02, 1.02] }),
        yaxis: axis("concentration of the map", { range: [-0.02, 1.05] }),
      },
    );
  };
  type Points = { readonly points?: readonly { readonly customdata: number }[] } | undefined;
  chart.on("plotly_selected", (event: Points) => {
    const points = event?.points?.map(({ customdata }) => customdata) ?? [];
    save({ selection: points });
  });
  chart.on("plotly_click", (event: Points) => {
    const [point] = event?.points ?? [];
    if (point) save({ opened: point.customdata });
  });

  let inner = new Cleanup();
  cleanup.add(() => inner.run());
  const open = async () => {
    inner.run();
    inner = new Cleanup();
    const index = model.get("opened");
    const item = index === null ? undefined : items[index];
    detail.hidden = item === undefined;
    for (const [i, card] of cards.entries()) card.toggleAttribute("data-open", i === index);
    if (index === null || item === undefined) return;
    const [wire] = model.get("explanation");
    const truthId = uniqueId("truth");
    const truth = h("input", {
      id: truthId,
      list: listId,
      placeholder: "unknown",
      onchange: () => {
        const truths = [...model.get("truths")];
        truths[index] = truth.value;
        save({ truths });
        status.say(truth.value ? `Truth of ${item.name} set to ${truth.value}.` : `Truth of ${item.name} unknown.`);
      },
    });
    truth.value = model.get("truths")[index] ?? "";
    const close = button("Close", () => save({ opened: null }), { "aria-label": `Close ${item.name}` });
    const step = (by: number) => button(by < 0 ? "← Previous" : "Next →", () => save({ opened: neighbour(index, by) }));
    const place = h("div", {});
    detail.replaceChildren(
      h(
        "div",
        { class: "sl-detail-head" },
        h("strong", {}, item.name),
        h("label", { for: truthId }, "Truth"),
        truth,
        step(-1),
        step(1),
        close,
      ),
      place,
    );
    if (wire) {
      const explanation = await readExplanation(wire);
      if (model.get("opened") === index) place.replaceChildren(new Viewer(standIn(), [explanation], inner).el);
    } else {
      place.replaceChildren(
        h("img", { src: urls[index], alt: `${item.name}, small`, width: 224, height: 224 }),
        h(
          "p",
          { class: "sl-note" },
          isLive(model as Model<never>) ? model.get("message") : "No kernel: the map of this picture was not saved.",
        ),
      );
    }
  };
  /** The next picture in the order of the gallery. */
  const neighbour = (index: number, by: number): number => {
    const order = [...gallery.querySelectorAll<HTMLElement>(".sl-card")].map((card) => Number(card.dataset.index));
    const at = order.indexOf(index);
    return order[(at + by + order.length) % order.length] ?? index;
  };

  let frame = 0;
  const schedule = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(update);
  };
  cleanup.add(() => cancelAnimationFrame(frame));
  for (const name of ["high", "mixed", "plausible"] as const) {
    cleanup.on(model, `change:${name}`, () => {
      sliders[name].set(model.get(name));
      schedule();
    });
  }
  for (const name of ["truths", "selection"]) cleanup.on(model, `change:${name}`, schedule);
  for (const name of ["opened", "explanation", "message"]) cleanup.on(model, `change:${name}`, () => void open());
  update();
  void open();
  if (model.get("opened") !== null && model.get("explanation").length === 0 && isLive(model as Model<never>)) {
    model.send({ type: "reopen" });
  }
  return cleanup.run;
};

/** Text in a Plotly label, which knows some markup. */
function plotText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A model of its own for a viewer inside another widget. */
export function standIn(): Model<{
  explanations: readonly object[];
  shown: number;
  target: number;
  config: Record<string, unknown>;
  methods: readonly string[];
  message: string;
}> {
  const values: Record<string, unknown> = {
    explanations: [],
    shown: 0,
    target: 0,
    config: {},
    methods: [],
    message: "",
  };
  const listeners = new Map<string, Set<() => void>>();
  return {
    get: (name) => values[name] as never,
    set(name, value) {
      values[name] = value;
      for (const listener of listeners.get(`change:${name}`) ?? []) listener();
    },
    save_changes() {},
    on: (event, listener) => void listeners.set(event, (listeners.get(event) ?? new Set()).add(listener as () => void)),
    off: (event, listener) => void listeners.get(event)?.delete(listener as () => void),
    send() {},
    comm_live: false,
  };
}
