import { pictures } from "#platform/pictures";
import type { Audit } from "../audit/audit.js";
import { type Finding, type Measured, notLookedFor } from "../audit/findings.js";
import { readLabelsFile } from "../audit/labels/labels-file.js";
import { THUMBNAIL } from "../audit/pictures/thumbnail.js";
import { readProof } from "../audit/proofs/stored-proofs.js";
import { folderStorage } from "../audit/shards/folder-storage.js";
import type { Storage } from "../audit/shards/storage.js";
import { thumbnailCutter } from "../audit/shards/thumbnail-cutter.js";
import type { MapPlace } from "../audit/types.js";
import { escapeHtml } from "../core/html.js";
import { oneLine, plural, probability } from "../render/format.js";

/** What is to be said of an audit where nobody can be asked about it. */
export interface AuditSummary {
  /** How often the model is right, and whether its confidence is to be believed: sentences. */
  readonly figures: readonly string[];
  /** How often it is right about each class, those of the lowest shares first; null where no truth is known. */
  readonly classes: SummaryTable | null;
  readonly findings: readonly SummaryFinding[];
  /** What is not in the lists above, and how the whole is seen: sentences. */
  readonly notes: readonly string[];
}

/** Texts in rows; the first of each names it. */
export interface SummaryTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What the audit flags, and what speaks for it. */
export interface SummaryFinding {
  readonly kind: string;
  readonly claim: string;
  /** What was measured beside the same where nothing is to be found, and what a proof said: sentences. */
  readonly evidence: readonly string[];
  /** Some of its pictures beside each other, WebP; null where there are no thumbnails. */
  readonly pictures: Uint8Array | null;
}

const MOST_FINDINGS = 12;
const MOST_CLASSES = 12;
const MOST_PICTURES = 6;
const LONGEST = 500;

/** @throws SightlineError `bad-data` for an audit that is damaged */
export async function auditSummary(audit: Audit): Promise<AuditSummary> {
  const storage = folderStorage(audit.folder);
  const labels = await readLabelsFile(storage);
  const [answers, classes] = labels ? await ofLabels(audit) : await ofClasses(audit);
  const [{ errors }] = await audit.query("select count(error) as errors from results");
  const found = await audit.findings();
  const findings: SummaryFinding[] = [];
  for (const one of found.slice(0, MOST_FINDINGS)) findings.push(await shownFinding(audit, storage, one));
  return {
    figures: [
      ...answers,
      ...(Number(errors) > 0 ? [`${plural(Number(errors), "picture")} could not be looked at.`] : []),
    ],
    classes: classes && { ...classes, rows: classes.rows.slice(0, MOST_CLASSES) },
    findings,
    notes: [
      ...notLookedFor(await audit.searches()).map(short),
      ...further(classes?.rows.length ?? 0, MOST_CLASSES, labels ? "label" : "class", labels ? "labels" : "classes"),
      ...further(found.length, MOST_FINDINGS, "finding", "findings"),
      `All pictures, maps and figures: sightline view ${short(audit.folder)}; as one page for a browser: sightline view ${short(audit.folder)} --export page.html`,
    ],
  };
}

const further = (count: number, shown: number, noun: string, nouns: string) =>
  count > shown ? [`${plural(count - shown, `more ${noun}`, `more ${nouns}`)}.`] : [];

type Answered = readonly [figures: readonly string[], classes: SummaryTable | null];

/** Of classes that exclude each other. */
async function ofClasses(audit: Audit): Promise<Answered> {
  const { all, classes } = await audit.confusion();
  if (all.rate === null) return [["No true class is known."], null];
  const { ece, eceInterval, eceNull } = await audit.calibration();
  const error = ece === null ? "" : `Expected calibration error ${probability(ece)}${within(eceInterval)}`;
  const beside = error && eceNull !== null ? `${error}, where confidence is right ${probability(eceNull)}` : error;
  const right = `Right in ${all.right.toLocaleString("en")} of ${plural(all.known, "picture")}: ${probability(all.rate)}${within(all.interval)}.`;
  const rows = classes
    .toSorted((a, b) => (a.rate ?? 0) - (b.rate ?? 0) || (a.truth < b.truth ? -1 : 1))
    .map(({ truth, known, right, rate, interval }) => [
      short(truth),
      `${right.toLocaleString("en")} of ${known.toLocaleString("en")}`,
      probability(rate ?? 0),
      range(interval),
    ]);
  return [[right, ...(beside ? [`${beside}.`] : [])], { head: ["true class", "right", "share", "95 %"], rows }];
}

/** Of labels that do not. */
async function ofLabels(audit: Audit): Promise<Answered> {
  const { exact, labels } = await audit.labels();
  if (exact.rate === null) return [["No true labels are known."], null];
  const right = `Exactly the true labels are seen in ${exact.right.toLocaleString("en")} of ${plural(exact.known, "picture")}: ${probability(exact.rate)}${within(exact.interval)}.`;
  const rows = labels
    .toSorted((a, b) => (a.recall ?? 1) - (b.recall ?? 1) || (a.label < b.label ? -1 : 1))
    .map(({ label, pictures: count, precision, recall }) => [
      short(label),
      count.toLocaleString("en"),
      precision === null ? "–" : probability(precision),
      recall === null ? "–" : probability(recall),
    ]);
  return [[right], { head: ["label", "pictures", "precision", "recall"], rows }];
}

async function shownFinding(audit: Audit, storage: Storage, one: Finding): Promise<SummaryFinding> {
  const { kind, claim, effect, null: baseline, count } = one;
  const proof = await readProof(storage, one);
  return {
    kind: kind.replaceAll("-", " "),
    claim: short(claim),
    evidence: [
      `${short(effect.what)}: ${measured(effect)}; ${short(baseline.what)}: ${measured(baseline)}; ${plural(count, "picture")}.`,
      ...(proof ? [short(proof.sentence)] : []),
    ],
    pictures: await strip(audit, storage, one.pictures.slice(0, MOST_PICTURES)),
  };
}

/** Thumbnails beside each other. */
async function strip(audit: Audit, storage: Storage, paths: readonly string[]): Promise<Uint8Array | null> {
  if (paths.length === 0) return null;
  const places = (await audit.query(
    `select shard, map_row from results where error is null and path in (${paths.map((_, i) => `$${i + 1}`).join(", ")})
     order by shard, map_row`,
    paths,
  )) as unknown as MapPlace[];
  const cut = thumbnailCutter(storage);
  const thumbnails: Uint8Array[] = [];
  for (const place of places) thumbnails.push((await cut(place)) ?? new Uint8Array(0));
  const shown = thumbnails.filter(({ length }) => length > 0);
  if (shown.length === 0) return null;
  const width = THUMBNAIL * shown.length;
  const data = new Uint8Array(3 * width * THUMBNAIL);
  for (const [i, thumbnail] of shown.entries()) {
    for (let y = 0; y < THUMBNAIL; y++) {
      data.set(thumbnail.subarray(3 * y * THUMBNAIL, 3 * (y + 1) * THUMBNAIL), 3 * (y * width + i * THUMBNAIL));
    }
  }
  return pictures.encode({ data, width, height: THUMBNAIL }, { format: "webp", quality: 80, effort: 1 });
}

const range = ([low, high]: readonly [number, number]) => `${probability(low)} to ${probability(high)}`;
const within = (interval: readonly [number, number] | null) => (interval ? ` (95 %: ${range(interval)})` : "");
const measured = ({ value, interval }: Measured) => `${probability(value)} (${range(interval)})`;

const short = (text: string) => {
  const line = oneLine(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
};

/** The same for places that run no JavaScript. */
export function summaryHtml(title: string, { figures, classes, findings, notes }: AuditSummary): string {
  const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;
  const row = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const flagged = findings.map(
    ({ kind, claim, evidence }) =>
      `<li><strong>${escapeHtml(kind)}</strong> ${escapeHtml(claim)}${evidence.map(paragraph).join("")}</li>`,
  );
  return [
    paragraph(title),
    ...figures.map(paragraph),
    classes ? `<table>${row(classes.head, "th")}${classes.rows.map((cells) => row(cells, "td")).join("")}</table>` : "",
    flagged.length > 0 ? `<p>What the audit flags:</p><ul>${flagged.join("")}</ul>` : paragraph("Nothing is flagged."),
    ...notes.map(paragraph),
  ].join("");
}
