import { resizeMap } from "../../src/image/resize-map.js";
import { probability } from "../../src/render/format.js";
import { standIn } from "./case-browser.js";
import { announcer, button, h, select, slider } from "./dom.js";
import { photoOf, readExplanation, type ShownExplanation } from "./drawing.js";
import { Cleanup, type Model, type Render } from "./model.js";
import { canvasOf } from "./pictures.js";
import { Viewer } from "./saliency-viewer.js";
import { SharedView, Stage } from "./stage.js";
import { type Zones, zonesOf } from "./zones.js";

interface Traits {
  explanations: readonly object[];
  target: number;
  zones: number;
}

/** Maps without segments are cut into zones on a grid of this many cells a side. */
const GRID = 112;

const COLOURS = { 1: "#00802f", [-1]: "#c2006b" } as const;

/** What spoke for the prediction, and what against it. */
export const positiveNegativePanes: Render<Traits> = async ({ model, el }) => {
  const cleanup = new Cleanup();
  const [wire] = model.get("explanations");
  if (!wire) {
    el.replaceChildren(h("p", { class: "sl-note" }, "No explanation to show yet."));
    return cleanup.run;
  }
  const explanation = await readExplanation(wire);
  const view = new SharedView();
  const status = announcer();
  const title = h("h3", { class: "sl-title" });
  const panes = ([1, -1] as const).map((side) => new Pane(side, explanation, view, cleanup));
  const save = (name: "target" | "zones", value: number) => {
    model.set(name, value);
    model.save_changes();
  };
  const target = select({
    label: "Class",
    choices: explanation.targets.map(({ label, probability: p }, i) => [String(i), `${label}, ${probability(p)}`]),
    value: String(model.get("target")),
    onchange: (value) => save("target", Number(value)),
  });
  const count = slider({
    label: "Zones on each side",
    min: 1,
    max: 20,
    step: 1,
    value: model.get("zones"),
    oninput: (value) => save("zones", value),
  });
  const dialog = h("dialog", { "aria-label": "Larger view" });
  let inner = new Cleanup();
  cleanup.add(() => inner.run());
  const larger = () => {
    inner.run();
    inner = new Cleanup();
    const stand = standIn();
    stand.set("target", model.get("target"));
    stand.set("config", { type: "pixels", polarity: "both", color_map: "pink_green" });
    dialog.replaceChildren(
      button("Close", () => dialog.close(), { autofocus: true }),
      new Viewer(stand, [explanation], inner).el,
    );
    dialog.showModal();
  };
  for (const pane of panes) pane.onopen = larger;
  el.replaceChildren(
    h(
      "div",
      {},
      title,
      h("div", { class: "sl-panes" }, ...panes.map((pane) => pane.el)),
      h(
        "div",
        { class: "sl-under" },
        explanation.targets.length > 1 && target.el,
        count.el,
        button("Larger view", larger),
      ),
      status.el,
      dialog,
    ),
  );
  const update = () => {
    const at = model.get("target");
    const { label, probability: p } = explanation.targets[at];
    title.replaceChildren("Why ", h("strong", {}, label), h("span", { class: "sl-number" }, `, ${probability(p)}?`));
    target.set(String(at));
    count.set(model.get("zones"));
    const found = panes.map((pane) => pane.update(at, model.get("zones")));
    status.say(`${plural(found[0])} for ${label}, ${found[1]} against.`);
  };
  for (const name of ["target", "zones"]) cleanup.on(model as Model<Traits>, `change:${name}`, update);
  update();
  return cleanup.run;
};

const plural = (zones: number) => (zones === 1 ? "1 zone" : `${zones} zones`);

class Pane {
  readonly el: HTMLElement;
  onopen: () => void = () => {};
  readonly #side: 1 | -1;
  readonly #explanation: ShownExplanation;
  readonly #stage: Stage;
  readonly #list = h("ol", { class: "sl-zones" });
  readonly #empty = h("p", { class: "sl-note" });
  readonly #photo: HTMLCanvasElement;
  #zones: Zones = { width: 1, height: 1, zones: [] };
  #lit = -1;

  constructor(side: 1 | -1, explanation: ShownExplanation, view: SharedView, cleanup: Cleanup) {
    this.#side = side;
    this.#explanation = explanation;
    this.#photo = photoOf(explanation);
    let moved = false;
    this.#stage = new Stage({ cleanup, view, label: "" });
    cleanup.listen(this.#stage.el, "pointerdown", () => {
      moved = false;
    });
    cleanup.listen(this.#stage.el, "pointermove", (event) => {
      if (event.buttons) moved = true;
    });
    cleanup.listen(this.#stage.el, "click", () => {
      if (!moved) this.onopen();
    });
    this.#stage.addLayer((context, scale, width, height) => this.#outline(context, scale, width, height));
    this.#list.style.setProperty("--zone", COLOURS[side]);
    this.el = h(
      "section",
      { class: "sl-pane" },
      h("h4", {}, side > 0 ? "For it" : "Against it"),
      this.#stage.el,
      this.#empty,
      this.#list,
    );
  }

  /** @returns how many zones there are */
  update(target: number, count: number): number {
    const map = this.#explanation.maps[target];
    const grid = map.regions
      ? map
      : { data: resizeMap(map.data, map.width, map.height, GRID, GRID), width: GRID, height: GRID, signed: map.signed };
    this.#zones = this.#side < 0 && !map.signed ? { ...grid, zones: [] } : zonesOf(grid, this.#side, count);
    const { zones } = this.#zones;
    const most = zones[0]?.weight ?? 1;
    const percent = (value: number) => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
    this.#list.replaceChildren(
      ...zones.map(({ weight }, i) => {
        const row = h(
          "button",
          {
            type: "button",
            onclick: () => this.onopen(),
            onpointerenter: () => this.#light(i),
            onpointerleave: () => this.#light(-1),
            onfocus: () => this.#light(i),
            onblur: () => this.#light(-1),
          },
          h("span", {}, `Zone ${i + 1}`),
          h("span", { class: "sl-number" }, percent(weight)),
        );
        row.style.setProperty("--part", `${(weight / most) * 100}%`);
        return h("li", {}, row);
      }),
    );
    const { method } = this.#explanation.provenance;
    this.#empty.textContent =
      zones.length > 0
        ? ""
        : this.#side < 0 && !map.signed
          ? `Maps of ${method} say nothing against a class: try a signed method.`
          : "No evidence above noise.";
    this.#stage.label = `${this.#side > 0 ? "For" : "Against"} ${this.#explanation.targets[target].label}: ${plural(zones.length)}${zones.length ? `, the heaviest with ${percent(zones[0].weight)} of the evidence` : ""}. Enter or click for the larger view.`;
    this.#stage.show(this.#dimmed());
    return zones.length;
  }

  #light(zone: number): void {
    this.#lit = zone;
    this.#stage.redraw();
  }

  /** The picture, everything outside of the zones dimmed to a quarter. */
  #dimmed(): HTMLCanvasElement {
    const { width, height, zones } = this.#zones;
    const mask = canvasOf(width, height);
    const context = mask.getContext("2d") as CanvasRenderingContext2D;
    const image = context.createImageData(width, height);
    for (let i = 3; i < image.data.length; i += 4) image.data[i] = 191;
    for (const { cells } of zones) for (const cell of cells) image.data[cell * 4 + 3] = 0;
    context.putImageData(image, 0, 0);
    const out = canvasOf(this.#photo.width, this.#photo.height);
    const target = out.getContext("2d") as CanvasRenderingContext2D;
    target.drawImage(this.#photo, 0, 0);
    target.imageSmoothingEnabled = false;
    target.drawImage(mask, 0, 0, out.width, out.height);
    return out;
  }

  #outline(context: CanvasRenderingContext2D, scale: number, w: number, h2: number): void {
    const { width, height, zones } = this.#zones;
    const [sx, sy] = [w / width, h2 / height];
    for (const [order, { cells }] of zones.entries()) {
      const inside = new Set(cells);
      const path = new Path2D();
      let [mx, my] = [0, 0];
      for (const cell of cells) {
        const [x, y] = [cell % width, Math.floor(cell / width)];
        mx += x + 0.5;
        my += y + 0.5;
        const edge = (present: boolean, x0: number, y0: number, x1: number, y1: number) => {
          if (present) return;
          path.moveTo(x0 * sx, y0 * sy);
          path.lineTo(x1 * sx, y1 * sy);
        };
        edge(x > 0 && inside.has(cell - 1), x, y, x, y + 1);
        edge(x < width - 1 && inside.has(cell + 1), x + 1, y, x + 1, y + 1);
        edge(inside.has(cell - width), x, y, x + 1, y);
        edge(inside.has(cell + width), x, y + 1, x + 1, y + 1);
      }
      context.strokeStyle = "#fff";
      context.lineWidth = (this.#lit === order ? 6 : 4) * scale;
      context.stroke(path);
      context.strokeStyle = COLOURS[this.#side];
      context.lineWidth = (this.#lit === order ? 4 : 2) * scale;
      context.stroke(path);
      const [cx, cy] = nearestCell(cells, width, mx / cells.length, my / cells.length);
      const size = 11 * scale;
      context.beginPath();
      context.arc((cx + 0.5) * sx, (cy + 0.5) * sy, size, 0, 2 * Math.PI);
      context.fillStyle = COLOURS[this.#side];
      context.fill();
      context.fillStyle = "#fff";
      context.font = `600 ${13 * scale}px sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(String(order + 1), (cx + 0.5) * sx, (cy + 0.5) * sy + scale);
    }
  }
}

/** The cell of a zone that is nearest to its middle, so that its number stands inside it. */
function nearestCell(cells: readonly number[], width: number, x: number, y: number): [number, number] {
  let best: [number, number] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (const cell of cells) {
    const [cx, cy] = [cell % width, Math.floor(cell / width)];
    const far = (cx - x) ** 2 + (cy - y) ** 2;
    if (far < least) [least, best] = [far, [cx, cy]];
  }
  return best;
}
