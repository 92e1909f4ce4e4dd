import { SightlineError } from "./errors.js";
import { kindOf } from "./kind-of.js";

/** Cells of a grid, row by row from the top left: 1 inside and 0 outside. */
interface RegionShape {
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** @throws SightlineError `bad-config` for what is no region, or a mask of other values than 0 and 1; `shape-mismatch` for one of another size */
export function checkRegionShape(region: RegionShape): void {
  const { mask, width, height } = region ?? {};
  if (!(mask instanceof Uint8Array) || !isSide(width) || !isSide(height)) {
    throw new SightlineError("bad-config", `not a region: ${kindOf(region)}`, {
      received: region,
      expected: "{ mask, width, height }",
      next: "boxRegion and topRegion make one",
    });
  }
  if (mask.length !== width * height) {
    throw new SightlineError("shape-mismatch", `a region of ${width} × ${height} with a mask of ${mask.length}`, {
      received: mask.length,
      expected: `${width * height} values`,
    });
  }
  const other = mask.find((value) => value > 1);
  if (other === undefined) return;
  throw new SightlineError("bad-config", `the mask of a region holds ${other}`, {
    received: other,
    expected: "0 or 1",
  });
}

const isSide = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
