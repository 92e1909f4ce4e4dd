import { escapeUTF8 } from "entities";
import sharp from "sharp";
import { CASES, type Case } from "../cases.js";
import type { Look } from "../render/config.js";
import { oneLine, plural, probability } from "../render/format.js";
import { paint, prepareMap } from "../render/pixels.js";
import type { Row } from "./duck.js";
import type { Audit } from "./finished.js";
import type { AuditRow } from "./row.js";
import { SHARD, SHEET_COLUMNS, shardFiles } from "./shard.js";
import type { ClusterPoint, Shortcut, ShortcutReport } from "./shortcuts.js";
import type { SliceMeasures, SliceResult } from "./slices.js";
import type { Storage } from "./storage.js";
import { THUMBNAIL } from "./thumbnail.js";

/** What a report is made of. */
export interface ReportParts {
  readonly audit: Audit;
  readonly shortcuts?: ShortcutReport;
  readonly storage: Storage;
}

const text = (value: string) => escapeUTF8(oneLine(value));
const percent = (value: number) => `${Math.round(100 * value)} %`;

/** Pictures that a page shows; of more, those of shards that lie evenly among all. */
const MOST_SHOWN = 4096;

/**
 * The audit as one page that works from file:// and runs no script: cases, slices, shortcuts, scatters and pictures.
 * Sections are closed until opened and pictures share sheets, so that thousands of them do not choke a browser.
 */
export async function reportHtml({ audit, shortcuts, storage }: ReportParts): Promise<string> {
  const { manifest } = audit;
  const step = Math.ceil(manifest.pictures / MOST_SHOWN);
  const rows = (await audit.query("select * from results where shard % $1 = 0", [step])) as unknown as AuditRow[];
  const looked = rows.filter(({ error }) => error === null);
  const shown = new Map(looked.map((row) => [row.path, row]));
  const groups = await Promise.all((shortcuts?.groups ?? []).slice(0, 12).map((group) => groupHtml(group, shown)));
  const sheets = await sheetStyles(storage, [...new Set(rows.map(({ shard }) => shard))]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Audit of ${text(manifest.model.name)}</title><style>${STYLE}${sheets}</style></head><body>
<h1>Audit of ${text(manifest.model.name)}</h1>
<p class="facts">${plural(manifest.pictures, "picture")} · ${text(manifest.settings.method)} · seed ${manifest.settings.seed} · model ${text(manifest.model.sha256.slice(0, 12))}</p>
<h2>What the model says</h2>
${await casesTable(audit)}
${slicesHtml(await audit.slices())}
<h2>Shortcuts</h2>
${shortcutsHtml(shortcuts, groups, shown)}
<h2>Confidence and concentration</h2>
<p>Each point is a picture: how sure the model is, and how much of the evidence lies in the strongest tenth of the picture. Confident answers on scattered evidence, top left, are worth a look.</p>
${scatter(
  looked.map(({ path, concentration, probability: p, correct }) => ({
    x: concentration ?? 0,
    y: p ?? 0,
    group: correct === false ? 1 : 0,
    title: path,
  })),
  "concentration of the map",
  "probability",
)}
<h2>${step === 1 ? "Every picture" : `${shown.size} of the pictures`}</h2>
${step === 1 ? "" : `<p>Every ${step}th shard of ${SHARD} pictures; <code>results.parquet</code> has them all.</p>`}
${CASES.map((name) =>
  gallery(
    name,
    looked.filter((row) => row.case === name),
  ),
).join("\n")}
${await unreadable(audit)}
<h2>What not to conclude</h2>
<ul><li>A map shows what the score depends on by one method, not what the model understands.</li>
<li>That no shortcut was found does not mean that there is none: the search knows shortcuts that lie in one place.</li>
<li>Cases depend on thresholds that somebody chose: ${text(JSON.stringify(manifest.settings.thresholds))}.</li></ul>
</body></html>
`;
}

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--accent:#1976d2;--warn:#c62828}
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:24px auto;padding:0 16px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:32px 0 8px}.facts,small,figcaption{color:color-mix(in srgb,currentColor 70%,transparent)}
table{border-collapse:collapse}th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
.t{width:${THUMBNAIL}px;height:${THUMBNAIL}px;display:inline-block;background-repeat:no-repeat}
.g{display:flex;flex-wrap:wrap;gap:8px;content-visibility:auto;contain-intrinsic-size:auto 600px}
figure{margin:0;width:${THUMBNAIL}px}figcaption{font-size:11px;line-height:1.25;overflow-wrap:anywhere}
details{border-top:1px solid var(--line);padding:8px 0}summary{cursor:pointer;font-weight:600}
.s{border:1px solid var(--line);padding:12px;margin:8px 0;display:flex;gap:16px}.s>:last-child{flex:1;min-width:0}.m{flex:none}.s.f{border-color:var(--warn)}
.u{position:relative;height:520px;border:1px solid var(--line);overflow:hidden}.u .t{position:absolute;outline:5px solid;scale:.36;transform-origin:0 0}.u .t:hover{scale:1;z-index:1}
.m{position:relative;width:128px;height:128px}.m img{width:128px;height:128px;image-rendering:pixelated}.m i{position:absolute;border:2px solid #fff;outline:1px solid #000}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}
`;

/** One CSS class a sheet of thumbnails: each picture is a window on it. */
async function sheetStyles(storage: Storage, shards: readonly number[]): Promise<string> {
  const styles: string[] = [];
  for (const index of shards) {
    const sheet = await storage.read(shardFiles(index).thumbnails);
    if (sheet)
      styles.push(`.s${index}{background-image:url(data:image/webp;base64,${Buffer.from(sheet).toString("base64")})}`);
  }
  for (let cell = 0; cell < SHARD; cell++) {
    const x = (cell % SHEET_COLUMNS) * THUMBNAIL;
    const y = Math.floor(cell / SHEET_COLUMNS) * THUMBNAIL;
    styles.push(`.c${cell}{background-position:-${x}px -${y}px}`);
  }
  return styles.join("\n");
}

const thumbnail = ({ shard, map_row, path }: AuditRow) =>
  `<span class="t s${shard} c${map_row}" role="img" aria-label="${text(path)}"></span>`;

async function casesTable(audit: Audit): Promise<string> {
  const cases = await audit.query(
    `select "case", count(*) as count, count(*) / sum(count(*)) over () as share, avg(probability) as probability,
       avg(concentration) as concentration
     from results where error is null group by "case"`,
  );
  const order = (row: Row) => CASES.indexOf(row.case as Case);
  const body = cases
    .toSorted((a, b) => order(a) - order(b))
    .map((row) =>
      cells(row.case, row.count, percent(Number(row.share)), figure(row.probability), figure(row.concentration)),
    );
  const [{ known, right }] = await audit.query(
    "select count(correct) as known, count(*) filter (correct) as right from results",
  );
  const accuracy = Number(known)
    ? `<p>Right in ${right} of ${known} pictures whose class is known (${percent(Number(right) / Number(known))}).</p>`
    : "";
  return accuracy + table(["case", "pictures", "share", "mean probability", "mean concentration"], body);
}

/** One row of a table; the first cell names it. */
const cells = (name: unknown, ...values: unknown[]) =>
  `<tr><th scope="row">${text(String(name))}</th>${values.map((value) => `<td>${text(String(value))}</td>`).join("")}</tr>`;

const table = (head: readonly string[], body: readonly string[]) =>
  `<table><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;

const figure = (value: unknown) => (typeof value === "number" ? probability(value) : "–");

function slicesHtml(slices: readonly SliceResult[]): string {
  if (slices.length === 0) return "";
  const measures = ({ pictures, errorRate, errorInterval: [low, high], confidence, concentration }: SliceMeasures) => [
    pictures,
    errorRate === null ? "–" : `${percent(errorRate)} (${percent(low)} to ${percent(high)})`,
    figure(confidence),
    figure(concentration),
  ];
  const body = slices.flatMap(({ name, expect, holds, own, rest }) => [
    cells(name, ...measures(own), expect ?? "", holds === null ? "" : holds ? "holds" : "does not hold"),
    cells("· all other pictures", ...measures(rest), "", ""),
  ]);
  const head = ["slice", "pictures", "error rate (95 %)", "confidence", "concentration", "expected", ""];
  return `<h2>Slices</h2>${table(head, body)}`;
}

function shortcutsHtml(
  report: ShortcutReport | undefined,
  groups: readonly string[],
  shown: ReadonlyMap<string, AuditRow>,
): string {
  if (!report) return "<p>Not looked for: there are too few pictures, or it was not asked for.</p>";
  const flagged = report.groups.filter(({ flagged: is }) => is);
  const verdict =
    flagged.length === 0
      ? "<p>No group of pictures shares a region that turns other pictures into its class.</p>"
      : `<p>${plural(flagged.length, "group")} of pictures share a region that, pasted on pictures of other classes, changes the answer: <strong>${flagged.map(({ prediction }) => text(prediction)).join(", ")}</strong>.</p>`;
  return `${verdict}${groups.join("\n")}<h3>Maps that are alike</h3>
<p>Each picture is one map of ${report.clusters} clusters, told apart by the frame's colour; maps that are alike lie together (UMAP).</p>
${thumbnailScatter(report.points, shown)}
<details><summary>Spectral coordinates</summary>${scatter(
    report.points.map(({ path, cluster, x, y }) => ({ x, y, group: cluster, title: path })),
    "first spectral coordinate",
    "second",
  )}</details>`;
}

/** Thumbnails that a scatter holds before they cover each other. */
const MOST_THUMBNAILS = 240;

function thumbnailScatter(points: readonly ClusterPoint[], shown: ReadonlyMap<string, AuditRow>): string {
  const [across, up] = [rangeOf(points.map(({ u }) => u)), rangeOf(points.map(({ v }) => v))];
  const step = Math.ceil(points.length / MOST_THUMBNAILS);
  const marks = points.flatMap(({ path, cluster, u, v }, i) => {
    const row = shown.get(path);
    if (!row || i % step > 0) return [];
    const at = `left:${(94 * across(u)).toFixed(1)}%;top:${(92 * (1 - up(v))).toFixed(1)}%`;
    const title = text(`${path}: ${row.prediction}, cluster ${cluster}`);
    return `<span class="t s${row.shard} c${row.map_row}" style="${at};outline-color:${COLOURS[cluster % COLOURS.length]}" title="${title}"></span>`;
  });
  return `<div class="u" role="img" aria-label="${marks.length} pictures by the likeness of their maps">${marks.join("")}</div>`;
}

/** Puts values on 0…1, the middle where all are equal. */
function rangeOf(values: readonly number[]): (value: number) => number {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return (value) => (high > low ? (value - low) / (high - low) : 0.5);
}

async function groupHtml(group: Shortcut, shown: ReadonlyMap<string, AuditRow>): Promise<string> {
  const { box, flips, control, flagged, share, pictures, prediction, purity } = group;
  const samples = pictures.flatMap((path) => shown.get(path) ?? []).slice(0, 6);
  const tested =
    flips === null || control === null
      ? "not pasted: no region holds enough of the evidence"
      : `pasted on pictures of other classes it makes ${percent(flips)} of them ${text(prediction)}; the same region of other pictures, ${percent(control)}`;
  const at = `left:${100 * box.x}%;top:${100 * box.y}%;width:${100 * box.width}%;height:${100 * box.height}%`;
  const image = `data:image/png;base64,${Buffer.from(await meanPng(group.mean)).toString("base64")}`;
  return `<div class="s${flagged ? " f" : ""}"><div class="m"><img alt="mean map of the group" src="${image}"><i style="${at};box-sizing:border-box"></i></div>
<div><strong>${text(prediction)}</strong> · ${plural(pictures.length, "picture")} · ${percent(purity)} of its cluster<br>${percent(share)} of the evidence lies in the marked region; ${tested}.<br>${samples.map(thumbnail).join(" ")}</div></div>`;
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

async function meanPng(mean: Float32Array): Promise<Uint8Array> {
  const side = Math.sqrt(mean.length);
  const map = prepareMap({ data: mean, width: side, height: side, signed: false }, { width: side, height: side });
  const out = new Uint8ClampedArray(side * side * 4);
  paint(map, { data: new Uint8Array(side * side * 3), width: side, height: side }, MEAN_LOOK, out);
  return sharp(out, { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toBuffer();
}

function gallery(name: string, rows: readonly AuditRow[]): string {
  if (rows.length === 0) return "";
  const sorted = rows.toSorted((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
  const figures = sorted.map((row) => {
    const truth = row.truth && row.correct === false ? ` <small>(${text(row.truth)})</small>` : "";
    return `<figure title="${text(row.path)}">${thumbnail(row)}<figcaption>${text(row.prediction ?? "")} ${probability(row.probability ?? 0)}${truth}</figcaption></figure>`;
  });
  const strips: string[] = [];
  for (let i = 0; i < figures.length; i += 100)
    strips.push(`<div class="g">${figures.slice(i, i + 100).join("")}</div>`);
  return `<details><summary>${name} (${rows.length})</summary>${strips.join("")}</details>`;
}

const MOST_ERRORS = 1000;

async function unreadable(audit: Audit): Promise<string> {
  const rows = await audit.query("select path, error, count(*) over () as count from results where error is not null");
  if (rows.length === 0) return "";
  const body = rows.slice(0, MOST_ERRORS).map(({ path, error }) => cells(path, error));
  return `<details><summary>could not be looked at (${rows[0].count})</summary>${table(["picture", "error"], body)}</details>`;
}

/** Colours of groups, told apart by colour-blind readers (Okabe & Ito); shapes repeat the difference. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#777777"];

interface Point {
  readonly x: number;
  readonly y: number;
  readonly group: number;
  readonly title: string;
}

function scatter(points: readonly Point[], xTitle: string, yTitle: string): string {
  if (points.length === 0) return "";
  const [width, height, margin] = [640, 360, 44];
  const range = (key: "x" | "y") => {
    const values = points.map((point) => point[key]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return high > low ? { low, high } : { low: low - 0.5, high: high + 0.5 };
  };
  const [xs, ys] = [range("x"), range("y")];
  const marks = points.map(({ x, y, group, title }) => {
    const cx = (margin + ((x - xs.low) / (xs.high - xs.low)) * (width - margin - 12)).toFixed(1);
    const cy = (height - margin - ((y - ys.low) / (ys.high - ys.low)) * (height - margin - 12)).toFixed(1);
    const shape = group % 2 ? `<path d="M${cx} ${cy}m-4 3l4-7 4 7z"` : `<circle cx="${cx}" cy="${cy}" r="3.5"`;
    return `${shape} fill="${COLOURS[group % COLOURS.length]}" fill-opacity=".6"><title>${text(title)}</title>${group % 2 ? "</path>" : "</circle>"}`;
  });
  const tick = (value: number) => escapeUTF8(value.toPrecision(2));
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${yTitle} against ${xTitle}, ${points.length} pictures">
<path d="M${margin} 8V${height - margin}H${width - 8}" fill="none" stroke="currentColor" stroke-opacity=".4"/>
<text x="${margin}" y="${height - margin + 16}">${tick(xs.low)}</text><text x="${width - 12}" y="${height - margin + 16}" text-anchor="end">${tick(xs.high)}</text>
<text x="${margin - 6}" y="${height - margin}" text-anchor="end">${tick(ys.low)}</text><text x="${margin - 6}" y="18" text-anchor="end">${tick(ys.high)}</text>
<text x="${(width + margin) / 2}" y="${height - 8}" text-anchor="middle">${xTitle}</text><text transform="translate(12 ${(height - margin) / 2}) rotate(-90)" text-anchor="middle">${yTitle}</text>
${marks.join("")}</svg>`;
}
