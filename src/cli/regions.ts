import { SightlineError } from "../core/errors.js";
import type { PreparedImage } from "../image/types.js";
import type { AreaMask, RegionTarget, Segmentation, TargetRegion } from "../model/segmentation/types.js";
import type { Target } from "../model/types.js";
import type { Rows } from "./terminal.js";

/** A row for each class that a segmentation model sees. */
export const areaRows = (image: string, { areas }: Segmentation): Rows =>
  areas.map(({ index, label, share, probability }) => ({ image, index, label, share, probability }));

export const eachRegion = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/**
 * Classes in regions as the command line has them: without a region each where it is predicted, with one all in it, with
 * several each in its own.
 * @throws SightlineError `bad-config`, `file-not-found`, `bad-image`
 */
export async function regionTargets(
  targets: readonly Target[] | undefined,
  regions: readonly string[],
  prepared: PreparedImage,
): Promise<RegionTarget[] | undefined> {
  if (targets === undefined) {
    if (regions.length === 0) return undefined;
    throw new SightlineError("bad-config", "--region was given without --targets", {
      received: regions.join(" "),
      expected: "--targets: which classes are asked about there",
    });
  }
  if (regions.length > 1 && regions.length !== targets.length) {
    throw new SightlineError("bad-config", `${regions.length} regions for ${targets.length} targets`, {
      received: regions.join(" "),
      expected: "one --region for all targets, or one for each in their order",
    });
  }
  const read: TargetRegion[] = [];
  for (const text of regions) read.push(await regionOf(text, prepared));
  return targets.map((label, i) => ({ label, region: read.length > 1 ? read[i] : read[0] }));
}

async function regionOf(text: string, prepared: PreparedImage): Promise<TargetRegion> {
  if (text === "predicted") return text;
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [x, y, width, height] = numbers;
  if (numbers.length === 4 && numbers.every(Number.isFinite)) return { x, y, width, height };
  return maskRegion(text, prepared);
}

/** Cells along a side of the grid that a mask is read on. */
const GRID = 256;
const INSIDE = 128;

/** A mask of the whole picture, white inside, as far as the model sees the picture. */
async function maskRegion(file: string, { picture, view }: PreparedImage): Promise<AreaMask> {
  const { decodeImage } = await import("../image/decode.js");
  const { image } = await decodeImage(file, { background: "black" }).catch((cause) => {
    throw new SightlineError("bad-config", `--region '${file}' is neither a region nor a picture`, {
      received: file,
      expected:
        "predicted, x,y,width,height in fractions of what the model sees (0…1), or a mask of the picture, white inside",
      cause,
    });
  });
  const [across, down] = [image.width / picture.image.width, image.height / picture.image.height];
  const inside = (i: number) => {
    const x = Math.floor((view.x + (((i % GRID) + 0.5) / GRID) * view.width) * across);
    const y = Math.floor((view.y + ((Math.floor(i / GRID) + 0.5) / GRID) * view.height) * down);
    if (x < 0 || y < 0 || x >= image.width || y >= image.height) return false;
    const at = 3 * (y * image.width + x);
    return Math.max(image.data[at], image.data[at + 1], image.data[at + 2]) >= INSIDE;
  };
  return { mask: Uint8Array.from({ length: GRID * GRID }, (_, i) => Number(inside(i))), width: GRID, height: GRID };
}
