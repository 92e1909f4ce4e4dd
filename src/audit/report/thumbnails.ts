import { toBase64 } from "../../core/bytes.js";
import { escapeHtml } from "../../core/html.js";
import { oneLine } from "../../render/format.js";
import { SHARD, shardFiles, thumbnailSheet } from "../shards/shard.js";
import type { Storage } from "../shards/storage.js";
import { left, thumbnailCutter, top } from "../shards/thumbnail-cutter.js";
import type { MapPlace } from "../types.js";

/** A picture and where its thumbnail is stored. */
export interface Place extends MapPlace {
  readonly path: string;
}

/** Thumbnails of a page: each is a window on a sheet that it shares with others. */
export interface Thumbnails {
  /** The sheets and their windows, as CSS. */
  readonly css: string;
  /** CSS classes of a picture's window. */
  classes(place: Place): string;
  /** The picture as HTML. */
  html(place: Place): string;
}

/** A part of a page about what may be shortcuts, and the pictures that it draws. */
export interface SuspectsSection {
  readonly pictures: readonly Place[];
  /** What is flagged, each with what shows it: a mean map or what regions have in common, and pictures. */
  flagged(thumbnails: Thumbnails): string;
  html(thumbnails: Thumbnails): string;
}

/**
 * @param shards that are shown as a whole: their sheets as they are stored
 * @param single pictures of any shard; those of others go on sheets of their own, with one stored sheet in memory at a time
 */
export async function thumbnails(
  storage: Storage,
  shards: readonly number[],
  single: readonly Place[],
): Promise<Thumbnails> {
  const css = Array.from(
    { length: SHARD },
    (_, cell) => `.c${cell}{background-position:${-left(cell)}px ${-top(cell)}px}`,
  );
  const show = (name: string, sheet: Uint8Array) => {
    css.push(`.${name}{background-image:url(data:image/webp;base64,${toBase64(sheet)})}`);
  };
  for (const shard of shards) {
    const sheet = await storage.read(shardFiles(shard).thumbnails);
    if (sheet) show(`s${shard}`, sheet);
  }
  const whole = new Set(shards);
  const others = single
    .filter(({ shard }) => !whole.has(shard))
    .toSorted((a, b) => a.shard - b.shard || a.map_row - b.map_row)
    .filter(({ path }, i, sorted) => path !== sorted[i - 1]?.path);
  const windows = new Map<string, string>();
  const cut = thumbnailCutter(storage);
  for (let start = 0; start < others.length; start += SHARD) {
    const name = `p${start / SHARD}`;
    const places = others.slice(start, start + SHARD);
    const cells: (Uint8Array | undefined)[] = [];
    for (const place of places) {
      windows.set(place.path, `${name} c${cells.length}`);
      cells.push(await cut(place));
    }
    show(name, await thumbnailSheet(cells));
  }
  const classes = ({ path, shard, map_row }: Place) => `t ${windows.get(path) ?? `s${shard} c${map_row}`}`;
  return {
    css: css.join("\n"),
    classes,
    html: (place) =>
      `<span class="${classes(place)}" role="img" aria-label="${escapeHtml(oneLine(place.path))}"></span>`,
  };
}
