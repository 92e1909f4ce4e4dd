import type { Look } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import { paint } from "../../src/render/paint.js";
import { type PreparedMap, prepareMap } from "../../src/render/prepared-map.js";
import { canvasOf, paintCanvas } from "./pictures.js";

/** A map that still changes, quickly: its own cells in the default colours. */
export function paintPreview(canvas: HTMLCanvasElement, map: MapLike): void {
  paintBare(prepareMap(map, map, { smooth: false }), { colourMap: "viridis", polarity: "positive" }, canvas);
}

/** What evidence was gained and lost, on white. */
export function paintDifference(map: MapLike): HTMLCanvasElement {
  const side = 240;
  const canvas = canvasOf(side, side);
  const look = { colourMap: "pink_white_green", polarity: "both" } as const;
  paintBare(prepareMap(map, { width: side, height: side }), look, canvas);
  return canvas;
}

/** A map without a picture under it. */
function paintBare(
  map: PreparedMap,
  { colourMap, polarity }: Pick<Look, "colourMap" | "polarity">,
  canvas: HTMLCanvasElement,
): void {
  const { width, height } = map;
  const out = new Uint8ClampedArray(width * height * 4);
  const paper = { data: new Uint8Array(width * height * 3).fill(255), width, height };
  const look: Look = {
    type: "pixels",
    polarity,
    clipBelow: 0,
    clipAbove: 100,
    colourMap,
    overlay: "none",
    weight: 1,
  };
  paint(map, paper, look, out);
  paintCanvas({ data: out, width, height }, canvas);
}
