import { median } from "../../../src/core/statistics.js";
import { probability } from "../../../src/render/format.js";
import { regionFromRuns } from "../../../src/widgets/region-runs.js";
import type { GuessAnswer } from "../../../src/widgets/traits/index.js";
import { announcer, button, h } from "../dom.js";
import { draw } from "../drawing.js";
import { readExplanation, type ShownExplanation } from "../explanation.js";
import type { Received } from "../model.js";
import { messageNotice, noticeLine } from "../notice.js";
import { decodePicture, paintCanvas } from "../pictures.js";
import { outlineRegion } from "../region-outline.js";
import { change } from "../score-bars.js";
import { Stage } from "../stage.js";
import { pictureWithout } from "./guess-editor.js";
import { type GuessView, guessTitle, percent } from "./guess-round.js";

/** Milliseconds for which each picture stays when they are shown in turn. */
const TURN = 1600;

const MAP_COLOUR = "#5ce1ff";
const GUESS_COLOUR = "#ffd400";

/** A row of the answer: what is hidden, what the model says then, and how the picture looks. */
interface Row {
  readonly name: string;
  readonly rank: string;
  readonly after: number;
  readonly region: ReturnType<typeof regionFromRuns>;
  readonly colour: string;
}

/** What the model says without each guess, without the map's region and without random ones. */
export class GuessAnswerView {
  readonly el: HTMLElement;
  readonly #view: GuessView;
  readonly #answer: Received<GuessAnswer>;
  readonly #photo: HTMLCanvasElement;
  readonly #hidden: HTMLCanvasElement;
  readonly #map: HTMLCanvasElement;
  readonly #rows: readonly Row[];
  readonly #stage: Stage;
  readonly #said = announcer();
  readonly #buttons: HTMLButtonElement[] = [];
  readonly #restart = button("New round", () => this.#view.request({ type: "restart" }));
  readonly #play = button("Show in turn", () => this.#inTurn(), { class: "sl-button" });
  /** Which button is pressed: the guesses, the map, or a row. */
  #shown = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  static async read(
    view: GuessView,
    photo: HTMLCanvasElement,
    answer: Received<GuessAnswer>,
  ): Promise<GuessAnswerView> {
    const explanation = await readExplanation(answer.explanation);
    const hidden = paintCanvas(await decodePicture(answer.hidden));
    return new GuessAnswerView(view, { photo, hidden, explanation, answer });
  }

  private constructor(
    view: GuessView,
    parts: {
      readonly photo: HTMLCanvasElement;
      readonly hidden: HTMLCanvasElement;
      readonly explanation: ShownExplanation;
      readonly answer: Received<GuessAnswer>;
    },
  ) {
    this.#view = view;
    this.#answer = parts.answer;
    this.#photo = parts.photo;
    this.#hidden = parts.hidden;
    this.#map = draw(parts.explanation, 0, {}).canvas();
    this.#rows = this.#readRows();
    this.#stage = new Stage({ scope: view, size: 560, label: "What is shown of the answer" });
    this.#stage.addLayer((context, pixel, width, height) => {
      for (const { region, colour, rank } of this.#outlined()) {
        const { mask: data } = region;
        outlineRegion(context, { ...region, data }, { pixel, width, height }, { colour, text: rank });
      }
    });
    view.onLeave(() => clearTimeout(this.#timer));
    this.el = h("div", { class: "sl-guess", "data-state": "revealed" });
    const notice = noticeLine(this.el, () => messageNotice(view, "guess again"));
    this.el.append(
      guessTitle(view),
      notice.el,
      h("div", { class: "sl-guess-grid" }, this.#left(), this.#right(parts.explanation)),
    );
    const follow = () => {
      this.#restart.disabled = !view.live;
      notice.update();
    };
    view.watchKernel(follow);
    follow();
    this.#show(0);
  }

  /** Says the answer and shows its pictures in turn, unless the reader wants no motion. */
  begin(): void {
    this.#said.say(this.#answer.sentence);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.#inTurn();
  }

  #readRows(): Row[] {
    const [width, height] = this.#view.get("grid");
    const { guesses, map } = this.#answer;
    const region = (runs: readonly number[]) => regionFromRuns(width, height, runs);
    const best = {
      name: "the map's region",
      rank: "map",
      after: map.after,
      region: region(map.runs),
      colour: MAP_COLOUR,
    };
    const others = guesses.map(({ name, runs, after, rank }) => {
      return { name, rank: String(rank), after, region: region(runs), colour: GUESS_COLOUR };
    });
    return [best, ...others];
  }

  #left(): HTMLElement {
    const shows = [
      ["The map", () => this.#press(0)],
      ["All guesses", () => this.#press(1)],
    ] as const;
    const tools = shows.map(([text, press]) => button(text, press, { "aria-pressed": "false" }));
    this.#buttons.unshift(...tools);
    return h(
      "div",
      { class: "sl-guess-picture" },
      this.#stage.el,
      h("div", { class: "sl-buttons" }, ...tools, this.#play),
    );
  }

  #right(explanation: ShownExplanation): HTMLElement {
    const { notes, random, randomOfMap } = this.#answer;
    const elsewhere =
      random.length === 0
        ? []
        : [
            `Random regions: the guesses' own shapes elsewhere; of the map's shape ${probability(median(randomOfMap))} (median of ${randomOfMap.length}).`,
          ];
    const method = `Map: ${explanation.provenance.method}. Hidden parts: ${this.#view.get("fill")}.`;
    return h(
      "div",
      { class: "sl-guess-side" },
      this.#headline(),
      this.#table(),
      h("p", { class: "sl-caption" }, [method, ...elsewhere, ...notes.map((note) => `${note}.`)].join(" ")),
      h("div", { class: "sl-buttons" }, this.#restart),
      this.#said.el,
    );
  }

  /** ".94 → .82 yours · .94 → .11 the map's · median of 50 random ones .89", to be read from the back row. */
  #headline(): HTMLElement {
    const { guesses, map, random } = this.#answer;
    const before = this.#view.get("target").probability;
    const [best] = guesses;
    const lines: [HTMLElement, string][] = [
      [change(best.after, before), guesses.length === 1 ? "yours" : bestGuess(best.name)],
      [change(map.after, before), "the map's"],
    ];
    if (random.length > 0) lines.push([change(median(random)), `median of ${random.length} random ones`]);
    return h(
      "div",
      { class: "sl-guess-headline" },
      ...lines.map(([number, text]) => h("p", { class: "sl-change" }, number, " ", h("span", {}, text))),
    );
  }

  #table(): HTMLElement {
    const before = this.#view.get("target").probability;
    const rows = this.#rows.map(({ name, rank, after }, i) => {
      const bar = h("span", { class: "sl-score-bar" }, h("span", { class: "sl-score-before" }));
      bar.style.setProperty("--now", `${Math.round(1000 * after) / 10}%`);
      bar.style.setProperty("--before", `${Math.round(1000 * before) / 10}%`);
      const row = button("", () => this.#press(i + 2), {
        class: "sl-button sl-guess-row",
        "aria-pressed": "false",
      });
      row.append(
        h("span", { class: "sl-number" }, i === 0 ? "–" : rank),
        h("span", { class: "sl-guess-name", title: name }, name),
        bar,
        h("span", { class: "sl-number" }, probability(after)),
      );
      this.#buttons.push(row);
      return h("li", {}, row);
    });
    return h(
      "div",
      {},
      h("h4", {}, `Without each region, from ${probability(before)}`),
      h("ol", { class: "sl-guess-rows", "data-many": rows.length > 9 }, ...rows),
    );
  }

  #press(at: number): void {
    this.#stop();
    this.#show(at);
    const row = this.#rows[at - 2];
    if (row) this.#said.say(`Without ${row.name}: ${probability(row.after)}.`);
  }

  /** The regions whose edges are drawn over what is shown now. */
  #outlined(): readonly Row[] {
    if (this.#shown === 0) return [this.#rows[0]];
    if (this.#shown === 1) return this.#rows;
    const row = this.#rows[this.#shown - 2];
    return row ? [row] : [];
  }

  #show(at: number): void {
    this.#shown = at;
    const row = this.#rows[at - 2];
    this.#stage.show(
      at === 0 ? this.#map : row ? pictureWithout(this.#photo, this.#hidden, row.region) : this.#photo,
      true,
    );
    this.#stage.label =
      at === 0
        ? "The map"
        : row
          ? `The picture without ${row.name}, ${percent(this.#view.get("share"))} of it`
          : "All guesses";
    for (const [i, each] of this.#buttons.entries()) each.setAttribute("aria-pressed", String(i === at));
  }

  #inTurn(): void {
    if (this.#timer !== undefined) {
      this.#stop();
      return;
    }
    const turns = [0, 3, 2];
    const next = () => {
      const at = turns.shift();
      if (at === undefined || this.#view.signal.aborted) {
        this.#stop();
        return;
      }
      this.#show(at);
      this.#timer = setTimeout(next, TURN);
    };
    this.#play.textContent = "Stop";
    next();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#play.textContent = "Show in turn";
  }
}

/** Who made it; guesses without a name have a number. */
const bestGuess = (name: string) => (/^\d+$/.test(name) ? `number ${name}, the best guess` : `${name}, the best guess`);
