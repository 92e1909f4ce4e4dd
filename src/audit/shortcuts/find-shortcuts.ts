import { checkKeys } from "../../core/checks.js";
import { BOOLEAN, checkOptions, type Limits, optionNames } from "../../core/options.js";
import { type Random, random } from "../../core/random.js";
import type { Progress } from "../../core/work.js";
import { longWork } from "../../core/work.js";
import { checkModel } from "../../model/check-model.js";
import { denial } from "../../model/ranking.js";
import type { Model } from "../../model/types.js";
import type { Audit } from "../audit.js";
import { checkAudit } from "../check-audit.js";
import { clusterInWorker } from "./cluster-in-worker.js";
import { coarse, hottestBox, meanEvidence } from "./evidence.js";
import { movingTest } from "./moving-test.js";
import { pasteTest } from "./paste-test.js";
import { type PropertyGroup, searchProperties } from "./properties/search.js";
import {
  type Group,
  groupsOf,
  type SearchedPicture,
  SMALLEST_GROUP,
  searchedPictures,
  sees,
} from "./searched-pictures.js";
import type { MovingShortcut, Shortcut, ShortcutOptions, ShortcutReport } from "./types.js";

const OPTIONS = optionNames<ShortcutOptions>({
  seed: true,
  most: true,
  recipients: true,
  share: true,
  flips: true,
  withoutPlace: true,
  signal: true,
  onProgress: true,
});

const LIMITS: Limits<Omit<ShortcutOptions, "signal" | "onProgress">> = {
  seed: { whole: true },
  most: { from: 1, whole: true },
  recipients: { from: 1, whole: true },
  share: { from: 0, to: 1 },
  flips: { from: 0, to: 1 },
  withoutPlace: BOOLEAN,
};

/** What is behind the `findShortcuts` of index.ts. */
export async function findShortcuts(
  model: Model,
  audit: Audit,
  options: ShortcutOptions = {},
): Promise<ShortcutReport> {
  checkModel(model);
  checkAudit(audit, "findShortcuts");
  checkKeys(options, OPTIONS, "findShortcuts");
  checkOptions("findShortcuts", LIMITS, options);
  return longWork("search for shortcuts", options.signal, async (shown) => {
    const onProgress = (progress: Progress) => {
      options.onProgress?.(progress);
      shown.progress(progress);
    };
    const { seed = 0, most = 600 } = options;
    const source = random(seed);
    const pictures = await searchedPictures(audit, source, { labels: model.labels, most, signal: shown.signal });
    return searchPictures(model, pictures, source, { ...options, onProgress, signal: shown.signal });
  });
}

/** The search itself, among pictures whose maps are known. */
export async function searchPictures(
  model: Model,
  pictures: readonly SearchedPicture[],
  source: Random,
  options: Omit<ShortcutOptions, "most"> = {},
): Promise<ShortcutReport> {
  const { seed = 0, recipients = 80, share = 0.3, flips = 0.72, signal, onProgress = () => {} } = options;
  const rows = pictures.map(({ evidence }) => coarse(evidence));
  const { labels, clusters, eigenvalues, coordinates, scattered } = await clusterInWorker({ rows, seed }, signal);

  // where a model of one class does not see it, the map has no evidence of what was answered
  const denied = model.labels.length === 1 ? denial(model.labels[0]) : undefined;
  const groups = groupsOf(pictures, labels).filter(({ prediction }) => prediction !== denied);
  const classes = groupsOf(pictures, new Int32Array(pictures.length)).filter(({ prediction }) => prediction !== denied);
  const total = groups.length + classes.length + (options.withoutPlace ? 1 : 0);
  let done = 0;
  const step = () => onProgress({ done: ++done, total });
  const sizes = sizesOf(labels, clusters);
  const search = { model, pictures, recipients, share, flips, random: source, signal, step };
  const fixed = await searchBoxes(search, groups, sizes);
  const moving = await searchMoving(search, classes, fixed.shortcuts);
  const whole = options.withoutPlace
    ? await searchProperties(model, pictures, propertyGroups(groups, classes), { recipients, random: source, signal })
    : { shortcuts: [], forwardPasses: 0, notes: [WITHOUT_PLACE] };
  if (options.withoutPlace) step();
  return {
    groups: fixed.shortcuts.sort((a, b) => suspicion(b) - suspicion(a)),
    moving: moving.shortcuts.sort((a, b) => suspicion(b) - suspicion(a)),
    properties: whole.shortcuts.toSorted((a, b) => suspicion({ ...b, share: 0 }) - suspicion({ ...a, share: 0 })),
    notes: whole.notes,
    clusters,
    clusterMeans: sizes.map((_, cluster) =>
      meanEvidence(pictures.filter((_, i) => labels[i] === cluster).map(({ evidence }) => evidence)),
    ),
    eigenvalues,
    points: pictures.map(({ path }, i) => {
      const [[x, y], [u, v]] = [coordinates[i], scattered[i]];
      return { path, cluster: labels[i], x, y, u, v };
    }),
    forwardPasses: fixed.forwardPasses + moving.forwardPasses + whole.forwardPasses,
  };
}

const WITHOUT_PLACE =
  "properties of whole pictures, such as a colour cast, a frame or a background, were not looked for: it was not asked for";

interface RegionSearch {
  readonly model: Model;
  readonly pictures: readonly SearchedPicture[];
  readonly recipients: number;
  /** What a region's share of the evidence and its rate of flips have to be. */
  readonly share: number;
  readonly flips: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** Called after each group. */
  step(): void;
}

/** Groups with a box in common, and what it does to other pictures. */
async function searchBoxes(search: RegionSearch, groups: readonly Group[], sizes: readonly number[]) {
  const { model, pictures, recipients, random, signal } = search;
  const shortcuts: Shortcut[] = [];
  let forwardPasses = 0;
  for (const group of groups) {
    const { members, prediction } = group;
    const mean = meanEvidence(members.map(({ evidence }) => evidence));
    const { box, share } = hottestBox(mean);
    const others = pictures.filter((picture) => !sees(picture, prediction));
    const result =
      share >= search.share && others.length >= SMALLEST_GROUP
        ? await pasteTest(model, { members, others, box, recipients, prediction, random, signal })
        : undefined;
    forwardPasses += result?.forwardPasses ?? 0;
    const { flips = null, control = null, tested = 0 } = result ?? {};
    const flagged = flips !== null && control !== null && flips >= search.flips && control <= flips / 2;
    shortcuts.push({ ...described(group, sizes), box, share, flips, control, tested, flagged, mean });
    search.step();
  }
  return { shortcuts, forwardPasses };
}

/** Classes without a flagged box whose evidence is in one thing that moves. */
async function searchMoving(search: RegionSearch, classes: readonly Group[], fixed: readonly Shortcut[]) {
  const { model, pictures, recipients, share, random, signal } = search;
  const shortcuts: MovingShortcut[] = [];
  let forwardPasses = 0;
  for (const { prediction, members } of classes) {
    if (!fixed.some((shortcut) => shortcut.flagged && shortcut.prediction === prediction)) {
      const others = pictures.filter((picture) => !sees(picture, prediction));
      const result = await movingTest(model, { members, others, recipients, prediction, share, random, signal });
      forwardPasses += result.forwardPasses;
      if (result.shortcut) shortcuts.push(result.shortcut);
    }
    search.step();
  }
  return { shortcuts, forwardPasses };
}

/** All pictures of each prediction, and those of each cluster where that is not all of them. */
function propertyGroups(groups: readonly Group[], classes: readonly Group[]): PropertyGroup[] {
  const size = new Map(classes.map(({ prediction, members }) => [prediction, members.length]));
  return [
    ...classes.map((group) => ({ ...group, cluster: null })),
    ...groups.filter(({ prediction, members }) => members.length < (size.get(prediction) ?? 0)),
  ];
}

/** How many pictures each cluster has. */
function sizesOf(labels: Int32Array, clusters: number): number[] {
  const sizes = new Array<number>(clusters).fill(0);
  for (const label of labels) sizes[label] += 1;
  return sizes;
}

const described = ({ prediction, members, cluster }: Group, sizes: readonly number[]) => ({
  prediction,
  pictures: members.map(({ path }) => path),
  cluster,
  purity: members.length / sizes[cluster],
});

/** What groups are sorted by. */
const suspicion = ({ flagged, flips, share }: Pick<Shortcut, "flagged" | "flips" | "share">) =>
  (flagged ? 10 : 0) + (flips ?? 0) + share;
