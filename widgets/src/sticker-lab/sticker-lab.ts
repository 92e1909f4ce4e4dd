import type { StickerPlace } from "../../../src/image/sticker.js";
import { plural } from "../../../src/render/format.js";
import { stickerCode } from "../../../src/widgets/sticker-code.js";
import type { StickerCounts, StickerLabTraits } from "../../../src/widgets/traits/index.js";
import { copyText } from "../clipboard.js";
import { announcer, button, h, pictureKeys } from "../dom.js";
import { choice } from "../fields.js";
import type { Received } from "../model.js";
import { messageNotice, noticeLine } from "../notice.js";
import { toRgba } from "../pictures.js";
import type { Render } from "../view.js";
import { workBar } from "../work-bar.js";
import { type LabContents, LabState, type StickerView } from "./lab-state.js";
import { ModelColumn } from "./model-column.js";
import { picker } from "./picker.js";
import { StickerStage, type StickerTool } from "./sticker-stage.js";

/** A sticker to drag over a picture, and what several models say meanwhile. */
export const stickerLab: Render<StickerLabTraits> = async (view) => {
  const contents = await LabState.read(view as StickerView);
  view.el.replaceChildren(new Lab(view as StickerView, contents).el);
};

class Lab {
  readonly el = h("div", { class: "sl-sticker-lab" });
  readonly #view: StickerView;
  readonly #state: LabState;
  readonly #stage: StickerStage;
  readonly #columns: readonly ModelColumn[];
  readonly #models = h("div", { class: "sl-sticker-models" });
  readonly #pictures: ReturnType<typeof picker>;
  readonly #stickers: ReturnType<typeof picker>;
  readonly #count = button("", () => this.#state.count(), { class: "sl-button sl-sticker-count" });
  readonly #counted = h("div", { class: "sl-sticker-counted" });
  readonly #said = announcer();
  readonly #copied = h("div");
  readonly #work = workBar(() => this.#view.request({ type: "cancel" }));
  readonly #notice: ReturnType<typeof noticeLine>;

  constructor(view: StickerView, contents: LabContents) {
    this.#view = view;
    this.#state = new LabState(view, contents, () => this.#follow());
    this.#stage = new StickerStage(view, this.#state);
    this.#columns = view.get("names").map((name, i) => new ModelColumn(view, name, i));
    this.#models.append(...this.#columns.map(({ el }) => el));
    this.#notice = noticeLine(this.el, () => messageNotice(view, "try the sticker"));
    this.#pictures = picker("Pictures", (picture) => this.#state.choose({ picture }));
    this.#stickers = picker("Stickers", (sticker) => this.#pick(sticker));
    this.el.append(this.#title(), this.#notice.el, this.#grid(), pictureKeys(KEYS, "drag"), this.#said.el);
    view.watch(["answers", "move"], () => this.#answered());
    view.watch(["stickers"], () => this.#restock());
    view.watch(["counts", "state", "progress", "message"], () => this.#refresh());
    view.watchKernel(() => this.#refresh());
    this.#fill();
    this.#follow();
    this.#answered();
  }

  #title(): HTMLElement {
    return h("h3", { class: "sl-title" }, "Drag the sticker over the picture. Who is fooled?");
  }

  #grid(): HTMLElement {
    const tool = choice({
      label: "With the hand",
      choices: [
        ["drag", "drag the sticker"],
        ["cut", "cut one out"],
        ["paint", "paint one"],
      ],
      value: "drag",
      onchange: (value) => {
        this.#stage.tool = value as StickerTool;
      },
    });
    const off = button("Take it off", () => this.#state.move(null));
    return h(
      "div",
      { class: "sl-sticker-grid" },
      h("div", { class: "sl-sticker-hand" }, this.#stage.el),
      this.#models,
      h(
        "div",
        { class: "sl-sticker-tools" },
        tool.el,
        h("div", { class: "sl-sticker-shelf" }, this.#stickers.el, off),
        this.#pictures.el,
      ),
      h(
        "div",
        { class: "sl-sticker-over" },
        h(
          "div",
          { class: "sl-buttons" },
          this.#count,
          button("Copy as code", () => this.#copy()),
        ),
        this.#work.el,
        this.#counted,
        this.#copied,
      ),
    );
  }

  #fill(): void {
    this.#pictures.show(this.#state.pictures.map((image, i) => ({ name: `Picture ${i + 1}`, pixels: toRgba(image) })));
    this.#restock();
  }

  #restock(): void {
    this.#state.restock();
    this.#stickers.show(
      this.#state.stickers.map(({ name, data, width, height }) => ({
        name,
        pixels: { data: new Uint8ClampedArray(data), width, height },
      })),
    );
    this.#stickers.press(this.#state.sticker);
  }

  #pick(sticker: number): void {
    this.#state.choose({ sticker, place: this.#state.place ?? { x: 0.2, y: 0.8, size: 0.2 } });
  }

  /** Shows at once what the hand did; the models' answers come after. */
  #follow(): void {
    this.#stage.update();
    this.#pictures.press(this.#state.picture);
    this.#stickers.press(this.#state.sticker);
    this.#refresh();
  }

  #answered(): void {
    const image = this.#state.answered();
    const [answers, plain] = [this.#view.get("answers"), this.#view.get("plain")];
    for (const [i, column] of this.#columns.entries()) {
      if (answers[i] && image) column.show(image, answers[i], plain[i]);
    }
    this.el.dataset.move = String(this.#view.get("move"));
    if (!this.#state.waiting) this.#said.say(this.#columns.map(({ sentence }) => sentence).join("; "));
    this.#refresh();
  }

  #refresh(): void {
    this.#notice.update();
    const counting = this.#view.get("state") === "counting";
    this.#models.setAttribute("aria-busy", String(this.#state.waiting));
    this.#count.textContent = `Count over ${plural(this.#state.pictures.length, "picture")}`;
    this.#count.disabled = !this.#view.live || counting || this.#state.place === null;
    this.#work.update("Counting", this.#view.get("progress"));
    const [counts] = this.#view.get("counts");
    this.#counted.replaceChildren(...(counts ? this.#countOf(counts) : []));
  }

  /** What was counted, and where the sticker lay then. */
  #countOf(counts: Received<StickerCounts>): HTMLElement[] {
    const { label, models, sticker, place } = counts;
    const lines = models.map(({ model, turned, counted, byNoise }) =>
      h(
        "p",
        { class: "sl-change" },
        h("span", { class: "sl-number" }, `${turned} of ${counted}`),
        ` turned to ${label}: ${model} `,
        h("span", { class: "sl-note" }, `(random content of the same size: ${byNoise})`),
      ),
    );
    const moved = !this.#state.lies(sticker, place);
    this.#counted.toggleAttribute("data-moved", moved);
    const where = `${this.#state.stickers[sticker]?.name ?? "The sticker"} ${placeInWords(place)}`;
    return [
      ...lines,
      h("p", { class: "sl-note" }, moved ? `Counted before the sticker moved: ${where}.` : `${where}.`),
    ];
  }

  async #copy(): Promise<void> {
    this.#copied.replaceChildren();
    const [counts] = this.#view.get("counts");
    const place: StickerPlace | null = this.#view.get("place");
    const label = this.#view.get("answers")[0]?.predictions[0]?.label ?? "";
    const now = place ? { label, place, sticker: this.#view.get("sticker") } : undefined;
    const wanted = counts ?? now;
    if (!wanted) {
      this.#said.say("Put the sticker on the picture first.");
      return;
    }
    this.#said.say((await copyText(stickerCode(wanted), this.#copied)) ? "Copied." : "Copy the marked text.");
  }
}

/** "20 % wide, 15 % from the left and 85 % from the top" */
function placeInWords({ x, y, size }: StickerPlace): string {
  const [left, top, wide] = [x, y, size].map((share) => `${Math.round(100 * share)} %`);
  return `${wide} wide, its middle ${left} from the left and ${top} from the top`;
}

const KEYS = [
  ["Arrows", "move the sticker"],
  ["+ −", "make it larger or smaller"],
  ["Esc", "takes it off"],
] as const;
