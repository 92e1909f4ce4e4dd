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
  /** Longest side of the picture, in CSS pixels. */
  readonly size?: number;
  /** Called when the reader wants to look closer, at a zone or at all. */
  onopen(zone?: number): void;
}

/** The zones of one side, on the picture and as a ranked list. */
export class Pane {
  readonly el: HTMLElement;
  readonly #side: Side;
  readonly #explanation: ShownExplanation;
  readonly #onopen: (zone?: number) => void;
  readonly #stage: Stage;
  readonly #list = h("ol", { class: "sl-zones" });
  readonly #empty = h("p", { class: "sl-note" });
  readonly #photo: HTMLCanvasElement;
  #zones: Zones = { width: 1, height: 1, zones: [] };
  #lit: number | undefined;
  #chosen: number | undefined;

  constructor(scope: Scope, { side, explanation, camera, size, onopen }: PaneOptions) {
    this.#side = side;
    this.#explanation = explanation;
    this.#onopen = onopen;
    this.#photo = photoOf(explanation);
    this.#stage = new Stage({
      scope,
      view: camera,
      size,
      onkey: ({ key }) => {
        if (key === "Enter") onopen();
        return key === "Enter";
      },
    });
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

  /** Finds the zones of a class. @returns the weight of the heaviest, 0 where there is none */
  find(target: number, count: number): number {
    const map = this.#explanation.maps[target];
    const grid = map.regions
      ? map
      : { data: resizeMap(map.data, map.width, map.height, GRID, GRID), width: GRID, height: GRID, signed: map.signed };
    const silent = this.#side < 0 && !map.signed;
    this.#zones = silent ? { ...grid, zones: [] } : zonesOf(grid, this.#side, count);
    return this.#zones.zones[0]?.weight ?? 0;
  }

  /**
   * Shows the zones that were found.
   * @param longest the weight that a bar of full length stands for
   */
  show(target: number, longest: number): void {
    const { zones } = this.#zones;
    this.#list.replaceChildren(...zones.map((_, i) => this.#row(i, longest)));
    const { method } = this.#explanation.provenance;
    const silent = this.#side < 0 && !this.#explanation.maps[target].signed;
    const nothing = silent
      ? `Maps of ${method} say nothing against a class: try a signed method.`
      : "No evidence above noise.";
    this.#empty.textContent = zones.length > 0 ? "" : nothing;
    const { label } = this.#explanation.targets[target];
    const heaviest = zones.length > 0 ? `, the heaviest with ${percent(zones[0].weight)} of the evidence` : "";
    const side = this.#side > 0 ? "For" : "Against";
    this.#stage.label = `${side} ${label}: ${zonesInWords(zones.length)}${heaviest}. Enter or click for the larger view.`;
    this.#stage.show(dimOutside(this.#photo, this.#zones));
  }

  /** How many zones there are. */
  get count(): number {
    return this.#zones.zones.length;
  }

  /** Chooses a zone: it is outlined strongly until another one is chosen. */
  choose(zone: number | undefined): void {
    this.#chosen = zone;
    for (const [i, row] of [...this.#list.querySelectorAll("button")].entries()) {
      row.setAttribute("aria-pressed", String(i === zone));
    }
    this.#light(undefined);
  }

  #row(zone: number, longest: number): HTMLElement {
    const { zones } = this.#zones;
    const { weight } = zones[zone];
    const row = h(
      "button",
      {
        type: "button",
        onclick: () => this.#onopen(zone),
        onpointerenter: () => this.#light(zone),
        onpointerleave: () => this.#light(undefined),
        onfocus: () => this.#light(zone),
        onblur: () => this.#light(undefined),
      },
      h("span", {}, `Zone ${zone + 1}`),
      h("span", { class: "sl-number", title: String(weight) }, percent(weight)),
    );
    row.style.setProperty("--part", `${(weight / longest) * 100}%`);
    return h("li", {}, row);
  }

  /** Outlines the zone that is pointed at, else the chosen one. */
  #light(zone: number | undefined): void {
    this.#lit = zone ?? this.#chosen;
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
