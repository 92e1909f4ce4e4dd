import { probability } from "../../src/render/format.js";
import { axis, Chart, CONTROL, SERIES } from "./charts.js";
import { announcer, button, choice, copyText, h, scoreBars, select, slider } from "./dom.js";
import { draw, paintDifference, photoOf, readExplanation, type ShownExplanation } from "./drawing.js";
import { bytesOf, Cleanup, isLive, type Model, type Render } from "./model.js";
import { canvasOf, decodePicture, paintCanvas } from "./pictures.js";
import { SharedView, Stage } from "./stage.js";

interface Score {
  readonly index: number;
  readonly label: string;
  readonly probability: number;
}

interface Entry {
  readonly action: string;
  readonly fill: string;
  readonly offset: readonly [number, number];
  readonly runs: readonly number[];
  readonly before: readonly Score[];
  readonly after: readonly Score[];
  readonly target: Score;
  readonly area: number;
  readonly change: number;
  readonly controls: readonly number[];
  readonly chance: number | null;
  readonly claimed: number;
  readonly sentence: string;
}

interface Traits {
  explanation: readonly object[];
  grid: readonly [number, number];
  segments: unknown;
  target: Score;
  history: readonly Entry[];
  at: number | null;
  changed: unknown;
  difference: readonly { data: unknown; width: number; height: number }[];
  state: "ready" | "working" | "failed";
  message: string;
}

type Tool = "brush" | "rectangle" | "segment";
type Action = "hide" | "keep" | "move";
type Place = { readonly x: number; readonly y: number };

const percent = (value: number) => `${Math.round(value * 100)} %`;

/** Draw on the picture, and see what the model says without that part. */
export const testTheClaim: Render<Traits> = async ({ model, el }) => {
  const cleanup = new Cleanup();
  const [wire] = model.get("explanation");
  if (!wire) {
    el.replaceChildren(h("p", { class: "sl-note" }, "Nothing to test yet."));
    return cleanup.run;
  }
  const explanation = await readExplanation(wire);
  const claim = new Claim(model, explanation, cleanup);
  el.replaceChildren(claim.el);
  return cleanup.run;
};

class Claim {
  readonly el: HTMLElement;
  readonly #model: Model<Traits>;
  readonly #width: number;
  readonly #height: number;
  readonly #segments: Int32Array;
  readonly #mask: Uint8Array;
  readonly #overlay: HTMLCanvasElement;
  readonly #stage: Stage;
  readonly #after: Stage;
  readonly #results = h("div", { class: "sl-results" });
  readonly #afterTitle = h("h4", {}, "What the model saw then");
  readonly #differenceStage: Stage;
  readonly #differenceBox: HTMLElement;
  readonly #chart: Chart;
  readonly #status = announcer();
  readonly #copied = h("div");
  readonly #undo: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  readonly #notes = h("p", { class: "sl-note" });
  #tool: Tool = "rectangle";
  #action: Action = "hide";
  #fill = "blur";
  #brush = 0.06;
  #start: Place | undefined;
  #offset: [number, number] = [0, 0];
  #cursor: Place = { x: 0.5, y: 0.5 };
  #corner: Place | undefined;

  constructor(model: Model<Traits>, explanation: ShownExplanation, cleanup: Cleanup) {
    this.#model = model;
    [this.#width, this.#height] = model.get("grid");
    this.#mask = new Uint8Array(this.#width * this.#height);
    const raw = bytesOf(model.get("segments"));
    this.#segments = new Int32Array(raw.slice().buffer);
    const view = new SharedView();
    this.#overlay = document.createElement("canvas");
    this.#overlay.width = this.#width;
    this.#overlay.height = this.#height;
    this.#stage = new Stage({
      cleanup,
      view,
      size: 420,
      label: `Picture to draw on. Arrow keys move the cursor, space draws a part, Enter tests it.`,
      ondrag: (phase, place, event) => this.#drag(phase, place, event),
      onkey: (event) => this.#key(event),
    });
    this.#stage.addLayer((context, scale, w, height) => {
      context.imageSmoothingEnabled = false;
      const [dx, dy] = this.#action === "move" ? this.#offset : [0, 0];
      context.drawImage(this.#overlay, 0, 0, w, height);
      if (dx || dy) {
        context.globalAlpha = 0.7;
        context.drawImage(this.#overlay, (dx / this.#width) * w, (dy / this.#height) * height, w, height);
        context.globalAlpha = 1;
      }
      if (this.#keyboard) {
        context.strokeStyle = "#fff";
        context.lineWidth = 2 * scale;
        context.strokeRect(this.#cursor.x * w - 6 * scale, this.#cursor.y * height - 6 * scale, 12 * scale, 12 * scale);
        context.strokeStyle = "#000";
        context.strokeRect(this.#cursor.x * w - 8 * scale, this.#cursor.y * height - 8 * scale, 16 * scale, 16 * scale);
      }
    });
    this.#after = new Stage({ cleanup, view, size: 420, label: "The changed picture" });
    this.#differenceStage = new Stage({ cleanup, size: 240, label: "Map of the changed picture minus the map before" });
    this.#differenceBox = h(
      "figure",
      { class: "sl-difference", hidden: true },
      this.#differenceStage.el,
      h("figcaption", {}, "map after − map before: green gained, pink lost evidence"),
    );
    this.#chart = new Chart(model as Model<never>, cleanup, {
      label: "Change of the probability for this region and for regions of the same shape elsewhere",
      height: 150,
    });
    this.#undo = button("Undo", () => this.#go(-1));
    this.#redo = button("Redo", () => this.#go(1));
    const photo = photoOf(explanation);
    const target = Math.max(
      0,
      explanation.targets.findIndex(({ index }) => index === model.get("target").index),
    );
    const map = draw(explanation, target, {}).canvas();
    const backgrounds = { map, picture: photo } as const;
    const tools = h(
      "div",
      { class: "sl-controls" },
      choice({
        label: "Draw with",
        choices: [
          ["rectangle", "rectangle"],
          ["brush", "brush"],
          ["segment", "segment"],
        ],
        value: this.#tool,
        onchange: (value) => {
          this.#tool = value as Tool;
        },
      }).el,
      choice({
        label: "And then",
        choices: [
          ["hide", "hide it"],
          ["keep", "keep only it"],
          ["move", "move it"],
        ],
        value: this.#action,
        onchange: (value) => {
          this.#action = value as Action;
          this.#offset = [0, 0];
          if (value !== "move") this.#test();
          else this.#notes.textContent = "Drag the part to where it should be (or Shift and arrow keys, then Enter).";
          this.#stage.redraw();
        },
      }).el,
      select({
        label: "Fill with",
        choices: [
          ["blur", "the picture blurred"],
          ["black", "black"],
          ["mean", "its mean colour"],
          ["noise", "noise"],
        ],
        value: this.#fill,
        onchange: (value) => {
          this.#fill = value;
          this.#test();
        },
      }).el,
      slider({
        label: "Size of the brush",
        min: 0.02,
        max: 0.25,
        step: 0.01,
        value: this.#brush,
        text: percent,
        oninput: (value) => {
          this.#brush = value;
        },
      }).el,
      select({
        label: "Draw on",
        choices: [
          ["map", "the map"],
          ["picture", "the picture"],
        ],
        value: "map",
        onchange: (value) => this.#stage.show(backgrounds[value as keyof typeof backgrounds], true),
      }).el,
      h(
        "div",
        { class: "sl-buttons" },
        this.#undo,
        this.#redo,
        button("New region", () => this.#clear()),
        button("Copy history as code", () => void this.#copy()),
      ),
      this.#notes,
      this.#copied,
      this.#status.el,
    );
    const title = h(
      "h3",
      { class: "sl-title" },
      "Is it true for ",
      h("strong", {}, model.get("target").label),
      h("span", { class: "sl-number" }, `, ${probability(model.get("target").probability)}?`),
    );
    this.el = h(
      "div",
      { class: "sl-claim" },
      title,
      h(
        "div",
        { class: "sl-claim-grid" },
        h("div", {}, h("h4", {}, "Draw on a part of the picture"), this.#stage.el),
        h("div", {}, this.#afterTitle, this.#after.el),
        tools,
      ),
      this.#results,
      h("div", { class: "sl-claim-evidence" }, this.#chart.el, this.#differenceBox),
    );
    this.#stage.show(map);
    this.#after.show(photo);
    for (const name of ["history", "at", "state", "message"])
      cleanup.on(model, `change:${name}`, () => this.#refresh());
    cleanup.on(model, "change:changed", () => void this.#showChanged());
    cleanup.on(model, "change:difference", () => this.#showDifference());
    cleanup.on(model, "comm_live_update", () => this.#refresh());
    this.#photo = photo;
    this.#local = model.get("at") ?? -1;
    this.#restore();
    this.#refresh();
    void this.#showChanged();
    this.#showDifference();
  }

  #photo: HTMLCanvasElement;
  #local: number;
  #keyboard = false;

  get #entry(): Entry | undefined {
    return this.#model.get("history")[this.#local];
  }

  #drag(phase: "start" | "move" | "end", place: Place, event: PointerEvent): boolean {
    this.#keyboard = false;
    if (event.altKey && phase === "start") return false;
    if (this.#action === "move" && this.#mask.includes(1)) this.#shift(phase, place);
    else if (this.#tool === "segment") {
      if (phase === "start") this.#toggleSegment(place);
    } else if (this.#tool === "brush") {
      if (phase === "start" && !event.shiftKey) this.#mask.fill(0);
      if (phase !== "end") this.#dab(place);
    } else this.#box(phase, place);
    this.#paint();
    if (phase === "end") this.#test();
    return true;
  }

  #shift(phase: string, place: Place): void {
    if (phase === "start") this.#start = place;
    if (!this.#start) return;
    this.#offset = [
      Math.round((place.x - this.#start.x) * this.#width),
      Math.round((place.y - this.#start.y) * this.#height),
    ];
  }

  #box(phase: string, place: Place): void {
    if (phase === "start") this.#start = place;
    if (!this.#start) return;
    this.#fillBox(this.#start, place);
  }

  #fillBox(a: Place, b: Place): void {
    this.#mask.fill(0);
    const [left, right] = [a.x, b.x].map((x) => Math.round(Math.min(1, Math.max(0, x)) * this.#width)).sort(byValue);
    const [top, bottom] = [a.y, b.y].map((y) => Math.round(Math.min(1, Math.max(0, y)) * this.#height)).sort(byValue);
    for (let y = top; y < bottom; y++) this.#mask.fill(1, y * this.#width + left, y * this.#width + right);
  }

  #dab({ x, y }: Place): void {
    const radius = (this.#brush * Math.min(this.#width, this.#height)) / 2;
    const [cx, cy] = [x * this.#width, y * this.#height];
    for (let py = Math.max(0, Math.floor(cy - radius)); py < Math.min(this.#height, cy + radius); py++) {
      for (let px = Math.max(0, Math.floor(cx - radius)); px < Math.min(this.#width, cx + radius); px++) {
        if ((px + 0.5 - cx) ** 2 + (py + 0.5 - cy) ** 2 <= radius ** 2) this.#mask[py * this.#width + px] = 1;
      }
    }
  }

  #toggleSegment({ x, y }: Place): void {
    const at =
      Math.min(this.#height - 1, Math.max(0, Math.floor(y * this.#height))) * this.#width +
      Math.min(this.#width - 1, Math.max(0, Math.floor(x * this.#width)));
    const segment = this.#segments[at];
    const value = this.#mask[at] ? 0 : 1;
    this.#segments.forEach((other, i) => {
      if (other === segment) this.#mask[i] = value;
    });
  }

  #key(event: KeyboardEvent): boolean {
    const arrows: Record<string, readonly [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[event.key];
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.#go(event.shiftKey ? 1 : -1);
    else if (event.key === "Enter") this.#test();
    else if (event.key === "Escape") this.#clear();
    else if (event.key === " ") this.#drawAtCursor();
    else if (arrow && event.shiftKey && this.#action === "move") {
      this.#offset = [this.#offset[0] + arrow[0] * 8, this.#offset[1] + arrow[1] * 8];
    } else if (arrow) {
      const inside = (value: number) => Math.min(1, Math.max(0, value));
      this.#cursor = { x: inside(this.#cursor.x + arrow[0] / 28), y: inside(this.#cursor.y + arrow[1] / 28) };
      if (this.#corner) this.#fillBox(this.#corner, this.#cursor);
    } else return false;
    this.#keyboard = true;
    this.#paint();
    return true;
  }

  /** With the keyboard: a dab, a segment, or one corner of a rectangle and then the other. */
  #drawAtCursor(): void {
    if (this.#tool === "brush") this.#dab(this.#cursor);
    else if (this.#tool === "segment") this.#toggleSegment(this.#cursor);
    else if (this.#corner) {
      this.#fillBox(this.#corner, this.#cursor);
      this.#corner = undefined;
      this.#test();
    } else this.#corner = this.#cursor;
  }

  #paint(): void {
    const context = this.#overlay.getContext("2d");
    if (!context) return;
    const image = context.createImageData(this.#width, this.#height);
    const inside = (x: number, y: number) =>
      x >= 0 && y >= 0 && x < this.#width && y < this.#height && this.#mask[y * this.#width + x] === 1;
    this.#mask.forEach((value, i) => {
      if (!value) return;
      const [x, y] = [i % this.#width, Math.floor(i / this.#width)];
      const edge = !inside(x - 1, y) || !inside(x + 1, y) || !inside(x, y - 1) || !inside(x, y + 1);
      image.data.set(edge ? [255, 200, 0, 255] : [255, 200, 0, (x + y) % 6 < 2 ? 150 : 60], i * 4);
    });
    context.putImageData(image, 0, 0);
    this.#stage.redraw();
  }

  #clear(): void {
    this.#mask.fill(0);
    this.#offset = [0, 0];
    this.#corner = undefined;
    this.#paint();
  }

  #test(): void {
    if (!this.#mask.includes(1) || (this.#action === "move" && !this.#offset[0] && !this.#offset[1])) return;
    if (!isLive(this.#model as Model<never>)) {
      this.#status.say("No kernel listens: what was tested before can be looked at.");
      return;
    }
    this.#status.say("Asking the model …");
    const gesture = {
      type: "test",
      action: this.#action,
      fill: this.#fill,
      offset: this.#offset,
      at: this.#local < 0 ? null : this.#local,
    };
    this.#model.send(gesture, undefined, [this.#mask.slice().buffer]);
  }

  #go(step: number): void {
    const length = this.#model.get("history").length;
    this.#local = Math.min(length - 1, Math.max(-1, this.#local + step));
    this.#restore();
    this.#refresh();
    void this.#showChanged();
  }

  /** Puts the region of the shown entry back on the picture. */
  #restore(): void {
    const entry = this.#entry;
    this.#mask.fill(0);
    let at = 0;
    entry?.runs.forEach((length, i) => {
      this.#mask.fill(i % 2, at, at + length);
      at += length;
    });
    this.#offset = entry ? [...entry.offset] : [0, 0];
    this.#paint();
  }

  async #copy(): Promise<void> {
    const [width, height] = [this.#width, this.#height];
    const lines = this.#model.get("history").map(({ action, fill, offset, runs }) => {
      const options = JSON.stringify({ action, fill, ...(action === "move" && { offset }) });
      return `await test.test(regionFromRuns(${width}, ${height}, ${JSON.stringify(runs)}), ${options});`;
    });
    const code = [
      'import { regionFromRuns, TestTheClaim } from "sightline/widgets";',
      "const test = new TestTheClaim(model, image, explanation);",
      ...lines,
    ].join("\n");
    this.#copied.replaceChildren();
    this.#status.say((await copyText(code, this.#copied)) ? "Copied." : "Copy the marked text.");
  }

  #length = -1;

  #refresh(): void {
    const history = this.#model.get("history");
    if (history.length !== this.#length || this.#model.get("state") === "working") {
      this.#length = history.length;
      this.#local = this.#model.get("at") ?? -1;
    }
    const entry = this.#entry;
    const live = isLive(this.#model as Model<never>);
    this.#undo.disabled = this.#local < 0;
    this.#redo.disabled = this.#local >= history.length - 1;
    const state = this.#model.get("state");
    this.el.dataset.state = state;
    this.#notes.textContent =
      state === "failed"
        ? this.#model.get("message")
        : live
          ? ""
          : "The kernel is gone: earlier tests can still be looked at.";
    if (!entry) {
      this.#results.replaceChildren(h("p", { class: "sl-note" }, "Draw a rectangle on what the map says is decisive."));
      this.#chart.el.hidden = true;
      return;
    }
    const before = new Map(entry.before.map((score) => [score.index, score.probability]));
    const { target } = entry;
    const rows = [
      { label: target.label, before: target.probability, probability: target.probability + entry.change },
      ...entry.after
        .filter(({ index }) => index !== target.index)
        .map(({ index, label, probability: now }) => ({ label, before: before.get(index), probability: now })),
    ];
    const lost = entry.target.probability > 0 ? -entry.change / entry.target.probability : 0;
    const asMuch = (chance: number) => Math.round(chance * (entry.controls.length + 1)) - 1;
    const rank =
      entry.chance === null
        ? "Comparing with random regions …"
        : `${asMuch(entry.chance)} of ${entry.controls.length} regions of the same shape elsewhere do as much.`;
    const claim =
      entry.action === "keep"
        ? `The map had put ${percent(entry.claimed)} of its evidence here; alone it keeps ${percent(1 - lost)} of the probability.`
        : `The map had put ${percent(entry.claimed)} of its evidence here; without it ${percent(Math.max(0, lost))} of the probability is gone.`;
    this.#results.replaceChildren(
      h("div", {}, h("h4", {}, "Before → after"), scoreBars(rows)),
      h(
        "div",
        { class: "sl-verdict" },
        h("h4", {}, `Claimed and happened (${percent(entry.area)} of the picture)`),
        h("p", {}, claim),
        h("p", {}, rank),
      ),
    );
    this.#status.say(state === "working" ? "" : `${entry.sentence}.`);
    this.#chart.el.hidden = entry.controls.length === 0;
    if (entry.controls.length === 0) return;
    const [least, most] = [Math.min(...entry.controls, entry.change), Math.max(...entry.controls, entry.change)];
    this.#chart.draw(
      [
        {
          type: "scatter",
          mode: "markers",
          x: entry.controls,
          y: entry.controls.map((_, i) => 0.35 + (((i * 7) % 11) / 11) * 0.5),
          marker: { color: CONTROL, size: 7, symbol: "circle-open" },
          hovertemplate: "elsewhere: %{x:.2f}<extra></extra>",
        },
        {
          type: "scatter",
          mode: "markers+text",
          x: [entry.change],
          y: [0.15],
          text: ["this region"],
          textposition: entry.change < (least + most) / 2 ? "middle right" : "middle left",
          marker: { color: SERIES[1], size: 13, symbol: "diamond" },
          hovertemplate: "this region: %{x:.2f}<extra></extra>",
        },
      ],
      {
        xaxis: axis(`change of the probability of ${entry.target.label}`, { zeroline: true, zerolinecolor: "#888" }),
        yaxis: axis("", { visible: false, range: [0, 1] }),
      },
    );
  }

  async #showChanged(): Promise<void> {
    const bytes = bytesOf(this.#model.get("changed"));
    const newest = this.#local === this.#model.get("at");
    this.#after.show(
      this.#local >= 0 && newest && bytes.length > 0
        ? this.#asPhoto(paintCanvas(await decodePicture(bytes)))
        : this.#photo,
      true,
    );
    this.#afterTitle.textContent = this.#local < 0 ? "The picture as it is" : "What the model saw then";
  }

  #showDifference(): void {
    const [map] = this.#model.get("difference");
    this.#differenceBox.hidden = map === undefined;
    if (map) this.#differenceStage.show(this.#asPhoto(paintDifference(map)));
  }

  /** What lies evenly over the picture, in the picture's proportions. */
  #asPhoto(source: HTMLCanvasElement): HTMLCanvasElement {
    const { width, height } = this.#photo;
    const canvas = canvasOf(width, height);
    canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
    return canvas;
  }
}

const byValue = (a: number, b: number) => a - b;
