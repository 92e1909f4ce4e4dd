import type { Random } from "../../../core/random.js";
import type { Model } from "../../../model/types.js";
import { FlipRate } from "../flip-rate.js";
import type { SearchedPicture } from "../searched-pictures.js";
import type { Property } from "./property.js";
import { randomEdit } from "./random-edit.js";
import type { Pixels, View, Viewer } from "./view.js";

/** Pictures of the group whose property is given to others. */
const DONORS = 16;
/** Pictures of the group that lose the property. */
const DEPRIVED = 24;
/** So many pictures decide whether the rest are tried, from this rate of flips on. */
const FIRST = { recipients: 16, flips: 0.25 };

export interface EditTest {
  readonly members: readonly SearchedPicture[];
  readonly others: readonly SearchedPicture[];
  readonly prediction: string;
  readonly property: Property;
  /** Pictures of other classes that get the property. */
  readonly recipients: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

export interface EditResult {
  /** Share of pictures of other classes that become the class when they get the property of its pictures. */
  readonly flips: number;
  /** The same with the property of other classes' pictures. */
  readonly control: number;
  /** The same with random edits of the same size. */
  readonly random: number;
  /** Pictures that were changed. */
  readonly tested: number;
  /** Share of the class's pictures that are no longer it with the property of other classes' pictures. */
  readonly removed: number;
  /** The same with the property of other pictures of the class. */
  readonly kept: number;
  /** Probability of so many more flips than by either control, were there no difference. */
  readonly p: number;
  readonly forwardPasses: number;
}

/** Gives a property to pictures of other classes, and takes it from those of the class; undefined where it cannot be given. */
export async function editTest(model: Model, viewer: Viewer, test: EditTest): Promise<EditResult | undefined> {
  const { members, others, prediction, random, signal, property } = test;
  const rate = new FlipRate(model, prediction, signal);
  const views = (pictures: readonly SearchedPicture[]) => Promise.all(pictures.map((one) => viewer.view(one)));
  const shuffled = random.shuffle([...others]);
  const group = random.shuffle([...members]);
  const [donors, controls] = [await views(group.slice(0, DONORS)), await views(shuffled.slice(-DONORS))];
  const tools = { seenOf: viewer.seenOf, integer: random.integer };
  const edited = async (view: View, from: readonly View[], i: number) => {
    const donor = from.find((_, k) => from[(i + k) % from.length].path !== view.path) && from[i % from.length];
    return donor && property.edit(view, donor.path === view.path ? from[(i + 1) % from.length] : donor, tools);
  };
  const isClass = async (view: View, pixels: Pixels) => (await rate.each([view], () => viewer.input(view, pixels)))[0];

  const outcomes: Outcome[] = [];
  const recipients = shuffled.slice(0, test.recipients);
  for (const [i, picture] of recipients.entries()) {
    if (i === FIRST.recipients && share(outcomes, ({ given }) => given) < FIRST.flips) break;
    const view = await viewer.view(picture);
    const given = await edited(view, donors, i);
    if (!given) continue;
    const control = (await edited(view, controls, i)) ?? Uint8ClampedArray.from(view.seen.data);
    outcomes.push({
      given: await isClass(view, given),
      control: await isClass(view, control),
      random: await isClass(view, randomEdit(view.seen, given, random)),
    });
  }
  if (outcomes.length < FIRST.recipients / 2) return undefined;
  const flips = share(outcomes, ({ given }) => given);
  const lost = flips >= FIRST.flips ? await deprived() : { removed: 0, kept: 0 };
  return {
    flips,
    control: share(outcomes, ({ control }) => control),
    random: share(outcomes, ({ random: one }) => one),
    tested: outcomes.length,
    ...lost,
    p: Math.max(
      signTest(outcomes.map(({ given, control }) => [given, control])),
      signTest(outcomes.map(({ given, random: one }) => [given, one])),
    ),
    forwardPasses: rate.forwardPasses,
  };

  async function deprived() {
    const left: { removed: boolean; kept: boolean }[] = [];
    for (const [i, picture] of group.slice(0, DEPRIVED).entries()) {
      const view = await viewer.view(picture);
      const [taken, exchanged] = [await edited(view, controls, i), await edited(view, donors, i)];
      left.push({
        removed: taken !== undefined && !(await isClass(view, taken)),
        kept: exchanged !== undefined && !(await isClass(view, exchanged)),
      });
    }
    return { removed: share(left, ({ removed }) => removed), kept: share(left, ({ kept }) => kept) };
  }
}

interface Outcome {
  readonly given: boolean;
  readonly control: boolean;
  readonly random: boolean;
}

const share = <T>(all: readonly T[], of: (one: T) => boolean): number => all.filter(of).length / all.length;

/** Exact one-sided sign test of pairs: probability that the first is true alone at least so often, were it a coin's choice. */
export function signTest(pairs: readonly (readonly [boolean, boolean])[]): number {
  const first = pairs.filter(([a, b]) => a && !b).length;
  const n = pairs.filter(([a, b]) => a !== b).length;
  let [term, p] = [0.5 ** n, 0];
  for (let k = 0; k <= n; k++) {
    if (k >= first) p += term;
    term *= (n - k) / (k + 1);
  }
  return Math.min(1, p);
}
