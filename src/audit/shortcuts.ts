import { throwIfAborted } from "../core/errors.js";
import { type Random, random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import type { Progress } from "../core/work.js";
import { longWork } from "../core/work.js";
import { resizeMap } from "../image/resize-map.js";
import { denial } from "../model/ranking.js";
import type { Control, Model } from "../model/types.js";
import type { Audit } from "./audit.js";
import { clustersAside } from "./cluster-in-worker.js";
import type { Row } from "./duckdb.js";

export interface ShortcutOptions extends Control {
  seed?: number;
  /** Pictures that are looked at for clusters; more are drawn by lot. */
  most?: number;
  /** Pictures of other classes that a region is pasted on. */
  recipients?: number;
  /** A region is suspected from this share of a group's evidence on. */
  share?: number;
  /** A region is a shortcut from this rate of flips on, where the control patch flips at most half as many. */
  flips?: number;
  /** How many of the groups have been looked at; told to the reader of a notebook, too. */
  onProgress?(progress: Progress): void;
}

/** A place where a group of pictures has its evidence in common, and what happens when it is pasted elsewhere. */
export interface Shortcut {
  /** The predicted class of the group. */
  readonly prediction: string;
  /** Pictures of the group, paths. */
  readonly pictures: readonly string[];
  /** Spectral cluster that the group is part of, and the share of the cluster that is predicted so. */
  readonly cluster: number;
  readonly purity: number;
  /** The common region, fractions of the view. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Share of the group's mean evidence inside the box. */
  readonly share: number;
  /** Share of pictures of other classes that become this class with the box of the group pasted on; null if not tried. */
  readonly flips: number | null;
  /** The same with the box of other classes' pictures. */
  readonly control: number | null;
  readonly flagged: boolean;
  /** Mean evidence of the group, GRID × GRID. */
  readonly mean: Float32Array;
}

/** A picture that was clustered, and where it lies in a scatter. */
export interface ClusterPoint extends Row {
  readonly path: string;
  readonly cluster: number;
  /** Spectral coordinates. */
  readonly x: number;
  readonly y: number;
  /** By UMAP. */
  readonly u: number;
  readonly v: number;
}

export interface ShortcutReport {
  /** Most suspicious first. */
  readonly groups: readonly Shortcut[];
  readonly clusters: number;
  /** Mean evidence of each cluster, GRID × GRID, by its number. */
  readonly clusterMeans: readonly Float32Array[];
  readonly eigenvalues: readonly number[];
  readonly points: readonly ClusterPoint[];
  readonly forwardPasses: number;
}

/** Evidence is compared on a grid of so many cells a side. */
const GRID = 32;
/** Side of the common region, in cells: a quarter of the picture. */
const BOX = 8;
/** Maps are clustered at this size, as evidence that lies a little aside is the same. */
const COARSE = 8;
const SMALLEST_GROUP = 8;
const DONORS = 16;

/**
 * Looks for shortcuts ("Clever Hans"): maps are clustered as in SpRAy, each group of one cluster and one predicted
 * class is asked where its evidence concentrates, and that region is cut out and pasted onto pictures of other classes.
 * A region is flagged when it holds much of the evidence **and** turns other pictures into the class, which the same
 * region of other pictures does not.
 */
export async function findShortcuts(
  model: Model,
  audit: Audit,
  options: ShortcutOptions = {},
): Promise<ShortcutReport> {
  return longWork("search for shortcuts", options.signal, (shown) => {
    const onProgress = (progress: Progress) => {
      options.onProgress?.(progress);
      shown.progress(progress);
    };
    return search(model, audit, { ...options, onProgress, signal: shown.signal });
  });
}

async function search(
  model: Model,
  audit: Audit,
  options: ShortcutOptions & { onProgress(progress: Progress): void },
): Promise<ShortcutReport> {
  const { seed = 0, most = 600, recipients = 80, share = 0.3, flips = 0.72, signal, onProgress } = options;
  const source = random(seed);
  const all = (await audit.query(
    "select path, prediction, shard, map_row from results where error is null order by shard, map_row",
  )) as unknown as Picture[];
  const pictures = source
    .shuffle([...all])
    .slice(0, most)
    .sort((a, b) => a.shard - b.shard || a.map_row - b.map_row);
  const maps = new Map<Picture, Float32Array>();
  for (const picture of pictures) {
    throwIfAborted(signal);
    const map = await audit.map(picture);
    if (map) maps.set(picture, positive(resizeMap(map.data, map.width, map.height, GRID, GRID)));
  }
  const mapped = pictures.filter((picture) => maps.has(picture));
  const fine = mapped.map((picture) => maps.get(picture) as Float32Array);
  const { labels, clusters, eigenvalues, coordinates, scattered } = await clustersAside(
    { rows: fine.map(coarse), seed },
    signal,
  );

  // where a model of one class does not see it, the map has no evidence of what was answered
  const denied = model.labels.length === 1 ? denial(model.labels[0]) : undefined;
  const found = groupsOf(mapped, labels).filter(({ prediction }) => prediction !== denied);
  const files = new Map((await audit.pictures()).map(({ path, file }) => [path, file]));
  const counter = { passes: 0 };
  const groups: Shortcut[] = [];
  for (const group of found) {
    const mean = meanOf(group.members.map((i) => fine[i]));
    const { box, share: inside } = hottest(mean);
    const members = group.members.map((i) => mapped[i]);
    const others = mapped.filter(({ prediction }) => prediction !== group.prediction);
    const tried =
      inside >= share && others.length >= SMALLEST_GROUP
        ? await paste(model, {
            members,
            others,
            box,
            files,
            recipients,
            prediction: group.prediction,
            source,
            counter,
            signal,
          })
        : undefined;
    groups.push({
      prediction: group.prediction,
      pictures: members.map(({ path }) => path),
      cluster: group.cluster,
      purity: group.members.length / labels.filter((label) => label === group.cluster).length,
      box,
      share: inside,
      flips: tried?.flips ?? null,
      control: tried?.control ?? null,
      flagged: tried !== undefined && tried.flips >= flips && tried.control <= tried.flips / 2,
      mean,
    });
    onProgress({ done: groups.length, total: found.length });
  }
  const suspicion = ({ flagged, flips: rate, share: inside }: Shortcut) => (flagged ? 10 : 0) + (rate ?? 0) + inside;
  return {
    groups: groups.sort((a, b) => suspicion(b) - suspicion(a)),
    clusters,
    clusterMeans: Array.from({ length: clusters }, (_, cluster) =>
      meanOf(fine.filter((_, i) => labels[i] === cluster)),
    ),
    eigenvalues,
    points: mapped.map(({ path }, i) => {
      const [[x, y], [u, v]] = [coordinates[i], scattered[i]];
      return { path, cluster: labels[i], x, y, u, v };
    }),
    forwardPasses: counter.passes,
  };
}

interface Picture extends Row {
  readonly path: string;
  readonly prediction: string;
  readonly shard: number;
  readonly map_row: number;
}

const positive = (values: Float32Array) => values.map((value) => Math.max(0, value));

const coarse = (map: Float32Array) => {
  const step = GRID / COARSE;
  const small = new Float32Array(COARSE * COARSE);
  map.forEach((value, i) => {
    small[Math.floor(Math.floor(i / GRID) / step) * COARSE + Math.floor((i % GRID) / step)] += value;
  });
  return small;
};

/** Pictures of one cluster with one prediction, the larger groups first; small ones say nothing. */
function groupsOf(
  pictures: readonly Picture[],
  labels: Int32Array,
): { cluster: number; prediction: string; members: number[] }[] {
  const groups = new Map<string, { cluster: number; prediction: string; members: number[] }>();
  pictures.forEach(({ prediction }, i) => {
    const key = `${labels[i]} ${prediction}`;
    const group = groups.get(key) ?? { cluster: labels[i], prediction, members: [] };
    group.members.push(i);
    groups.set(key, group);
  });
  return [...groups.values()]
    .filter(({ members }) => members.length >= SMALLEST_GROUP)
    .sort((a, b) => b.members.length - a.members.length);
}

function meanOf(maps: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(GRID * GRID);
  for (const map of maps) for (let i = 0; i < mean.length; i++) mean[i] += map[i] / maps.length;
  return mean;
}

/** The box that holds most of a map, and how much of it. */
function hottest(map: Float32Array): { box: Shortcut["box"]; share: number } {
  const total = map.reduce((sum, value) => sum + value, 0);
  let best = { x: 0, y: 0, sum: -1 };
  for (let y = 0; y + BOX <= GRID; y++) {
    for (let x = 0; x + BOX <= GRID; x++) {
      let sum = 0;
      for (let v = y; v < y + BOX; v++) for (let u = x; u < x + BOX; u++) sum += map[v * GRID + u];
      if (sum > best.sum) best = { x, y, sum };
    }
  }
  const box = { x: best.x / GRID, y: best.y / GRID, width: BOX / GRID, height: BOX / GRID };
  return { box, share: total > 0 ? best.sum / total : 0 };
}

interface Paste {
  readonly members: readonly Picture[];
  readonly others: readonly Picture[];
  readonly box: Shortcut["box"];
  readonly files: ReadonlyMap<string, string>;
  readonly recipients: number;
  readonly prediction: string;
  readonly source: Random;
  readonly counter: { passes: number };
  readonly signal?: AbortSignal;
}

/** Pastes the box of the group's pictures, and of others, onto pictures of other classes. */
async function paste(model: Model, work: Paste): Promise<{ flips: number; control: number }> {
  const { members, others, box, files, prediction, source, counter, signal } = work;
  const inputOf = async ({ path }: Picture) => (await model.prepare(files.get(path) ?? path, { signal })).tensor;
  const some = (pictures: readonly Picture[], count: number) => source.shuffle([...pictures]).slice(0, count);
  const shuffled = some(others, others.length);
  const recipients = await Promise.all(shuffled.slice(0, work.recipients).map(inputOf));
  const donors = await Promise.all(some(members, DONORS).map(inputOf));
  const controls = await Promise.all(shuffled.slice(-DONORS).map(inputOf));
  const index = model.classIndex(prediction);
  const rate = async (patches: readonly Tensor[]) => {
    let flipped = 0;
    for (let i = 0; i < recipients.length; i++) {
      const scores = await model.run(pasted(recipients[i], patches[i % patches.length], box, model), { signal });
      const { data, dims } = model.probabilities(scores);
      counter.passes += dims[0];
      const answers = model.labels.length === 1 ? data[0] >= 0.5 : data.indexOf(Math.max(...data)) === index;
      if (answers) flipped += 1;
    }
    return flipped / recipients.length;
  };
  return { flips: await rate(donors), control: await rate(controls) };
}

function pasted(onto: Tensor, from: Tensor, box: Shortcut["box"], { info: { input } }: Model): Tensor {
  const { width, height, channels, layout } = input;
  const data = onto.data.slice();
  const left = Math.round(box.x * width);
  const top = Math.round(box.y * height);
  const bottom = Math.round((box.y + box.height) * height);
  const right = Math.round((box.x + box.width) * width);
  for (let y = top; y < bottom; y++) {
    if (layout === "nhwc") {
      const at = (y * width + left) * channels;
      data.set(from.data.subarray(at, (y * width + right) * channels), at);
      continue;
    }
    for (let c = 0; c < channels; c++) {
      const row = (c * height + y) * width;
      data.set(from.data.subarray(row + left, row + right), row + left);
    }
  }
  return { data, dims: onto.dims };
}
