import type { Rect } from "../image/types.js";

/** A cell of a feature map, counted row by row, as a part of the picture that the model sees. */
export function cellRect(map: { readonly width: number; readonly height: number }, cell: number, view: Rect): Rect {
  const [column, row] = [cell % map.width, Math.floor(cell / map.width)];
  const [width, height] = [view.width / map.width, view.height / map.height];
  return { x: view.x + column * width, y: view.y + row * height, width, height };
}
