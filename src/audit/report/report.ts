import { CASES, type Case } from "../../explain/cases.js";
import type { Row } from "../../platform/sql.js";
import { percent, plural, probability } from "../../render/format.js";
import type { Audit } from "../audit.js";
import type { FindingsFile } from "../findings.js";
import { THUMBNAIL } from "../pictures/thumbnail.js";
import type { AuditRow } from "../row.js";
import { SHARD } from "../shards/shard.js";
import type { Storage } from "../shards/storage.js";
import type { ShortcutReport } from "../shortcuts/types.js";
import type { SliceMeasures, SliceResult } from "../slices.js";
import { flaggedHtml, pairPictures } from "./flagged.js";
import { cells, figure, scatter, table, text } from "./html.js";
import { labelsHtml } from "./labels.js";
import { shortcutsSection } from "./shortcuts.js";
import { type Thumbnails, thumbnails } from "./thumbnails.js";

/** What a report is made of. */
export interface ReportParts {
  readonly audit: Audit;
  readonly shortcuts?: ShortcutReport;
  readonly flagged: FindingsFile;
  readonly storage: Storage;
  /** Pictures that the gallery shows; of more, those of shards that lie evenly among all. */
  readonly mostShown?: number;
}

/**
 * The audit as one page that works from file:// and runs no script: cases, slices, shortcuts, scatters and pictures.
 * Sections are closed until opened and pictures share sheets, so that thousands of them do not choke a browser.
 */
export async function reportHtml({
  audit,
  shortcuts,
  flagged,
  storage,
  mostShown = 4096,
}: ReportParts): Promise<string> {
  const { manifest } = audit;
  const step = Math.ceil(manifest.pictures / mostShown);
  const rows = (await audit.query("select * from results where shard % $1 = 0", [step])) as unknown as AuditRow[];
  const looked = rows.filter(({ error }) => error === null);
  const found = await shortcutsSection(audit, shortcuts);
  const pairs = await pairPictures(audit, flagged);
  const single = [...found.pictures, ...pairs.values()];
  const labels = await labelsHtml(audit);
  const small = await thumbnails(storage, [...new Set(rows.map(({ shard }) => shard))], single);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Audit of ${text(manifest.model.name)}</title><style>${STYLE}${small.css}</style></head><body>
<h1>Audit of ${text(manifest.model.name)}</h1>
<p class="facts">${plural(manifest.pictures, "picture")} · ${text(manifest.settings.method)} · seed ${manifest.settings.seed}${manifest.settings.decode ? " · large JPEG files decoded at a reduced size" : ""} · model ${text(manifest.model.sha256.slice(0, 12))}</p>
${notesHtml(manifest.notes)}
<p>To filter, sort, tag and test these pictures, run <code>sightline view .</code> in the folder of this page;
<code>sightline view . --export page.html</code> makes one page of it that works without a network.</p>
<h2>What is flagged</h2>
${found.flagged(small)}
${flaggedHtml(flagged, pairs, small)}
<h2>What the model says</h2>
${await casesTable(audit, labels !== "")}
${labels}
${slicesHtml(await audit.slices())}
<h2>Shortcuts</h2>
${found.html(small)}
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
<h2>${step === 1 ? "Every picture" : `${looked.length} of the pictures`}</h2>
${step === 1 ? "" : `<p>Every ${step}th shard of ${SHARD} pictures; <code>results.parquet</code> has them all.</p>`}
${[...CASES, null]
  .map((name) =>
    gallery(
      name ?? NO_CASE,
      looked.filter((row) => row.case === name),
      small,
    ),
  )
  .join("\n")}
${await unreadable(audit)}
${assumedHtml(manifest.model.notes)}
<h2>What not to conclude</h2>
<ul><li>A map shows what the score depends on by one method, not what the model understands.</li>
<li>That no shortcut was found does not mean that there is none: the search knows things that can be cut out and pasted and, where it was asked for, properties of whole pictures.</li>
<li>Cases depend on thresholds that somebody chose: ${text(JSON.stringify(manifest.settings.thresholds))}.</li></ul>
</body></html>
`;
}

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--warn:#c62828}
@media (prefers-color-scheme:dark){:root{--warn:#ff8a80}}
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:24px auto;padding:0 16px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:32px 0 8px}.facts,small,figcaption{color:color-mix(in srgb,currentColor 70%,transparent)}
table{border-collapse:collapse}th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
.t{width:${THUMBNAIL}px;height:${THUMBNAIL}px;display:inline-block;background-repeat:no-repeat}
.g{display:flex;flex-wrap:wrap;gap:8px;content-visibility:auto;contain-intrinsic-size:auto 600px}
figure{margin:0;width:${THUMBNAIL}px}figcaption{font-size:11px;line-height:1.25;overflow-wrap:anywhere}
details{border-top:1px solid var(--line);padding:8px 0}summary{cursor:pointer;font-weight:600}
.s{border:1px solid var(--line);padding:12px;margin:8px 0;display:grid;grid-template-columns:auto 1fr;grid-template-rows:auto 1fr;gap:4px 16px}.s>.m{grid-row:1/3}.s.f{border:2px solid var(--warn)}.s em{color:var(--warn);font-style:normal;font-weight:600}
.k{border-top:1px solid var(--line);padding:12px 0}.h{display:flex;gap:16px;align-items:center}h3,h4{font-size:16px;margin:16px 0 4px}h4{margin:0}h4 i{display:inline-block;width:14px;height:14px;margin-right:8px}.h p{margin:4px 0 0}
.u{position:relative;height:520px;border:1px solid var(--line);overflow:hidden}.u .t{position:absolute;outline:5px solid;scale:.36;transform-origin:0 0}.u .t:hover{scale:1;z-index:1}
.u b{position:absolute;left:0;top:0;padding:0 6px;color:#fff;font:600 30px/1.2 system-ui,sans-serif}
.m{position:relative;flex:none;width:128px;height:128px}.m img{width:128px;height:128px;image-rendering:pixelated}.w{position:relative;display:inline-block}.m i,.w i{position:absolute;box-sizing:border-box;border:2px solid #fff;outline:1px solid #000}
.p td{vertical-align:top}.q{font-size:12px;overflow-wrap:anywhere}
.r{display:flex;flex-wrap:wrap;gap:4px}
@media (max-width:640px){table{display:block;overflow-x:auto}tbody th{min-width:11em}.m,.m img{width:80px;height:80px}.s>.m{grid-row:1}.s>.r{grid-column:1/3}}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}
`;

/** Of independent labels, what is in none of the cases. */
const NO_CASE = "no label, and none is seen with confidence";

const notesHtml = (notes: readonly string[]) =>
  notes.length === 0 ? "" : `<ul class="facts">${notes.map((note) => `<li>${text(note)}</li>`).join("")}</ul>`;

const assumedHtml = (notes: readonly string[]) =>
  notes.length === 0 ? "" : `<h2>What was assumed of the model</h2>\n${notesHtml(notes)}`;

/** Cases, and how often the class is right; of independent labels, whose own table says that, what cases are about. */
async function casesTable(audit: Audit, independent: boolean): Promise<string> {
  const cases = await audit.query(
    `select "case", count(*) as count, count(*) / sum(count(*)) over () as share, avg(probability) as probability,
       avg(concentration) as concentration
     from results where error is null group by "case"`,
  );
  const order = (row: Row) => (row.case === null ? CASES.length : CASES.indexOf(row.case as Case));
  const body = cases
    .toSorted((a, b) => order(a) - order(b))
    .map((row) =>
      cells(
        row.case ?? NO_CASE,
        row.count,
        percent(Number(row.share)),
        figure(row.probability),
        figure(row.concentration),
      ),
    );
  const rows = table(["case", "pictures", "share", "mean probability", "mean concentration"], body);
  if (independent) {
    return `<p>Cases are about the most probable label of each picture alone, which is true where it is one of the picture's own.</p>${rows}`;
  }
  const [{ known, right }] = await audit.query(
    "select count(correct) as known, count(*) filter (correct) as right from results",
  );
  const accuracy = Number(known)
    ? `<p>Right in ${right} of ${known} pictures whose class is known (${percent(Number(right) / Number(known))}).</p>`
    : "";
  return accuracy + rows;
}

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

function gallery(name: string, rows: readonly AuditRow[], small: Thumbnails): string {
  if (rows.length === 0) return "";
  const sorted = rows.toSorted((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
  const figures = sorted.map((row) => {
    const truth = row.truth !== null && row.correct === false ? ` <small>(${text(row.truth)})</small>` : "";
    return `<figure title="${text(row.path)}">${small.html(row)}<figcaption>${text(row.prediction ?? "")} ${probability(row.probability ?? 0)}${truth}</figcaption></figure>`;
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
