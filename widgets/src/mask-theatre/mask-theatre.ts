import type { RawImage } from "../../../src/image/types.js";
import { probability } from "../../../src/render/format.js";
import type { MapLike } from "../../../src/render/noise.js";
import type { MaskTheatreTraits } from "../../../src/widgets/traits/index.js";
import { answerCanvas, mapCanvas } from "../answer-map.js";
import { takeAppended } from "../appended.js";
import type { Place } from "../camera.js";
import { announcer, button, h, keysLine } from "../dom.js";
import { readMap } from "../explanation.js";
import { choice, slider } from "../fields.js";
import { kernelNotice, type Notice, noticeLine } from "../notice.js";
import { decodePicture, paintCanvas, toRgb, toRgba } from "../pictures.js";
import { Stage } from "../stage.js";
import type { Render } from "../view.js";
import { workBar } from "../work-bar.js";
import { AnswerPanel } from "./answer-panel.js";
import { Player } from "./player.js";
import { RunRecord, type TheatreView } from "./run-record.js";
import { RunningMap } from "./running-map.js";
import { SettledGuess } from "./settled-guess.js";
import { ShownPictures } from "./shown-picture.js";

/** How a map comes about, step by step and at speed. */
export const maskTheatre: Render<MaskTheatreTraits> = async (view) => {
  const image = toRgb(await decodePicture(view.get("picture")));
  const hidden = await Promise.all(
    [...view.get("hidden")].map(async (picture) => paintCanvas(await decodePicture(picture))),
  );
  view.el.replaceChildren(new Theatre(view as TheatreView, image, hidden).el);
};

/** Steps of the run that a slider offers before their number is known. */
const UNKNOWN = 1;

class Theatre {
  readonly el = h("div", { class: "sl-theatre" });
  readonly #view: TheatreView;
  readonly #pictures: ShownPictures;
  readonly #image: RawImage;
  readonly #player: Player;
  readonly #guess = new SettledGuess();
  readonly #shown: Stage;
  readonly #map: Stage;
  readonly #says = new AnswerPanel();
  readonly #status = announcer();
  readonly #notice: ReturnType<typeof noticeLine>;
  readonly #work = workBar(() => this.#view.request({ type: "cancel" }));
  readonly #play = button("Play", () => this.#toggle(), { class: "sl-button sl-theatre-play" });
  readonly #step = button("Step", () => this.#stepOn());
  readonly #place: ReturnType<typeof slider>;
  readonly #where = h("p", { class: "sl-theatre-where sl-number" });
  readonly #heading = h("h4");
  readonly #verdict = h("p", { class: "sl-theatre-verdict" });
  readonly #notes = h("p", { class: "sl-caption" });
  #record: RunRecord | undefined;
  #running: RunningMap | undefined;
  /** Steps that are in the map. */
  #at = 0;
  /** A cell that the reader points at. */
  #cell: number | undefined;
  /** Whether Step was pressed before there was one. */
  #steps = false;

  constructor(view: TheatreView, image: RawImage, hidden: readonly HTMLCanvasElement[]) {
    this.#view = view;
    this.#pictures = new ShownPictures(paintCanvas(toRgba(image)), hidden);
    this.#image = image;
    this.#player = new Player(view, (steps) => this.#advance(steps));
    this.#shown = new Stage({
      scope: view,
      size: 400,
      onpoint: (place) => this.#point(place),
      onkey: (event) => this.#moveCell(event),
    });
    this.#map = new Stage({
      scope: view,
      size: 400,
      ondrag: (phase, place) => phase !== "start" || this.#guessAt(place),
      onkey: ({ key, ctrlKey, metaKey, altKey }) => !ctrlKey && !metaKey && !altKey && this.#guessByKey(key),
    });
    this.#map.addLayer(this.#guess.layer);
    this.#place = slider({
      label: "Step",
      min: 0,
      max: Math.max(UNKNOWN, view.get("total")),
      step: 1,
      value: 0,
      oninput: (value) => {
        this.#player.pause();
        this.#go(value);
      },
    });
    this.#notice = noticeLine(this.el, () => this.#noticeNow());
    this.el.append(this.#title(), this.#notice.el, this.#scene(), this.#controls(), this.#keys(), this.#status.el);
    takeAppended(view, "steps", () => view.get("steps"));
    takeAppended(view, "previews", () => view.get("previews"));
    view.watch(["plans", "steps", "previews", "total", "state", "final", "progress", "message", "notes"], () =>
      this.#follow(),
    );
    view.watchKernel(() => this.#follow());
    this.#follow();
    if (this.#final) this.#go(this.#count);
  }

  get #count(): number {
    return this.#record?.count ?? 0;
  }

  get #final() {
    return this.#view.get("final").at(0);
  }

  #title(): HTMLElement {
    const { label, probability: whole } = this.#view.get("target");
    return h(
      "h3",
      { class: "sl-title sl-theatre-title" },
      `How ${this.#view.get("method")} makes its map for `,
      h("strong", {}, label),
      ", ",
      h("span", { class: "sl-number", title: String(whole) }, probability(whole)),
    );
  }

  #scene(): HTMLElement {
    const isLayer = this.#view.get("method").endsWith("recipro-cam");
    return h(
      "div",
      { class: "sl-theatre-scene" },
      h(
        "section",
        { class: "sl-theatre-shown", "aria-label": "What the model is shown" },
        h("h4", {}, isLayer ? "One cell is kept" : "The model is shown"),
        this.#shown.el,
      ),
      h(
        "section",
        { class: "sl-theatre-says", "aria-label": "What it answers" },
        h("h4", {}, "It answers"),
        this.#says.el,
      ),
      h("section", { class: "sl-theatre-map", "aria-label": "The map" }, this.#heading, this.#map.el),
      h("div", { class: "sl-theatre-under" }, this.#verdict, this.#notes),
    );
  }

  #controls(): HTMLElement {
    const speed = choice({
      label: "Speed",
      choices: [
        ["1", "× 1"],
        ["10", "× 10"],
        ["100", "× 100"],
      ],
      value: "1",
      onchange: (value) => {
        this.#player.speed = Number(value);
      },
    });
    return h(
      "div",
      { class: "sl-theatre-controls" },
      h("div", { class: "sl-buttons" }, this.#play, this.#step, this.#where),
      speed.el,
      this.#place.el,
      this.#work.el,
    );
  }

  #keys(): HTMLElement {
    return keysLine("In the map: ", [
      ["Arrows", "guess where it will settle"],
      ["Esc", "take the guess back"],
    ]);
  }

  #noticeNow(): Notice | undefined {
    const message = this.#view.get("message");
    if (message) return { text: message, stale: false };
    return this.#final ? undefined : kernelNotice(this.#view, "watch the method at work");
  }

  /** Takes up what the kernel has sent. */
  #follow(): void {
    const view = this.#view;
    const [plan] = view.get("plans");
    const steps = view.get("steps");
    if (!plan) this.#forget();
    else if (!this.#record || steps.length === 0 || !this.#record.follow(steps)) {
      this.#record = new RunRecord(plan);
      this.#record.follow(steps);
      this.#running = new RunningMap(this.#record, view.get("target").probability, view.get("look").signed);
    }
    this.#record?.followPreviews(view.get("previews"));
    if (this.#steps && this.#count > 0) {
      this.#steps = false;
      this.#at = 1;
    }
    this.#go(Math.min(this.#at, this.#count));
  }

  #forget(): void {
    this.#record = undefined;
    this.#running = undefined;
    this.#at = 0;
    this.#cell = undefined;
  }

  #toggle(): void {
    if (this.#player.playing) {
      this.#player.pause();
      this.#status.say(`Paused after step ${this.#at}`);
    } else {
      this.#begin();
      if (this.#ended) this.#at = 0;
      this.#player.play();
    }
    this.#show();
  }

  #stepOn(): void {
    this.#player.pause();
    this.#begin();
    if (this.#count === 0) this.#steps = true;
    this.#go(Math.min(this.#at + 1, this.#count));
  }

  /** Has the kernel run the method, unless it has or does. */
  #begin(): void {
    if (this.#view.live && !this.#final) this.#view.request({ type: "run" });
  }

  get #ended(): boolean {
    return this.#final !== undefined && this.#at === this.#count && this.#count > 0;
  }

  #advance(steps: number): void {
    const before = this.#at;
    this.#at = Math.min(this.#count, this.#at + steps);
    if (this.#ended) {
      this.#player.pause();
      this.#status.say("This is the map.");
    }
    if (this.#at !== before) this.#cell = undefined;
    this.#show();
  }

  #go(at: number): void {
    this.#at = Math.min(this.#count, Math.max(0, Math.round(at)));
    this.#show();
  }

  /** The step that is looked at: what the reader points at, or the last one in the map. */
  get #looked(): number {
    return this.#cell ?? this.#at - 1;
  }

  #show(): void {
    const view = this.#view;
    const { label, probability: whole } = view.get("target");
    const [record, running, step] = [this.#record, this.#running, this.#looked];
    const isStep = record !== undefined && running !== undefined && step >= 0;
    this.#shown.show(isStep ? this.#pictures.at(record, step) : this.#pictures.photo);
    this.#shown.label = isStep ? `What the model is shown at step ${step + 1}` : "The whole picture";
    this.#showMap();
    const [steps, total] = [this.#at, Math.max(view.get("total"), this.#count)];
    this.#says.show(isStep ? { record, running, step, steps, total, label } : undefined, label, whole);
    this.#showControls(total);
  }

  #showMap(): void {
    const final = this.#ended ? this.#final : undefined;
    const image = this.#image;
    const map = final ? undefined : this.#running?.after(this.#at, this.#view.get("total"));
    if (final) this.#map.show(answerCanvas(image, { ...final, view: { x: 0, y: 0, ...sizeOf(image) } }), true);
    else this.#map.show(map ? this.#drawn(image, map) : this.#pictures.photo);
    this.#heading.textContent = final ? "The map" : "The map so far";
    this.#map.label = final
      ? "The map. Arrow keys move your guess."
      : `The map after ${this.#at} steps. Arrow keys guess where it will be strongest.`;
    const weaker = final && this.#guess.weakerThan(readMap(final.maps[0]));
    const settled =
      weaker === undefined ? "" : `Your place is stronger than ${Math.round(100 * weaker)} % of the picture.`;
    const open = this.#guess.place ? "Your guess is marked: play on." : "Where will it settle? Click on the map.";
    this.#verdict.textContent = final ? settled : open;
    this.#notes.textContent = final ? [...this.#view.get("notes")].join(" · ") : "";
  }

  #drawn(image: RawImage, map: MapLike): HTMLCanvasElement {
    return mapCanvas(image, {
      map,
      prediction: this.#view.get("target"),
      scale: 0,
      view: { x: 0, y: 0, ...sizeOf(image) },
      defaults: this.#view.get("look").defaults,
      provenance: { method: this.#view.get("method"), score: "none" },
    });
  }

  #showControls(total: number): void {
    const { live } = this.#view;
    const state = this.#view.get("state");
    const idle = this.#count === 0 && !live;
    this.el.dataset.state = state;
    this.el.dataset.step = String(this.#at);
    this.#play.textContent = this.#player.playing ? "Pause" : this.#ended ? "Play again" : "Play";
    this.#play.disabled = idle;
    this.#step.disabled = idle || this.#ended;
    this.#where.textContent = total > 0 ? `${this.#at.toLocaleString("en")} of ${total.toLocaleString("en")}` : "";
    const input = this.#place.el.querySelector("input");
    if (input) {
      input.max = String(Math.max(UNKNOWN, this.#count));
      input.disabled = this.#count === 0;
    }
    this.#place.set(this.#at);
    this.#work.update(this.#view.get("method"), this.#view.get("progress"));
    this.#notice.update();
  }

  #guessAt(place: Place): boolean {
    this.#guess.put(place);
    this.#map.redraw();
    this.#showMap();
    return true;
  }

  #guessByKey(key: string): boolean {
    if (key === "Escape") this.#guess.place = undefined;
    else if (!this.#guess.key(key)) return false;
    this.#map.redraw();
    this.#showMap();
    return true;
  }

  #point(place: Place | undefined): void {
    const plan = this.#record?.plan;
    if (plan?.kind !== "cells") return;
    const cell = place && Math.floor(place.y * plan.rows) * plan.columns + Math.floor(place.x * plan.columns);
    this.#lookAt(cell);
  }

  #moveCell({ key }: KeyboardEvent): boolean {
    const plan = this.#record?.plan;
    if (plan?.kind !== "cells") return false;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -plan.columns,
      ArrowDown: plan.columns,
    };
    if (!Object.hasOwn(moves, key)) return false;
    const cell = Math.max(0, this.#looked) + moves[key];
    if (cell >= 0 && cell < this.#count) {
      this.#lookAt(cell);
      this.#status.say(`Cell ${cell + 1}: ${probability(this.#record?.answer(cell) ?? 0)}`);
    }
    return true;
  }

  #lookAt(cell: number | undefined): void {
    if (this.#player.playing) return;
    this.#cell = cell !== undefined && cell >= 0 && cell < this.#count ? cell : undefined;
    this.#show();
  }
}

const sizeOf = ({ width, height }: { width: number; height: number }) => ({ width, height });
