import { throwIfAborted } from "../../../core/errors.js";
import { yieldToEventLoop } from "../../../core/event-loop.js";
import { benjaminiHochberg } from "../../../core/multiple-testing.js";
import type { Random } from "../../../core/random.js";
import type { Model } from "../../../model/types.js";
import { type Group, type SearchedPicture, SMALLEST_GROUP, sees } from "../searched-pictures.js";
import type { PropertyShortcut } from "../types.js";
import { association } from "./association.js";
import { editTest } from "./edit-test.js";
import { PROPERTIES } from "./properties.js";
import type { Property } from "./property.js";
import { middleAboveBand } from "./surroundings.js";
import { type Viewer, viewerOf } from "./view.js";

/** A property is tried on pictures where it tells the group from others this well, and that is no chance. */
const LEAST_AUC = 0.8;
const MOST_CHANCE = 0.01;
/** Groups and properties that are tried, the best associated first. */
const MOST_TESTS = 24;
/** From this rate of flips on, a property is a shortcut, where that of other classes gives at most this share of it. */
const LEAST_FLIPS = 0.35;
const MOST_CONTROL = 1 / 3;

export interface PropertySearch {
  readonly shortcuts: readonly PropertyShortcut[];
  readonly forwardPasses: number;
  /** What was not looked for, sentences. */
  readonly notes: readonly string[];
}

export interface PropertyOptions {
  readonly recipients: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/**
 * Asks of each group which properties of whole pictures tell it from others, and whether the model goes by them: given to
 * pictures of other classes, the property has to turn them into the class.
 */
export async function searchProperties(
  model: Model,
  pictures: readonly SearchedPicture[],
  groups: readonly PropertyGroup[],
  { recipients, random, signal }: PropertyOptions,
): Promise<PropertySearch> {
  const viewer = viewerOf(model, signal);
  if (!viewer) {
    const why = "the preprocess function does more than scale colours, so its pictures cannot be changed";
    return { shortcuts: [], forwardPasses: 0, notes: [`shortcuts without a place were not looked for: ${why}`] };
  }
  const { candidates, isLocal } = await associated(viewer, pictures, groups, signal);
  const notes: string[] = [];
  if (candidates.length > MOST_TESTS) {
    notes.push(
      `of ${candidates.length} properties that tell a class from others, the ${MOST_TESTS} clearest were tried`,
    );
  }
  let forwardPasses = 0;
  const tried: (Omit<PropertyShortcut, "q" | "flagged"> & { readonly p: number })[] = [];
  for (const { group, property, auc, q } of candidates.slice(0, MOST_TESTS)) {
    const { members, prediction, cluster } = group;
    const others = pictures.filter((picture) => !sees(picture, prediction));
    const test = { members, others, prediction, property, recipients, random, signal };
    const result = await editTest(model, viewer, test);
    if (!result) {
      notes.push(`${property.name} tells ${prediction} from others, but could not be given to them`);
      continue;
    }
    forwardPasses += result.forwardPasses;
    const paths = members.map(({ path }) => path);
    const { forwardPasses: _, ...measured } = result;
    tried.push({ property: property.name, prediction, cluster, pictures: paths, auc, aucQ: q, ...measured });
  }
  const qs = benjaminiHochberg(tried.map(({ p }) => p));
  const proven = tried.map(({ p: _, ...one }, i): PropertyShortcut => {
    const flagged = one.flips >= LEAST_FLIPS && one.control <= MOST_CONTROL * one.flips && isMoreThanSize(one, qs[i]);
    return { ...one, q: qs[i], flagged };
  });
  return { shortcuts: named(proven, isLocal), forwardPasses, notes };
}

/** Of so many more pictures the class is lost without the property than by exchanging it within the class. */
const LEAST_LOSS = 0.3;

/**
 * That it is not the size of the edit alone: random ones turn fewer into the class, or, where any edit of that size leads
 * to it, pictures of the class are no longer it without the property.
 */
const isMoreThanSize = ({ removed, kept }: Pick<PropertyShortcut, "removed" | "kept">, q: number): boolean =>
  q < MOST_CHANCE || removed - kept >= LEAST_LOSS;

/** Another property that flips nearly as many pictures is no better explanation than a simpler one. */
const NEARLY = 0.9;

/**
 * One thing that is planted on pictures shows in several properties: a background has a colour, too. Of each class the
 * simplest property stays flagged that flips nearly as many pictures as any.
 */
function named(
  proven: readonly PropertyShortcut[],
  isLocal: (pictures: readonly string[]) => boolean,
): PropertyShortcut[] {
  const order = PROPERTIES.map(({ name }) => name);
  const chosen = new Map<string, PropertyShortcut>();
  for (const { prediction } of proven) {
    const own = proven.filter((one) => one.flagged && one.prediction === prediction);
    const most = Math.max(...own.map(({ flips }) => flips));
    const good = own
      .filter(({ flips }) => flips >= NEARLY * most)
      .sort((a, b) => order.indexOf(a.property) - order.indexOf(b.property) || b.pictures.length - a.pictures.length);
    const [simplest] = good;
    const background = own.find(({ property }) => property === "background");
    const isLight = simplest?.property === "brightness" || simplest?.property === "colour cast";
    if (simplest) chosen.set(prediction, isLight && background && isLocal(simplest.pictures) ? background : simplest);
  }
  return proven.map((one) => ({ ...one, flagged: one.flagged && chosen.get(one.prediction) === one }));
}

/** Pictures of one prediction, of one cluster or of all. */
export type PropertyGroup = Omit<Group, "cluster"> & { readonly cluster: number | null };

interface Candidate {
  readonly group: PropertyGroup;
  readonly property: Property;
  readonly auc: number;
  readonly q: number;
}

interface Associations {
  readonly candidates: readonly Candidate[];
  /** Whether the colour of the middle, compared with that around it, tells pictures from all others. */
  isLocal(pictures: readonly string[]): boolean;
}

/** Groups and the properties that tell them from others, the clearest first. */
async function associated(
  viewer: Viewer,
  pictures: readonly SearchedPicture[],
  groups: readonly PropertyGroup[],
  signal?: AbortSignal,
): Promise<Associations> {
  const local: (readonly number[])[] = [];
  const measured = PROPERTIES.map((): (readonly number[])[] => []);
  for (const picture of pictures) {
    throwIfAborted(signal);
    await yieldToEventLoop();
    const view = await viewer.view(picture);
    local.push(middleAboveBand(view));
    for (const [k, property] of PROPERTIES.entries()) measured[k].push(await property.measure(view));
  }
  const all = groups.flatMap((group) => {
    const compared = pictures.map((picture, i) => ({ picture, i })).filter(({ picture }) => isCompared(group, picture));
    const members = new Set(group.members);
    const own = compared.map(({ picture }) => members.has(picture));
    if (own.filter((inside) => !inside).length < SMALLEST_GROUP) return [];
    return PROPERTIES.map((property, k) => ({
      group,
      property,
      ...association(
        compared.map(({ i }) => measured[k][i]),
        own,
      ),
    }));
  });
  const qs = benjaminiHochberg(all.map(({ p }) => p));
  const candidates = all
    .map((one, i) => ({ ...one, q: qs[i] }))
    .filter(({ auc, q }) => auc >= LEAST_AUC && q < MOST_CHANCE)
    .sort((a, b) => b.auc - a.auc);
  return {
    candidates,
    isLocal(paths) {
      const inside = new Set(paths);
      return (
        association(
          local,
          pictures.map(({ path }) => inside.has(path)),
        ).auc >= LEAST_AUC
      );
    },
  };
}

/** A group is held against pictures of other predicted classes. */
const isCompared = ({ members, prediction }: PropertyGroup, picture: SearchedPicture): boolean =>
  !sees(picture, prediction) || members.includes(picture);
