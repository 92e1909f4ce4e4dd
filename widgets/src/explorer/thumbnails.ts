import type { GridRow } from "../../../src/explorer/types.js";
import type { Look } from "../../../src/render/config.js";
import { paint } from "../../../src/render/paint.js";
import { prepareMap } from "../../../src/render/prepared-map.js";
import { h } from "../dom.js";
import { canvasOf, paintCanvas, toRgb } from "../pictures.js";
import { Recent } from "./recent.js";
import type { Store } from "./store.js";

/** Sheets that are kept as they came, and thumbnails that are kept as they are shown: some 30 and 40 MB. */
const SHEETS_KEPT = 200;
const THUMBNAILS_KEPT = 1000;

const LOOK: Look = {
  type: "pixels",
  polarity: "positive",
  clipBelow: 0,
  clipAbove: 100,
  colourMap: "viridis",
  overlay: "grayscale",
  weight: 0.75,
};

/** A map as the explorer has it. */
export interface BareMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Thumbnails, cut from their sheets as they are wanted, with the maps above them. */
export class Thumbnails {
  readonly #store: Store;
  readonly #sheets = new Recent<number, Promise<Blob | undefined>>(SHEETS_KEPT);
  readonly #pictures = new Recent<number, Promise<ImageBitmap | undefined>>(THUMBNAILS_KEPT, (picture) => {
    void picture.then((bitmap) => bitmap?.close());
  });
  readonly #maps = new Recent<number, BareMap | null>(THUMBNAILS_KEPT);

  constructor(store: Store) {
    this.#store = store;
    store.scope.onLeave(() => this.#pictures.clear());
  }

  /** Fetches the maps of pictures that are not here. */
  async fetchMaps(ids: readonly number[]): Promise<void> {
    const missing = ids.filter((id) => this.#maps.get(id) === undefined);
    if (missing.length === 0) return;
    const found = await this.#store.attempt(() => this.#store.backend.maps(missing));
    if (!found) return;
    const { width, height, values } = found;
    missing.forEach((id, i) => {
      const data = values.slice(i * width * height, (i + 1) * width * height);
      this.#maps.set(id, data.length === 0 || Number.isNaN(data[0]) ? null : { data, width, height });
    });
  }

  map(id: number): BareMap | undefined {
    return this.#maps.get(id) ?? undefined;
  }

  /** Draws a picture on a canvas. @param overlay with its map above it, if that is here */
  async draw(canvas: HTMLCanvasElement, row: GridRow, overlay: boolean): Promise<void> {
    const bitmap = await this.#picture(row);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!bitmap || !context) return;
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    context.drawImage(bitmap, 0, 0);
    const map = overlay ? this.map(row.id) : undefined;
    if (map) paintMap(canvas, map);
  }

  #picture(row: GridRow): Promise<ImageBitmap | undefined> {
    const kept = this.#pictures.get(row.id);
    if (kept) return kept;
    const { side, columns } = this.#store.facts.thumbnail;
    const [left, top] = [(row.cell % columns) * side, Math.floor(row.cell / columns) * side];
    const picture = this.#sheet(row.shard)
      .then((sheet) => sheet && createImageBitmap(sheet, left, top, side, side))
      .catch(() => undefined);
    this.#pictures.set(row.id, picture);
    return picture;
  }

  #sheet(shard: number): Promise<Blob | undefined> {
    const kept = this.#sheets.get(shard);
    if (kept) return kept;
    const sheet = this.#store
      .attempt(() => this.#store.backend.sheet(shard))
      .then((bytes) => bytes && new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/webp" }));
    this.#sheets.set(shard, sheet);
    return sheet;
  }
}

/** Draws a map over the picture that a canvas shows; the picture is grey under it. */
export function paintMap(canvas: HTMLCanvasElement, map: BareMap): void {
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const { width, height } = canvas;
  const picture = toRgb(context.getImageData(0, 0, width, height));
  const out = new Uint8ClampedArray(width * height * 4);
  const signed = map.data.some((value) => value < 0);
  const prepared = prepareMap({ ...map, signed }, { width, height });
  const look: Look = signed ? { ...LOOK, colourMap: "pink_green", polarity: "both" } : LOOK;
  paint(prepared, picture, look, out);
  paintCanvas({ data: out, width, height }, canvas);
}

/** A thumbnail to press. */
export function thumbnailButton(
  thumbnails: Thumbnails,
  row: GridRow,
  { name, overlay, onclick }: { readonly name: string; readonly overlay: boolean; onclick(): void },
): HTMLElement {
  const canvas = canvasOf(1, 1);
  void thumbnails.draw(canvas, row, overlay);
  return h("button", { type: "button", class: "sl-x-near", title: name, "aria-label": name, onclick }, canvas);
}
