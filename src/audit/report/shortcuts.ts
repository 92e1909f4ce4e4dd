import { pictures } from "#platform/pictures";
import { toBase64 } from "../../core/bytes.js";
import type { Look } from "../../render/config.js";
import { percent, plural } from "../../render/format.js";
import { paint } from "../../render/paint.js";
import { prepareMap } from "../../render/prepared-map.js";
import type { Audit } from "../audit.js";
import type { ClusterPoint, Shortcut, ShortcutReport } from "../shortcuts/types.js";
import { sqlTexts } from "../sql.js";
import { COLOURS, scatter, text } from "./html.js";
import { movingSection } from "./moving-shortcuts.js";
import { propertySection } from "./property-shortcuts.js";
import type { Place, SuspectsSection, Thumbnails } from "./thumbnails.js";

/** A clustered picture with what the audit says of it. */
type Clustered = ClusterPoint & Place & { readonly prediction: string; readonly truth: string | null };

interface Cluster {
  readonly number: number;
  readonly members: readonly Clustered[];
  readonly groups: readonly Shortcut[];
  readonly mean: Float32Array;
}

/** Thumbnails that a scatter holds before they cover each other. */
const MOST_IN_SCATTER = 240;
const SAMPLES = 6;

/** Whether there are shortcuts, the scatter of maps and the clusters, the most suspicious first. */
export async function shortcutsSection(audit: Audit, report?: ShortcutReport): Promise<SuspectsSection> {
  if (!report) {
    return {
      pictures: [],
      flagged: () => "",
      html: () => "<p>Not looked for: there are too few pictures, or it was not asked for.</p>",
    };
  }
  const points = await clustered(audit, report.points);
  const step = Math.ceil(points.length / MOST_IN_SCATTER);
  const scattered = points.filter((_, i) => i % step === 0);
  const places = new Map(points.map((point) => [point.path, point]));
  const samplesOf = (paths: readonly string[]) => paths.flatMap((path) => places.get(path) ?? []).slice(0, SAMPLES);
  const clusters = clustersOf(points, report);
  const cards = await Promise.all(
    clusters.map(async (cluster) => {
      const mean = await meanImage(cluster.mean, "mean map of the cluster");
      const groups = await Promise.all(
        cluster.groups.map(async (group) => ({
          group,
          samples: samplesOf(group.pictures),
          mean: await meanImage(group.mean, "mean map of the group", group.box),
        })),
      );
      return { cluster, mean, groups, samples: groups.length ? [] : cluster.members.slice(0, SAMPLES) };
    }),
  );
  const moving = await movingSection(report.moving, places);
  return {
    pictures: [
      ...scattered,
      ...moving.pictures,
      ...cards.flatMap(({ samples, groups }) => [...samples, ...groups.flatMap((one) => one.samples)]),
    ],
    flagged: (thumbnails) =>
      [
        ...cards
          .flatMap(({ groups }) => groups.filter(({ group }) => group.flagged))
          .map((one) => groupHtml(one, thumbnails)),
        moving.flagged(thumbnails),
      ].join("\n"),
    html: (thumbnails) => `${verdict(report)}
${moving.html(thumbnails)}
${propertySection(report)}
<h3>Maps that are alike</h3>
<p>Each picture stands for its map; maps that are alike lie together (UMAP). Shown are ${scattered.length} of ${plural(points.length, "map")} in ${plural(report.clusters, "cluster")}, told apart by the frame's colour and the number.</p>
${thumbnailScatter(points, scattered, thumbnails)}
<details><summary>Spectral coordinates</summary>${scatter(
      points.map(({ path, cluster, x, y }) => ({ x, y, group: cluster, title: path })),
      "first spectral coordinate",
      "second",
    )}</details>
<h3>Clusters</h3>
<p><code>sightline audit slice FOLDER NAME --cluster NUMBER</code> saves one as a slice.</p>
${cards.map((card) => clusterHtml(card, thumbnails)).join("\n")}`,
  };
}

async function clustered(audit: Audit, points: readonly ClusterPoint[]): Promise<Clustered[]> {
  const rows = await audit.query(
    `select path, prediction, truth, shard, map_row from results
     where path in (select unnest(${sqlTexts(points.map(({ path }) => path))}))`,
  );
  const known = new Map(rows.map((row) => [row.path, row]));
  return points
    .flatMap((point) => (known.has(point.path) ? [{ ...known.get(point.path), ...point } as Clustered] : []))
    .sort((a, b) => a.shard - b.shard || a.map_row - b.map_row);
}

/** Clusters in the order of their most suspicious group, then the larger ones. */
function clustersOf(points: readonly Clustered[], { groups, clusterMeans }: ShortcutReport): Cluster[] {
  const rank = ({ groups: [first] }: Cluster) => (first ? groups.indexOf(first) : groups.length);
  return clusterMeans
    .map((mean, number) => ({
      number,
      members: points.filter(({ cluster }) => cluster === number),
      groups: groups.filter(({ cluster }) => cluster === number),
      mean,
    }))
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => rank(a) - rank(b) || b.members.length - a.members.length);
}

function verdict({ groups, moving, properties }: ShortcutReport): string {
  const flagged = groups.filter((group) => group.flagged);
  const elsewhere = moving.filter((shortcut) => shortcut.flagged);
  const whole = properties.filter((shortcut) => shortcut.flagged);
  if (flagged.length + elsewhere.length + whole.length === 0) {
    return "<p>No group of pictures shares a region that turns other pictures into its class.</p>";
  }
  const names = (all: readonly { readonly prediction: string }[]) =>
    `<strong>${all.map(({ prediction }) => text(prediction)).join(", ")}</strong>`;
  const fixed = `${plural(flagged.length, "group")} of pictures ${flagged.length === 1 ? "shares" : "share"} a region that, pasted on pictures of other classes, changes the answer: ${names(flagged)}.`;
  const moved = `Pictures of ${names(elsewhere)} have one thing in common${elsewhere.some(({ place }) => place) ? "" : ", elsewhere in each,"} that changes the answer when it is pasted on pictures of other classes.`;
  const told = whole.map(
    ({ prediction, property }) =>
      `Pictures of <strong>${text(prediction)}</strong> are told by their ${property}: given to pictures of other classes, it changes the answer.`,
  );
  return `<p>${[...(flagged.length ? [fixed] : []), ...(elsewhere.length ? [moved] : []), ...told].join(" ")}</p>`;
}

const colourOf = (cluster: number) => COLOURS[cluster % COLOURS.length];

function thumbnailScatter(points: readonly Clustered[], shown: readonly Clustered[], thumbnails: Thumbnails): string {
  const [across, up] = [rangeOf(points.map(({ u }) => u)), rangeOf(points.map(({ v }) => v))];
  const marks = shown.map((point) => {
    const { path, prediction, cluster, u, v } = point;
    const at = `left:calc(${across(u).toFixed(3)}*(100% - 40px));top:calc(${(1 - up(v)).toFixed(3)}*(100% - 40px))`;
    const title = text(`${path}: ${prediction}, cluster ${cluster}`);
    return `<span class="${thumbnails.classes(point)}" style="${at};outline-color:${colourOf(cluster)}" title="${title}"><b style="background:${colourOf(cluster)}">${cluster}</b></span>`;
  });
  return `<div class="u" role="img" aria-label="${marks.length} pictures by the likeness of their maps">${marks.join("")}</div>`;
}

/** Puts values on 0…1, the middle where all are equal. */
function rangeOf(values: readonly number[]): (value: number) => number {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return (value) => (high > low ? (value - low) / (high - low) : 0.5);
}

interface ClusterCard {
  readonly cluster: Cluster;
  readonly mean: string;
  readonly samples: readonly Place[];
  readonly groups: readonly { readonly group: Shortcut; readonly samples: readonly Place[]; readonly mean: string }[];
}

function clusterHtml({ cluster, mean, samples, groups }: ClusterCard, thumbnails: Thumbnails): string {
  const { number, members } = cluster;
  const labelled = members.flatMap(({ truth }) => truth ?? []);
  const labels = labelled.length === 0 ? "" : `<br>Labelled: ${shares(labelled)}.`;
  const rest = groups.length
    ? groups.map((one) => groupHtml(one, thumbnails)).join("\n")
    : `<p>No class has enough pictures here for a test.</p><div class="r">${samples.map(thumbnails.html).join("")}</div>`;
  return `<section class="k"><div class="h">${mean}
<div><h4><i style="background:${colourOf(number)}"></i>Cluster ${number} · ${plural(members.length, "picture")}</h4>
<p>Predicted: ${shares(members.map(({ prediction }) => prediction))}.${labels}</p></div></div>
${rest}</section>`;
}

/** Classes that are named; the others are counted together. */
const MOST_CLASSES = 4;

/** What share each class has, the largest first. */
function shares(classes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const share = (count: number) => percent(count / classes.length);
  const named = sorted.slice(0, MOST_CLASSES).map(([name, count]) => `${text(name)} ${share(count)}`);
  const others = sorted.slice(MOST_CLASSES);
  const rest = others.reduce((sum, [, count]) => sum + count, 0);
  return [...named, ...(rest ? [`${plural(others.length, "other class", "other classes")} ${share(rest)}`] : [])].join(
    ", ",
  );
}

function groupHtml({ group, samples, mean }: ClusterCard["groups"][number], thumbnails: Thumbnails): string {
  const { flips, control, flagged, share, pictures, prediction, purity } = group;
  const tested =
    flips === null || control === null
      ? "not pasted: no region holds enough of the evidence"
      : `pasted on pictures of other classes it makes ${percent(flips)} of them ${text(prediction)}; the same region of other pictures, ${percent(control)}`;
  const mark = flagged ? " · <em>looks like a shortcut</em>" : "";
  return `<div class="s${flagged ? " f" : ""}">${mean}
<div><strong>${text(prediction)}</strong> · ${plural(pictures.length, "picture")} · ${percent(purity)} of the cluster${mark}<br>${percent(share)} of the evidence lies in the marked region; ${tested}.</div><div class="r">${samples.map(thumbnails.html).join("")}</div></div>`;
}

const MEAN_LOOK: Look = {
  type: "pixels",
  polarity: "positive",
  clipBelow: 0,
  clipAbove: 100,
  colourMap: "viridis",
  overlay: "none",
  weight: 1,
};

/** A mean map as HTML, with a region marked on it. */
async function meanImage(mean: Float32Array, name: string, box?: Shortcut["box"]): Promise<string> {
  const side = Math.sqrt(mean.length);
  const map = prepareMap({ data: mean, width: side, height: side, signed: false }, { width: side, height: side });
  const out = new Uint8ClampedArray(side * side * 4);
  paint(map, { data: new Uint8Array(side * side * 3), width: side, height: side }, MEAN_LOOK, out);
  const png = await pictures.encode({ data: out, width: side, height: side, channels: 4 }, { format: "png" });
  const marked = box
    ? `<i style="left:${100 * box.x}%;top:${100 * box.y}%;width:${100 * box.width}%;height:${100 * box.height}%"></i>`
    : "";
  return `<div class="m"><img alt="${name}" src="data:image/png;base64,${toBase64(png)}">${marked}</div>`;
}
