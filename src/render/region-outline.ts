import type { AreaMask } from "../model/types.js";
import type { Backdrop } from "./panel.js";

/** Pixels of the light line inside a region's border, and of the dark one outside. */
const LIGHT = 2;
const DARK = 1;

/** Outlines a region of the view on a painted panel: light on dark, so that it is seen on every map. */
export function outlineRegion(data: Uint8ClampedArray, { picture, view }: Backdrop, region: AreaMask): void {
  const { width, height } = picture;
  const covered = Uint8Array.from({ length: width * height }, (_, i) => {
    const column = Math.floor((((i % width) + 0.5 - view.x) / view.width) * region.width);
    const row = Math.floor(((Math.floor(i / width) + 0.5 - view.y) / view.height) * region.height);
    if (column < 0 || row < 0 || column >= region.width || row >= region.height) return 0;
    return region.mask[row * region.width + column];
  });
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && covered[y * width + x] === 1;
  const near = (x: number, y: number, reach: number, wanted: boolean): boolean => {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) if (inside(x + dx, y + dy) === wanted) return true;
    }
    return false;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const own = inside(x, y);
      if (!near(x, y, own ? LIGHT : DARK, !own)) continue;
      data.fill(own ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
}
