import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import type { PreparedImage, Rect } from "../image/types.js";
import type { InputGeometry } from "../model/types.js";
import type { Region } from "./region.js";

/**
 * The true object: values above 0 are inside. Of the picture's own size, or of the model's input; a bare array is
 * taken for the size that its length fits.
 */
export type Mask = ArrayLike<number> | Region;

/**
 * The object at the model's input, [height · width] of 0 and 1: a mask's nearest pixels, or the pixels whose centres
 * lie in one of the boxes.
 * @throws SightlineError `shape-mismatch` when a mask fits neither the picture nor the input, `bad-config` when
 *   nothing of the object is in the part that the model sees
 */
export function objectRegion(
  prepared: PreparedImage,
  { width, height }: InputGeometry,
  { mask, box }: { mask?: Mask; box?: Rect | readonly Rect[] },
): Uint8Array | undefined {
  if (mask === undefined && box === undefined) return undefined;
  checkShapes(mask, box);
  const { view } = prepared;
  const inside =
    mask === undefined ? inBoxes([box as Rect | Rect[]].flat()) : inMask(mask, prepared, { width, height });
  const region = new Uint8Array(width * height);
  for (let i = 0; i < region.length; i++) {
    const x = view.x + (((i % width) + 0.5) / width) * view.width;
    const y = view.y + ((Math.floor(i / width) + 0.5) / height) * view.height;
    region[i] = inside(x, y, i) ? 1 : 0;
  }
  if (region.includes(1)) return region;
  throw new SightlineError("bad-config", `the ${mask === undefined ? "box" : "mask"} is empty in the model's view`, {
    expected: `at least one pixel of the object within x ${view.x}…${view.x + view.width}, y ${view.y}…${view.y + view.height}`,
    next: "give the mask or box in pixels of the picture, or another crop to the model",
  });
}

function checkShapes(mask: unknown, box: unknown): void {
  const isRect = (one: unknown) => {
    const { x, y, width, height } = (one ?? {}) as Partial<Rect>;
    return [x, y, width, height].every(Number.isFinite);
  };
  const boxes = [box].flat();
  if (mask === undefined && (boxes.length === 0 || !boxes.every(isRect))) {
    throw new SightlineError("bad-config", `not a box: ${kindOf(box)}`, {
      received: box,
      expected: "{ x, y, width, height } in pixels of the picture, or a list of them",
    });
  }
  if (mask !== undefined && (typeof mask !== "object" || mask === null)) {
    throw new SightlineError("bad-config", `not a mask: ${kindOf(mask)}`, {
      received: mask,
      expected: "{ mask, width, height }, or a list of one number for each pixel",
    });
  }
}

type Inside = (x: number, y: number, i: number) => boolean;

function inBoxes(boxes: readonly Rect[]): Inside {
  return (px, py) => boxes.some(({ x, y, width, height }) => px >= x && px < x + width && py >= y && py < y + height);
}

function inMask(mask: Mask, { picture }: PreparedImage, input: { width: number; height: number }): Inside {
  const shaped = "mask" in mask ? mask : undefined;
  const data = shaped ? shaped.mask : (mask as ArrayLike<number>);
  const fits = ({ width, height }: { width: number; height: number }) =>
    data.length === width * height && (!shaped || (shaped.width === width && shaped.height === height));
  if (fits(picture.image)) {
    const { width, height } = picture.image;
    const clamp = (value: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(value)));
    return (x, y) => data[clamp(y, height) * width + clamp(x, width)] > 0;
  }
  if (fits(input)) return (_x, _y, i) => data[i] > 0;
  const size = shaped ? `${shaped.width} × ${shaped.height}` : `${data.length} values`;
  throw new SightlineError("shape-mismatch", `a mask of ${size} fits neither the picture nor the model's input`, {
    received: data.length,
    expected: [...new Set([picture.image, input].map(({ width, height }) => `${width} × ${height}`))].join(" or "),
    next: "draw the mask on the picture as it was given",
  });
}
