import { resizeMap } from "../../../src/image/resize-map.js";
import type { SharedView } from "../camera.js";
import { h } from "../dom.js";
import { photoOf } from "../drawing.js";
import type { ShownExplanation } from "../explanation.js";
import { Stage } from "../stage.js";
import type { Scope } from "../view.js";
import { dimOutside, outlineZones } from "./zone-drawing.js";
import { type Zones, zonesOf } from "./zones.js";

/** Maps without segments are cut into zones on a grid of this many cells a side. */
const GRID = 112;

/** For a class, or against it. */
export type Side = 1 | -1;

const COLOURS = { 1: "#00802f", [-1]: "#c2006b" } as const;

export interface PaneOptions {
  readonly side: Side;
  readonly explanation: ShownExplanation;
  readonly camera: SharedView;
  /** Called when the reader wants to look closer. */
  onopen(): void;
}

/** The zones of one side, on the picture and as a ranked list. */
export class Pane {
  readonly el: HTMLElement;
  readonly #side: Side;
  readonly #explanation: ShownExplanation;
  readonly #onopen: () => void;
  readonly #stage: Stage;
  readonly #list = h("ol", { class: "sl-zones" });
  readonly #empty = h("p", { class: "sl-note" });
  readonly #photo: HTMLCanvasElement;
  #zones: Zones = { width: 1, height: 1, zones: [] };
  #lit: number | undefined;

  constructor(scope: Scope, { side, explanation, camera, onopen }: PaneOptions) {
    this.#side = side;
    this.#explanation = explanation;
    this.#onopen = onopen;
    this.#photo = photoOf(explanation);
    this.#stage = new Stage({ scope, view: camera });
    this.#openOnClick(scope);
    this.#stage.addLayer((context, pixel, width, height) =>
      outlineZones(context, this.#zones, { colour: COLOURS[side], lit: this.#lit, pixel, width, height }),
    );
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
    const silent = this.#side < 0 && !map.signed;
    this.#zones = silent ? { ...grid, zones: [] } : zonesOf(grid, this.#side, count);
    const { zones } = this.#zones;
    this.#list.replaceChildren(...zones.map((_, i) => this.#row(i)));
    const { method } = this.#explanation.provenance;
    const nothing = silent
      ? `Maps of ${method} say nothing against a class: try a signed method.`
      : "No evidence above noise.";
    this.#empty.textContent = zones.length > 0 ? "" : nothing;
    const { label } = this.#explanation.targets[target];
    const heaviest = zones.length > 0 ? `, the heaviest with ${percent(zones[0].weight)} of the evidence` : "";
    const side = this.#side > 0 ? "For" : "Against";
    this.#stage.label = `${side} ${label}: ${zonesInWords(zones.length)}${heaviest}. Enter or click for the larger view.`;
    this.#stage.show(dimOutside(this.#photo, this.#zones));
    return zones.length;
  }

  #row(zone: number): HTMLElement {
    const { zones } = this.#zones;
    const { weight } = zones[zone];
    const row = h(
      "button",
      {
        type: "button",
        onclick: this.#onopen,
        onpointerenter: () => this.#light(zone),
        onpointerleave: () => this.#light(undefined),
        onfocus: () => this.#light(zone),
        onblur: () => this.#light(undefined),
      },
      h("span", {}, `Zone ${zone + 1}`),
      h("span", { class: "sl-number" }, percent(weight)),
    );
    row.style.setProperty("--part", `${(weight / zones[0].weight) * 100}%`);
    return h("li", {}, row);
  }

  #light(zone: number | undefined): void {
    this.#lit = zone;
    this.#stage.redraw();
  }

  /** A click opens the larger view; a drag does not. */
  #openOnClick(scope: Scope): void {
    let moved = false;
    scope.listen(this.#stage.el, "pointerdown", () => {
      moved = false;
    });
    scope.listen(this.#stage.el, "pointermove", (event) => {
      if (event.buttons) moved = true;
    });
    scope.listen(this.#stage.el, "click", () => {
      if (!moved) this.#onopen();
    });
  }
}

export const zonesInWords = (count: number) => (count === 1 ? "1 zone" : `${count} zones`);

const percent = (value: number) => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
