import { checkKeys } from "../../core/checks.js";
import { checkOptions, type Limits, optionNames } from "../../core/options.js";
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
import { type Group, groupsOf, type SearchedPicture, SMALLEST_GROUP, searchedPictures } from "./searched-pictures.js";
import type { MovingShortcut, Shortcut, ShortcutOptions, ShortcutReport } from "./types.js";

const OPTIONS = optionNames<ShortcutOptions>({
  seed: true,
  most: true,
  recipients: true,
  share: true,
  flips: true,
  signal: true,
  onProgress: true,
});

const LIMITS: Limits<Omit<ShortcutOptions, "signal" | "onProgress">> = {
  seed: { whole: true },
  most: { from: 1, whole: true },
  recipients: { from: 1, whole: true },
  share: { from: 0, to: 1 },
  flips: { from: 0, to: 1 },
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
    const pictures = await searchedPictures(audit, source, { most, signal: shown.signal });
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
  const { seed = 0, recipients = 80, share: leastShare = 0.3, flips: leastFlips = 0.72 } = options;
  const { signal, onProgress = () => {} } = options;
  const rows = pictures.map(({ evidence }) => coarse(evidence));
  const { labels, clusters, eigenvalues, coordinates, scattered } = await clusterInWorker({ rows, seed }, signal);

  // where a model of one class does not see it, the map has no evidence of what was answered
  const denied = model.labels.length === 1 ? denial(model.labels[0]) : undefined;
  const groups = groupsOf(pictures, labels).filter(({ prediction }) => prediction !== denied);
  const classes = groupsOf(pictures, new Int32Array(pictures.length)).filter(({ prediction }) => prediction !== denied);
  const total = groups.length + classes.length;
  const sizes = sizesOf(labels, clusters);
  const shortcuts: Shortcut[] = [];
  let forwardPasses = 0;
  for (const group of groups) {
    const { members, prediction } = group;
    const mean = meanEvidence(members.map(({ evidence }) => evidence));
    const { box, share } = hottestBox(mean);
    const others = pictures.filter((picture) => picture.prediction !== prediction);
    const result =
      share >= leastShare && others.length >= SMALLEST_GROUP
        ? await pasteTest(model, { members, others, box, recipients, prediction, random: source, signal })
        : undefined;
    forwardPasses += result?.forwardPasses ?? 0;
    const { flips = null, control = null, tested = 0 } = result ?? {};
    const flagged = flips !== null && control !== null && flips >= leastFlips && control <= flips / 2;
    shortcuts.push({ ...described(group, sizes), box, share, flips, control, tested, flagged, mean });
    onProgress({ done: shortcuts.length, total });
  }
  const moving: MovingShortcut[] = [];
  for (const [i, { prediction, members }] of classes.entries()) {
    const fixed = shortcuts.some((shortcut) => shortcut.flagged && shortcut.prediction === prediction);
    if (!fixed) {
      const others = pictures.filter((picture) => picture.prediction !== prediction);
      const test = { members, others, recipients, prediction, share: leastShare, random: source, signal };
      const result = await movingTest(model, test);
      forwardPasses += result.forwardPasses;
      if (result.shortcut) moving.push(result.shortcut);
    }
    onProgress({ done: shortcuts.length + i + 1, total });
  }
  return {
    groups: shortcuts.sort((a, b) => suspicion(b) - suspicion(a)),
    moving: moving.sort((a, b) => suspicion(b) - suspicion(a)),
    clusters,
    clusterMeans: sizes.map((_, cluster) =>
      meanEvidence(pictures.filter((_, i) => labels[i] === cluster).map(({ evidence }) => evidence)),
    ),
    eigenvalues,
    points: pictures.map(({ path }, i) => {
      const [[x, y], [u, v]] = [coordinates[i], scattered[i]];
      return { path, cluster: labels[i], x, y, u, v };
    }),
    forwardPasses,
  };
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
