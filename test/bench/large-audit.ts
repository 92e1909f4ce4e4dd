import { createHash } from "node:crypto";
import { cp, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAudit } from "../../src/audit/index.js";
import { SHARD, shardFiles } from "../../src/audit/shards/shard.js";
import { sql } from "../../src/audit/sql.js";
import { folder } from "../audit/pictures.js";
import { auditOfPictures } from "../explorer/audits.js";

/** Pictures that are really audited; all others are rows made of theirs, with the same thumbnails and maps. */
const REAL = 10 * SHARD;
const STORED = ["maps", "features", "thumbnails"] as const;

/** Columns that vary from copy to copy, as they would from picture to picture. */
const VARIED = ["probability", "concentration", "border_share", "brightness", "sharpness", "entropy"];

/** A folder with an audit of so many pictures, gone when disposed. */
export async function largeAudit(count: number): Promise<AsyncDisposable & { readonly folder: string }> {
  await using made = await auditOfPictures(REAL, { shortcuts: true });
  const out = await folder();
  const shards = Math.ceil(count / SHARD);
  for (const name of STORED) await mkdir(join(out, name), { recursive: true });
  const real = made.audit.manifest.shards;
  for (let shard = 0; shard < shards; shard++) {
    const [from, to] = [shardFiles(shard % real), shardFiles(shard)];
    for (const name of STORED) {
      // links may not cross file systems
      const [source, target] = [join(made.audit.folder, from[name]), join(out, to[name])];
      if (shard < real) await cp(source, target);
      else await link(join(out, from[name]), target);
    }
  }
  await multiply(made.audit.folder, out, { count, copies: Math.ceil(shards / real), real });
  await cp(join(made.audit.folder, "findings.json"), join(out, "findings.json"));
  await describe(made.audit.folder, out, count, shards);
  return { folder: out, [Symbol.asyncDispose]: () => rm(out, { recursive: true, force: true }) };
}

interface Size {
  readonly count: number;
  readonly copies: number;
  /** Shards of the audit that is multiplied. */
  readonly real: number;
}

/** The rows of each table once for each copy; the first copy keeps its paths, so that findings know their pictures. */
async function multiply(from: string, to: string, { count, copies, real }: Size): Promise<void> {
  for (const table of ["results", "hygiene"]) {
    const columns = await sql(`select column_name from (describe select * from '${from}/${table}.parquet')`);
    const known = new Set(columns.map(({ column_name }) => String(column_name)));
    const varied = VARIED.filter((name) => known.has(name)).map(
      (name) =>
        `(${name} * (.8 + .2 * (hash(copy * 64000 + shard * 64 + map_row + ${name.length}) % 1000) / 1000))::float as ${name}`,
    );
    const replaced = [
      "case when copy = 0 then path else 'copy ' || copy || '/' || path end as path",
      `(shard + copy * ${real})::integer as shard`,
      ...varied,
    ];
    await sql(
      `copy (select * replace (${replaced.join(", ")})
             from '${from}/${table}.parquet', (select unnest(range(${copies}))::integer as copy)
             where (shard + copy * ${real}) * ${SHARD} + map_row < ${count} order by shard + copy * ${real}, map_row)
       to '${to}/${table}.parquet' (format parquet)`,
    );
  }
}

async function describe(from: string, to: string, count: number, shards: number): Promise<void> {
  const rows = await sql(`select path from '${to}/results.parquet' order by shard, map_row`);
  const items = JSON.stringify(rows.map(({ path }) => ({ path, file: join("/nowhere", String(path)) })));
  await writeFile(join(to, "pictures.json"), items);
  const manifest = JSON.parse(await readFile(join(from, "audit.json"), "utf8"));
  const picturesSha256 = createHash("sha256").update(items).digest("hex");
  await writeFile(join(to, "audit.json"), JSON.stringify({ ...manifest, pictures: count, shards, picturesSha256 }));
  await openAudit(to);
}
