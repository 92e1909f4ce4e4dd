import type { PictureDetail } from "../../../src/explorer/types.js";
import { mapValue, oneLine, probability } from "../../../src/render/format.js";
import { copyText } from "../clipboard.js";
import { button, h } from "../dom.js";
import { canvasOf } from "../pictures.js";
import { columnTitle } from "./names.js";
import { pictureTest } from "./proofs.js";
import { remarks } from "./remarks.js";
import type { Store } from "./store.js";
import { paintMap, type Thumbnails, thumbnailButton } from "./thumbnails.js";
import type { Work } from "./work.js";

/** Side of the map's picture in pixels: a thumbnail, enlarged. */
const MAP_SIDE = 384;

/** All that is known of the current picture. */
export class Detail {
  readonly el = h("aside", { class: "sl-x-detail", "aria-label": "Picture", hidden: true });
  readonly #store: Store;
  readonly #thumbnails: Thumbnails;
  readonly #work: Work;
  #remarks: HTMLElement | undefined;
  #url = "";
  #shown: number | undefined;

  constructor(store: Store, thumbnails: Thumbnails, work: Work) {
    this.#store = store;
    this.#thumbnails = thumbnails;
    this.#work = work;
    store.on(["current"], () => void this.#update());
    store.on(["annotations"], () => void this.#updateRemarks());
    store.scope.onLeave(() => URL.revokeObjectURL(this.#url));
  }

  async #update(): Promise<void> {
    const { current, opened, ids, backend } = this.#store;
    const id = opened && current !== undefined ? ids[current] : undefined;
    this.el.hidden = id === undefined;
    if (id === this.#shown) return;
    this.#shown = id;
    if (id === undefined) return;
    const detail = await this.#store.attempt(() => backend.detail(id));
    await this.#store.fetchRows([id, ...(detail?.neighbours.map((other) => other.id) ?? [])]);
    await this.#thumbnails.fetchMaps([id]);
    if (detail && this.#shown === id) await this.#show(detail);
  }

  async #show(detail: PictureDetail): Promise<void> {
    const { row, flags, file, id } = detail;
    const said = h("p", { class: "sl-caption" });
    const place = (this.#store.current ?? 0) + 1;
    const copied = h("div", {});
    this.#remarks = remarks(this.#work, detail);
    this.el.replaceChildren(
      h(
        "div",
        { class: "sl-x-head" },
        button("‹", () => this.#store.goTo((this.#store.current ?? 0) - 1), {
          "aria-label": "Previous picture",
          title: "K",
        }),
        button("›", () => this.#store.goTo((this.#store.current ?? 0) + 1), {
          "aria-label": "Next picture",
          title: "J",
        }),
        h(
          "span",
          { class: "sl-caption sl-number" },
          `${place.toLocaleString("en")} of ${this.#store.ids.length.toLocaleString("en")}`,
        ),
        button("Close", () => this.#store.goTo(this.#store.current, false), { title: "Escape" }),
      ),
      answer(row),
      await this.#pictures(id, said),
      said,
      ...flags.map((flag) => h("p", { class: "sl-notice" }, flag)),
      this.#remarks,
      h(
        "div",
        { class: "sl-x-path" },
        h("code", {}, oneLine(file)),
        button("Copy path", () => void copyText(file, copied)),
        copied,
      ),
      pictureTest(this.#store, detail),
      await this.#neighbours(detail),
      facts(row),
    );
  }

  /** What people said of the picture, where that has changed. */
  async #updateRemarks(): Promise<void> {
    const id = this.#shown;
    if (id === undefined || !this.#remarks || this.#remarks.querySelector("textarea:focus")) return;
    const detail = await this.#store.attempt(() => this.#store.backend.detail(id));
    if (!detail || this.#shown !== id) return;
    const fresh = remarks(this.#work, detail);
    this.#remarks?.replaceWith(fresh);
    this.#remarks = fresh;
  }

  /** The picture as the model saw it, with the map above it, and as the file has it. */
  async #pictures(id: number, said: HTMLElement): Promise<HTMLElement> {
    const row = this.#store.row(id);
    const map = this.#thumbnails.map(id);
    const seen = canvasOf(1, 1);
    const small = canvasOf(1, 1);
    if (row) await this.#thumbnails.draw(small, row, false);
    [seen.width, seen.height] = [MAP_SIDE, MAP_SIDE];
    seen.getContext("2d", { willReadFrequently: true })?.drawImage(small, 0, 0, MAP_SIDE, MAP_SIDE);
    if (map) paintMap(seen, map);
    seen.role = "img";
    seen.ariaLabel = map ? "where the model looks" : "the picture as the model saw it";
    const large = h("img", { alt: row ? oneLine(row.path) : "", hidden: true });
    void this.#large(id, large, said);
    return h("div", { class: "sl-x-pictures" }, seen, large);
  }

  async #large(id: number, image: HTMLImageElement, said: HTMLElement): Promise<void> {
    try {
      const bytes = await this.#store.backend.picture(id);
      if (this.#shown !== id) return;
      URL.revokeObjectURL(this.#url);
      this.#url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/jpeg" }));
      image.src = this.#url;
      image.hidden = false;
    } catch (error) {
      said.textContent = `No large picture: ${(error as Error).message}.`;
    }
  }

  async #neighbours({ neighbours }: PictureDetail): Promise<HTMLElement> {
    const cards = neighbours.flatMap(({ id, similarity }) => {
      const row = this.#store.row(id);
      if (!row) return [];
      const name = `${oneLine(row.path)}, maps ${probability(similarity)} alike`;
      return [
        thumbnailButton(this.#thumbnails, row, { name, overlay: false, onclick: () => void this.#store.open(id) }),
      ];
    });
    return h("div", {}, h("h4", {}, "Looked at alike"), h("div", { class: "sl-x-nears" }, ...cards));
  }
}

function answer(row: PictureDetail["row"]): HTMLElement {
  if (row.error !== null) return h("p", { class: "sl-error" }, String(row.error));
  const bar = (label: unknown, p: unknown, note = "") => {
    const line = h(
      "div",
      { class: "sl-x-score" },
      h("span", {}, oneLine(String(label)), note && h("span", { class: "sl-caption" }, ` ${note}`)),
      h("span", { class: "sl-number" }, probability(Number(p))),
    );
    line.style.setProperty("--share", String(p));
    return line;
  };
  const scores = [
    bar(row.prediction, row.probability, row.correct === true ? "right" : row.correct === false ? "wrong" : ""),
  ];
  if (row.second !== null) scores.push(bar(row.second, row.second_probability));
  const listed = [row.prediction, row.second];
  if (row.truth !== null && row.truth_probability !== null && !listed.includes(row.truth)) {
    scores.push(bar(row.truth, row.truth_probability, "the truth"));
  }
  return h("div", { class: "sl-x-scores" }, ...scores);
}

/** Columns that stand elsewhere in the detail, or say where something is stored. */
const ELSEWHERE = new Set([
  "id",
  "prediction",
  "probability",
  "second",
  "second_probability",
  "shard",
  "map_row",
  "error",
]);

function facts(row: PictureDetail["row"]): HTMLElement {
  const lines = Object.entries(row).filter(([name, value]) => !ELSEWHERE.has(name) && value !== null);
  const text = (value: unknown) => (typeof value === "number" ? mapValue(value) : String(value));
  return h(
    "details",
    { open: true },
    h("summary", {}, "All that is known"),
    h(
      "table",
      { class: "sl-x-facts" },
      h(
        "tbody",
        {},
        ...lines.map(([name, value]) =>
          h("tr", {}, h("th", { scope: "row" }, columnTitle(name)), h("td", {}, text(value))),
        ),
      ),
    ),
  );
}
