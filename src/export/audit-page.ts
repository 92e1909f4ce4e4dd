import { files } from "#platform/files";
import { LOG } from "../audit/annotations/log.js";
import type { Audit } from "../audit/audit.js";
import { agreedLayout } from "../audit/layout/agreed-layout.js";
import { pictureLayout } from "../audit/layout/picture-layout.js";
import { LAYOUTS } from "../audit/layout/types.js";
import { folderStorage } from "../audit/shards/folder-storage.js";
import { SHARD, shardFiles } from "../audit/shards/shard.js";
import { toBase64 } from "../core/bytes.js";
import { isSightlineError } from "../core/errors.js";
import { contentSecurityPolicy, escapeHtml } from "../core/html.js";
import { AUDIT_FILES, DUCKDB_FILES, EARLIER_FILES, FILE_NAME, FILE_PACKED, LIMITS_ID } from "../explorer/page-files.js";
import { jsonScript, PageScripts } from "./page-scripts.js";

/** What the explorer reads of an audit beside its shards; what is not there is left out. */
const WHOLE = [
  "results.parquet",
  "clusters.parquet",
  "hygiene.parquet",
  "findings.json",
  "labels.json",
  "slices.json",
  LOG,
];
const FOLDERS = ["layouts", "proofs"];

/** How much of an audit's pictures a page brings. */
export interface AuditPageOptions {
  /** Thumbnails, then maps, are written as long as they have no more bytes together than this. */
  readonly most: number;
  /** An earlier audit of the same pictures, which this one is held against. */
  readonly before?: Audit;
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface AuditPageFacts {
  readonly pictures: number;
  /** How many pictures have their thumbnail, and how many their map, in the page. */
  readonly thumbnails: number;
  readonly maps: number;
  /** What cannot be seen or done in the page, in sentences. */
  readonly limits: readonly string[];
}

/**
 * Writes a finished audit as one page that works from a file with the network off: the explorer, its database and the
 * audit's own tables. Where its pictures lie is not in it, only their names in the audit.
 * @throws SightlineError `bad-data`, `bad-config` where an earlier audit shares too few pictures, `write-failed`, `aborted`
 */
export async function writeAuditPage(audit: Audit, to: string, options: AuditPageOptions): Promise<AuditPageFacts> {
  await layOut(audit, options);
  const shards = await shardsWithin(audit, options.most);
  const facts = factsOf(audit, shards);
  await files.writeFileAtomic(to, async (draft) => {
    const writer = await files.writer(draft);
    const write = (text: string) => writer.write(new TextEncoder().encode(text));
    try {
      const { head, tail } = await frame(audit, facts);
      await write(head);
      for (const name of DUCKDB_FILES) {
        await write(await packedElement(name, await files.unpackedAsset(`../browser/${name}`)));
      }
      for await (const [name, bytes] of pageFiles(audit, shards, options.before)) {
        options.signal?.throwIfAborted();
        const element = name.endsWith(".webp") ? elementOf : packedElement;
        await write(await element(name, bytes));
      }
      await write(tail);
    } finally {
      await writer.close();
    }
  });
  return facts;
}

/** A page lays nothing out: what it can show is made before. */
async function layOut(audit: Audit, { before, signal }: AuditPageOptions): Promise<void> {
  for (const by of LAYOUTS) {
    const layout = before ? agreedLayout(before, audit, by, signal) : pictureLayout(audit, by, signal);
    await layout.catch((error) => {
      // an audit without features has no map by them, and the page says so
      if (!isSightlineError(error) || error.code !== "bad-data") throw error;
    });
  }
}

interface Shards {
  /** So many of the first shards bring their thumbnails, so many their maps. */
  readonly thumbnails: number;
  readonly maps: number;
}

async function shardsWithin({ folder, manifest }: Audit, most: number): Promise<Shards> {
  let left = most;
  const fitting = async (kind: keyof Shards): Promise<number> => {
    for (let shard = 0; shard < manifest.shards; shard++) {
      const size = (await files.stat(files.join(folder, shardFiles(shard)[kind])))?.size ?? 0;
      if (size > left) return shard;
      left -= size;
    }
    return manifest.shards;
  };
  return { thumbnails: await fitting("thumbnails"), maps: await fitting("maps") };
}

function factsOf({ manifest: { pictures } }: Audit, shards: Shards): AuditPageFacts {
  const count = (kind: keyof Shards) => Math.min(pictures, shards[kind] * SHARD);
  const [thumbnails, maps] = [count("thumbnails"), count("maps")];
  const some = (what: string, have: number) =>
    have < pictures
      ? [
          `The first ${have.toLocaleString("en")} of ${pictures.toLocaleString("en")} pictures have ${what} in this page.`,
        ]
      : [];
  return {
    pictures,
    thumbnails,
    maps,
    limits: [
      ...some("a thumbnail", thumbnails),
      ...some("a map", maps),
      "This page stands alone: pictures are thumbnails, and what you tag or note is gone when it is closed. Export it first.",
    ],
  };
}

type NamedFiles = AsyncGenerator<[name: string, bytes: Uint8Array]>;

/** The files that the page brings, one after the other. */
async function* pageFiles(audit: Audit, shards: Shards, before: Audit | undefined): NamedFiles {
  for await (const [name, bytes] of auditFiles(audit, shards)) yield [`${AUDIT_FILES}${name}`, bytes];
  if (!before) return;
  const storage = folderStorage(before.folder);
  yield [`${EARLIER_FILES}audit.json`, shownManifest(before)];
  for (const name of ["results.parquet", ...(await storage.list("layouts")).map((name) => `layouts/${name}`)]) {
    const bytes = await storage.read(name);
    if (bytes) yield [`${EARLIER_FILES}${name}`, bytes];
  }
}

/** Without where its pictures and their truths lie. */
const shownManifest = ({ manifest }: Audit) => json({ ...manifest, source: nameOf(manifest.source), truth: null });

async function* auditFiles(audit: Audit, shards: Shards): NamedFiles {
  const storage = folderStorage(audit.folder);
  yield ["audit.json", shownManifest(audit)];
  yield ["pictures.json", json((await audit.pictures()).map(({ path }) => ({ path, file: path })))];
  const names = [...WHOLE];
  for (const folder of FOLDERS) names.push(...(await storage.list(folder)).map((name) => `${folder}/${name}`));
  for (const kind of ["thumbnails", "maps"] as const) {
    for (let shard = 0; shard < shards[kind]; shard++) names.push(shardFiles(shard)[kind]);
  }
  for (const name of names) {
    const bytes = await storage.read(name);
    if (bytes) yield [name, bytes];
  }
}

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const elementOf = (name: string, bytes: Uint8Array, packed = "") =>
  `<script type="text/plain" ${FILE_NAME}="${escapeHtml(name)}"${packed}>${toBase64(bytes)}</script>\n`;

async function packedElement(name: string, bytes: Uint8Array): Promise<string> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("gzip"));
  return elementOf(name, new Uint8Array(await new Response(stream).arrayBuffer()), ` ${FILE_PACKED}`);
}

/** What stands before the files and behind them. */
async function frame({ manifest }: Audit, { limits }: AuditPageFacts): Promise<{ head: string; tail: string }> {
  const scripts = new PageScripts();
  const utf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const tail = [
    scripts.keep(utf8(await files.asset("widgets/browser/plotly.js")), "sightline-plotly"),
    jsonScript("application/json", limits, LIMITS_ID),
    scripts.run(utf8(await files.unpackedAsset("widgets/browser/audit-page.js"))),
    "</body></html>",
    "",
  ];
  const policy = contentSecurityPolicy(scripts.hashes, {
    "script-src": `${scripts.hashes.map((hash) => `'sha256-${hash}'`).join(" ")} 'wasm-unsafe-eval'`,
    "worker-src": "blob:",
    "connect-src": "data:",
  });
  const head = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(`Audit of ${manifest.model.name}`)}</title></head><body>
`;
  return { head, tail: tail.join("\n") };
}

/** Without where it lies. */
const nameOf = (source: string | string[]) =>
  typeof source === "string" ? files.basename(source) : source.map((one) => files.basename(one));
