import type { MapLike } from "../../src/render/noise.js";
import type { Backdrop } from "../../src/render/panel.js";
import { type PreparedMap, prepareMap } from "../../src/render/prepared-map.js";

const prepared = new WeakMap<Backdrop, WeakMap<MapLike, Map<boolean, PreparedMap>>>();

/** A map at the size of its panel, made once. */
export function preparedMap(map: MapLike, panel: Backdrop, scale: number, smooth: boolean): PreparedMap {
  const maps = prepared.get(panel) ?? new WeakMap<MapLike, Map<boolean, PreparedMap>>();
  prepared.set(panel, maps);
  const versions = maps.get(map) ?? new Map<boolean, PreparedMap>();
  maps.set(map, versions);
  const version = versions.get(smooth) ?? prepareMap(map, panel.view, { scale, smooth });
  versions.set(smooth, version);
  return version;
}

const halves = new WeakMap<Backdrop, Backdrop>();

/** The same panel with every second pixel of every second row, made once. */
export function halved(panel: Backdrop): Backdrop {
  const half = halves.get(panel) ?? halve(panel);
  halves.set(panel, half);
  return half;
}

function halve({ picture, view, shown }: Backdrop): Backdrop {
  const half = (value: number) => Math.max(1, value >> 1);
  const [width, height] = [half(picture.width), half(picture.height)];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (2 * y * picture.width + 2 * x) * 3;
      for (let c = 0; c < 3; c++) data[o++] = picture.data[from + c];
    }
  }
  const [x, y] = [view.x >> 1, view.y >> 1];
  return {
    picture: { data, width, height },
    shown,
    view: { x, y, width: Math.min(width - x, half(view.width)), height: Math.min(height - y, half(view.height)) },
  };
}
