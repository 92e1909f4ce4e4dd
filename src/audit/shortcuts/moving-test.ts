import { SightlineError } from "../../core/errors.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import type { Random } from "../../core/random.js";
import { median } from "../../core/statistics.js";
import type { Tensor } from "../../core/tensor.js";
import type { PreparedImage, RawImage, Rect } from "../../image/types.js";
import type { InputGeometry, Model } from "../../model/types.js";
import { type CommonPatch, commonPatch, widened } from "./common-patch.js";
import { hottestBox } from "./evidence.js";
import { FlipRate } from "./flip-rate.js";
import { cutPatch, type Patch, pastePatch, pixelRect } from "./patches.js";
import { type SearchedPicture, SMALLEST_GROUP } from "./searched-pictures.js";
import type { MovingShortcut } from "./types.js";

/** Side of the region with a picture's own evidence, in cells of the evidence's grid: 5/16 of the picture. */
export const REGION = 10;
/** Sides of the patch that the regions may have in common, as shares of the picture's side. */
const PATCH_SIDES = [3 / 16, 1 / 4, 3 / 8];
/** Pictures of the group whose regions are compared. */
const DONORS = 16;
/** So many pictures of other classes decide whether the rest are tried, from this rate of flips on. */
const FIRST = { recipients: 20, flips: 0.25 };
/**
 * What the regions have in common is asked for where they turn so many pictures, twice as many as others' regions or so many more: a
 * model may give the class to pictures that are covered anywhere.
 */
const SUSPECT = { flips: 0.5, more: 0.25 };
/**
 * From these rates on, what the regions have in common is a shortcut, where it is one thing: so much alike in half of them, in a
 * part that turns so many pictures by itself. What lies round such a part may differ, and be what the model goes by.
 */
const LEAST = { common: 0.75, likeness: 0.82, core: 0.5 };
/** Half of the pictures have it within so much of the same place, a share of the picture's side: it does not move. */
const STILL = 1 / 16;

export interface MovingTest {
  /** Pictures of one predicted class, and all others. */
  readonly members: readonly SearchedPicture[];
  readonly others: readonly SearchedPicture[];
  readonly prediction: string;
  /** Pictures of other classes that regions are pasted on. */
  readonly recipients: number;
  /** Least share of a picture's evidence in its own region, mean over the group. */
  readonly share: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

export interface MovingResult {
  /** Absent where the evidence is spread out. */
  readonly shortcut?: MovingShortcut;
  readonly forwardPasses: number;
}

/**
 * Asks whether pictures of one predicted class have their evidence in one thing, be it elsewhere in each: the region
 * that holds most of each picture's own evidence is pasted on pictures of other classes, and so is what these regions
 * have in common, see {@link commonPatch}. The region of an object may turn other pictures into its class as well; what
 * such regions have in common does not, as objects differ.
 */
export async function movingTest(model: Model, test: MovingTest): Promise<MovingResult> {
  const { members, others, prediction, random, signal } = test;
  const shares = members.map(({ evidence }) => hottestBox(evidence, REGION).share);
  const share = shares.reduce((sum, one) => sum + one, 0) / members.length;
  if (share < test.share || others.length < SMALLEST_GROUP) return { forwardPasses: 0 };

  const { input } = model.info;
  const load = (pictures: readonly SearchedPicture[]) =>
    Promise.all(pictures.map((picture) => withRegion(model, picture, signal)));
  const shuffled = random.shuffle([...others]);
  const recipients = await load(shuffled.slice(0, test.recipients));
  const donors = await load(random.shuffle([...members]).slice(0, DONORS));
  const controls = await load(shuffled.slice(-DONORS));
  const rate = new FlipRate(model, prediction, signal);
  const regionsOf = (from: readonly WithRegion[]) => (onto: WithRegion, i: number) => {
    const { tensor, rect } = from[i % from.length];
    return pastePatch(onto.tensor, input, cutPatch(tensor, input, rect), rect);
  };
  const first = recipients.slice(0, FIRST.recipients);
  const tried = (await rate.of(first, regionsOf(donors))) >= FIRST.flips ? recipients : first;
  const flips = await rate.of(tried, regionsOf(donors));
  const control = await rate.of(tried, regionsOf(controls));
  const kept = await rate.of(donors, ({ tensor, rect }, i) =>
    pastePatch(tensor, input, cutPatch(controls[i % controls.length].tensor, input, rect), rect),
  );
  const suspect = flips >= SUSPECT.flips && (control <= flips / 2 || flips - control >= SUSPECT.more);
  const common = suspect ? await bestCommonPatch({ donors, controls, recipients }, input, rate) : undefined;
  return {
    shortcut: {
      prediction,
      pictures: members.map(({ path }) => path),
      regions: donors.map(({ path, box }) => ({ path, box })),
      share,
      flips,
      control,
      tested: tried.length,
      removed: 1 - kept,
      common: common?.flips ?? null,
      commonControl: common?.control ?? null,
      core: common?.core ?? null,
      likeness: common?.likeness ?? null,
      place: common?.place ?? null,
      patch: common ? await patchPixels(model, donors[0], common.patch) : null,
      flagged: common !== undefined && isShortcut(common),
    },
    forwardPasses: rate.forwardPasses,
  };
}

/** A picture as model input, and the region with most of its evidence: fractions of the view, pixels of the input. */
interface WithRegion {
  readonly path: string;
  readonly prepared: PreparedImage;
  readonly tensor: Tensor;
  readonly box: Rect;
  readonly rect: Rect;
}

async function withRegion(model: Model, picture: SearchedPicture, signal?: AbortSignal): Promise<WithRegion> {
  const { box } = hottestBox(picture.evidence, REGION);
  const prepared = await model.prepare(picture.image, { signal });
  return { path: picture.path, prepared, tensor: prepared.tensor, box, rect: pixelRect(box, model.info.input) };
}

interface TestedPatch extends CommonPatch {
  readonly flips: number;
  /** The same by the part alone by which the pictures are laid on each other. */
  readonly core: number;
  /** Share of pictures that such a part of other classes' pictures turns, in the same places. */
  readonly control: number;
  readonly place: Rect | null;
}

const isShortcut = (common: TestedPatch): boolean =>
  isShared(common) && common.flips >= LEAST.common && common.control <= common.flips / 2;

/** Whether it is one thing: what looks the same turns pictures, or it lies in the same place, as objects of one class do not. */
const isShared = ({ likeness, core, place }: Pick<TestedPatch, "likeness" | "core" | "place">): boolean =>
  (likeness >= LEAST.likeness && core >= LEAST.core) || place !== null;

/** Where the patch lies in all pictures, fractions of the view; null where it moves. */
function placeOf({ patch, corners }: CommonPatch, { width, height }: InputGeometry): Rect | null {
  const [x, y] = [median(corners.map((corner) => corner.x)), median(corners.map((corner) => corner.y))];
  const away = corners.map((corner) => Math.max(Math.abs(corner.x - x), Math.abs(corner.y - y)));
  if (median(away) > STILL * Math.min(width, height)) return null;
  return { x: x / width, y: y / height, width: patch.width / width, height: patch.height / height };
}

interface TestedPictures {
  /** Pictures of the class, of others, and those that parts of either are pasted on. */
  readonly donors: readonly WithRegion[];
  readonly controls: readonly WithRegion[];
  readonly recipients: readonly WithRegion[];
}

/**
 * What the regions have in common, as much of it as turns most pictures into the class. How large it is nobody knows: of each
 * size, pictures are laid on each other where they are most alike, and then more of what lies round is taken.
 */
async function bestCommonPatch(
  { donors, controls, recipients }: TestedPictures,
  input: InputGeometry,
  rate: FlipRate,
): Promise<TestedPatch> {
  const sightings = donors.map(({ tensor, rect: { x, y, width, height } }) => ({
    tensor,
    x: x + width / 2,
    y: y + height / 2,
  }));
  const sizes = PATCH_SIDES.map((side) => Math.round(side * Math.min(input.width, input.height)));
  const tried: Omit<TestedPatch, "control">[] = [];
  for (const size of sizes) {
    await yieldToEventLoop();
    const found = commonPatch(sightings, input, size);
    let core: number | undefined;
    for (const shown of sizes.filter((one) => one >= size)) {
      const part = widened(found, sightings, input, shown);
      const flips = await rate.of(recipients, ({ tensor }, i) =>
        pastePatch(tensor, input, part.patch, part.corners[i % part.corners.length]),
      );
      core ??= flips;
      tried.push({ ...part, flips, core, place: placeOf(part, input) });
    }
  }
  const shared = tried.filter(isShared);
  const best = (shared.length > 0 ? shared : tried).reduce((most, one) => (one.flips > most.flips ? one : most));
  const control = await rate.of(recipients, ({ tensor }, i) => {
    const corner = best.corners[i % best.corners.length];
    const { width, height } = best.patch;
    const other = cutPatch(controls[i % controls.length].tensor, input, { ...corner, width, height });
    return pastePatch(tensor, input, other, corner);
  });
  return { ...best, control };
}

/** A patch in colours; null where the model's preprocessing cannot be undone. */
async function patchPixels(model: Model, { prepared, tensor }: WithRegion, patch: Patch): Promise<RawImage | null> {
  const { width, height } = patch;
  const shown = { ...prepared, tensor: pastePatch(tensor, model.info.input, patch, { x: 0, y: 0 }) };
  const pixels = await model.pixels(shown).catch((error) => {
    if (error instanceof SightlineError && error.code === "not-supported") return null;
    throw error;
  });
  if (!pixels) return null;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = y * pixels.width * 3;
    data.set(pixels.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { data, width, height };
}
