import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { descending } from "../core/ranks.js";
import { SaliencyMap } from "../explanation/saliency-map.js";
import type { InputGeometry } from "../model/types.js";

/** A part of the model's view: 1 inside and 0 outside, rows from the top left. */
export interface Region {
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The region where a map is largest: the given share of the view, in the model's pixels.
 * @example
 * const { mask } = topRegion(explanation.map(), 0.15, model.info.input);   // 15 % of the input's pixels
 */
export function topRegion(map: SaliencyMap, share: number, view: Pick<InputGeometry, "width" | "height">): Region {
  const { width, height } = sizeOf(view);
  if (!(map instanceof SaliencyMap)) {
    throw new SightlineError("bad-config", `not a map: ${kindOf(map)}`, {
      received: map,
      expected: "a SaliencyMap, as explanation.map() gives it",
    });
  }
  if (!(share > 0 && share < 1)) {
    throw new SightlineError("bad-config", `a region of ${share} of the picture`, {
      received: share,
      expected: "a share between 0 and 1",
    });
  }
  const { data } = map.resize(width, height);
  const mask = new Uint8Array(width * height);
  for (const p of descending(data).subarray(0, Math.max(1, Math.round(share * mask.length)))) mask[p] = 1;
  return { mask, width, height };
}

/**
 * A rectangle as a region; fractions of the view, 0…1.
 * @example
 * const region = boxRegion({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }, model.info.input);
 * await testClaim(model, "cat.png", region, { action: "keep", fill: "blur", controls: 5 });
 */
export function boxRegion(
  box: { x: number; y: number; width: number; height: number },
  view: Pick<InputGeometry, "width" | "height">,
): Region {
  const { width, height } = sizeOf(view);
  checkBox(box);
  const mask = new Uint8Array(width * height);
  const [left, right] = [Math.round(box.x * width), Math.round((box.x + box.width) * width)];
  for (
    let y = Math.max(0, Math.round(box.y * height));
    y < Math.min(height, Math.round((box.y + box.height) * height));
    y++
  ) {
    mask.fill(1, y * width + Math.max(0, left), y * width + Math.min(width, right));
  }
  if (mask.includes(1)) return { mask, width, height };
  throw badBox(box, "covers no pixel of the view");
}

function checkBox(box: { x: number; y: number; width: number; height: number }): void {
  const { x, y, width, height } = box ?? {};
  if (![x, y, width, height].every(Number.isFinite)) throw badBox(box, "is not { x, y, width, height }");
}

const badBox = (box: unknown, problem: string) =>
  new SightlineError("bad-config", `the box ${problem}`, {
    received: box,
    expected: "numbers that are fractions of the view, 0…1",
    next: "divide pixels by the view's width and height",
  });

function sizeOf(view: Pick<InputGeometry, "width" | "height">): Pick<InputGeometry, "width" | "height"> {
  if (Number.isInteger(view?.width) && Number.isInteger(view?.height)) return view;
  throw new SightlineError("bad-config", `the view's size is ${kindOf(view)}`, {
    received: view,
    expected: "{ width, height }, such as model.info.input",
  });
}
