import { files } from "#platform/files";
import { pictures } from "#platform/pictures";
import { tables } from "#platform/sql";
import { numbersWhere } from "../audit/annotations/chosen.js";
import type { Audit } from "../audit/audit.js";
import { type Finding, notLookedFor } from "../audit/findings.js";
import { type LabelsFile, readLabelsFile } from "../audit/labels/labels-file.js";
import { agreedLayout } from "../audit/layout/agreed-layout.js";
import { pictureLayout } from "../audit/layout/picture-layout.js";
import { THUMBNAIL } from "../audit/pictures/thumbnail.js";
import { Prover } from "../audit/proofs/prover.js";
import { folderStorage } from "../audit/shards/folder-storage.js";
import { SHEET_COLUMNS, shardFiles } from "../audit/shards/shard.js";
import type { AuditItem } from "../audit/sources/item.js";
import { auditTables } from "../audit/stored-tables.js";
import type { StoredMap } from "../audit/types.js";
import { SightlineError } from "../core/errors.js";
import { resizeMap } from "../image/resize-map.js";
import type { Model } from "../model/types.js";
import type { Database, Row } from "../platform/sql.js";
import { AnnotatedPictures } from "./annotated.js";
import { prepareBeside } from "./beside.js";
import { columnValues } from "./column-values.js";
import { columnsOf } from "./columns.js";
import { columnOf, idsSql, Parameters, quoted, whereSql } from "./conditions.js";
import { exported, exportTable } from "./export/export.js";
import type { ExportTable } from "./export/table.js";
import { facetOf } from "./facets.js";
import { flagsOf, type PictureFlag } from "./flags.js";
import { Neighbours } from "./neighbours.js";
import { overviewOf } from "./overview.js";
import { EARLIER, prepare } from "./prepare.js";
import { shownFindings } from "./shown-findings.js";
import { HOW_TO_TEST, Tests } from "./tests.js";
import type {
  Annotated,
  AuditFacts,
  Column,
  ColumnValues,
  Doing,
  ExplorerBackend,
  Exported,
  ExportFormat,
  Facet,
  Filter,
  GridMaps,
  GridRow,
  LayoutKind,
  Overview,
  PictureClaim,
  PictureDetail,
  PictureLayout,
  ShortcutProof,
  Sort,
  TestProgress,
} from "./types.js";

/** Maps in the grid are no finer than this, as the audit's own measures are not. */
const FINEST = 40;
/** The longer side of a large picture, in pixels. */
const LARGE = 1024;
/** A picture of more pixels is not unpacked to be looked at. */
const MOST_PIXELS = 100_000_000;

/** What is known beside the tables. */
interface Known {
  readonly items: readonly AuditItem[];
  readonly findings: readonly Finding[];
  readonly annotated: AnnotatedPictures;
  readonly prover: Prover | undefined;
  readonly before: Audit | undefined;
  readonly labels: LabelsFile | undefined;
}

/** What an explorer is opened with beside the audit. */
export interface ExplorerOptions {
  /** The audited model, which tests claims. */
  readonly model?: Model;
  /** An earlier audit of the same pictures, which this one is held against. */
  readonly before?: Audit;
}

/**
 * A finished audit as one can walk about in it: pictures by any filter, how many have what, all that is known of one.
 * Pictures are known by their number: their shard times the shard's size, and their place in it.
 */
export class Explorer implements ExplorerBackend {
  readonly #audit: Audit;
  readonly #database: Database;
  readonly #items: ReadonlyMap<string, AuditItem>;
  readonly #columns: readonly Column[];
  readonly #byName: ReadonlyMap<string, Column>;
  readonly #findings: readonly Finding[];
  readonly #flags: readonly PictureFlag[];
  readonly #labels: LabelsFile | undefined;
  readonly #conditions = new Map<string, string>();
  readonly #annotated: AnnotatedPictures;
  readonly #neighbours: Neighbours;
  readonly #tests: Tests;
  readonly #before: Audit | undefined;
  readonly #closing = new AbortController();

  private constructor(audit: Audit, database: Database, columns: readonly Column[], known: Known) {
    this.#audit = audit;
    this.#database = database;
    this.#columns = columns;
    this.#byName = new Map(columns.map((column) => [column.name, column]));
    this.#items = new Map(known.items.map((item) => [item.path, item]));
    this.#findings = known.findings;
    this.#flags = flagsOf(known.findings);
    this.#annotated = known.annotated;
    this.#labels = known.labels;
    this.#neighbours = new Neighbours(audit, database);
    this.#before = known.before;
    this.#tests = new Tests(audit, known.findings, known.prover);
  }

  /** @throws SightlineError `bad-data` for an audit that is damaged, `bad-config` for another model */
  static async open(audit: Audit, { model, before }: ExplorerOptions = {}): Promise<Explorer> {
    const prover = model && (await Prover.open(audit, model));
    const findings = await audit.findings();
    const items = await audit.pictures();
    const labels = await readLabelsFile(folderStorage(audit.folder));
    const earlier = before ? [{ name: EARLIER, files: [files.join(before.folder, "results.parquet")] }] : [];
    const database = await tables.open([...(await auditTables(audit.folder)), ...earlier]).catch((cause) => {
      throw new SightlineError("bad-data", `the audit in ${audit.folder} cannot be read`, { cause });
    });
    try {
      await prepare(database, flagsOf(findings));
      if (before) await prepareBeside(database);
      const annotated = await AnnotatedPictures.open(audit, database);
      return new Explorer(audit, database, await columnsOf(database), {
        items,
        findings,
        annotated,
        prover,
        before,
        labels,
      });
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#tests.cancel();
    this.#closing.abort();
    return this.#database.close();
  }

  async about(): Promise<AuditFacts> {
    const { model, settings, pictures: count, notes } = this.#audit.manifest;
    return {
      model: model.name,
      sha256: model.sha256,
      method: settings.method,
      seed: settings.seed,
      pictures: count,
      columns: this.#columns,
      notes,
      before: this.#before ? this.#before.manifest.model.name : null,
      live: this.#tests.live,
      howToTest: HOW_TO_TEST,
      thumbnail: { side: THUMBNAIL, columns: SHEET_COLUMNS },
    };
  }

  async order(filter: Filter, sort: Sort | null): Promise<Int32Array> {
    const parameters = new Parameters();
    const where = await this.#where(filter, parameters);
    const by = sort ? `${this.#sortSql(sort)}, id` : "id";
    const [ids] = await this.#database.numbers(
      `select id::double from pictures where ${where} order by ${by}`,
      parameters.values,
    );
    return Int32Array.from(ids);
  }

  async facets(filter: Filter, names: readonly string[]): Promise<Facet[]> {
    await this.#prepareConditions(filter);
    const counted = { database: this.#database, columns: this.#byName, picturesOf: this.#tableOf };
    const facets: Facet[] = [];
    for (const name of names) facets.push(await facetOf(counted, name, filter));
    return facets;
  }

  async rows(ids: readonly number[]): Promise<GridRow[]> {
    const parameters = new Parameters();
    const { rows } = await this.#database.query(
      `with asked as (${idsSql(ids, parameters)})
       select id, path, prediction, probability, truth, correct, "case", error, shard, map_row as cell,
         (select string_agg(value, '|' order by value) from tags where tags.id = pictures.id) as tags,
         exists (select 1 from noted where noted.id = pictures.id) as noted
       from pictures where id in (select id from asked)`,
      parameters.values,
    );
    return rows as unknown as GridRow[];
  }

  async overview(filter: Filter): Promise<Overview> {
    const parameters = new Parameters();
    const where = await this.#where(filter, parameters);
    const { notes, model } = this.#audit.manifest;
    return overviewOf(this.#database, where, parameters, {
      findings: await shownFindings(this.#findings, this.#tests, this.#database),
      notLookedFor: notLookedFor(await this.#audit.searches()),
      notes,
      assumed: model.notes,
      labels: this.#labels,
    });
  }

  annotated(): Promise<Annotated> {
    return this.#annotated.now();
  }

  annotate(doing: Doing): Promise<Annotated> {
    return this.#annotated.do(doing);
  }

  async export(filter: Filter, format: ExportFormat): Promise<Exported> {
    return exported(await this.table(filter), format, files.basename(this.#audit.folder) || "audit");
  }

  /** All that is known of the pictures that a filter leaves. */
  async table(filter: Filter): Promise<ExportTable> {
    const parameters = new Parameters();
    const where = await this.#where(filter, parameters);
    return exportTable(this.#database, where, parameters.values, (path) => this.#items.get(path)?.file ?? path);
  }

  async maps(ids: readonly number[]): Promise<GridMaps> {
    const places = await this.rows(ids);
    const maps = new Map<number, StoredMap>();
    for (const { id, shard, cell } of places.toSorted((a, b) => a.shard - b.shard)) {
      const map = await this.#audit.map({ shard, map_row: cell });
      if (map) maps.set(id, map);
    }
    const [first] = maps.values();
    const [width, height] = first ? [Math.min(first.width, FINEST), Math.min(first.height, FINEST)] : [0, 0];
    const values = new Float32Array(ids.length * width * height).fill(Number.NaN);
    ids.forEach((id, i) => {
      const map = maps.get(id);
      if (map) values.set(resizeMap(map.data, map.width, map.height, width, height), i * width * height);
    });
    return { width, height, values };
  }

  /** @throws SightlineError `index-out-of-range` */
  async detail(id: number): Promise<PictureDetail> {
    const [row] = await this.#rowOf(id);
    const path = String(row.path);
    const shown = Object.entries(row).filter(([name]) => name !== "searched");
    return {
      id,
      row: Object.fromEntries(shown) as PictureDetail["row"],
      file: this.#items.get(path)?.file ?? path,
      flags: this.#flags.filter((flag) => flag.path === path).map(({ claim }) => claim),
      ...this.#annotated.of(id),
      neighbours: await this.#neighbours.of(id),
      tested: await this.#tests.before(path),
    };
  }

  /** @throws SightlineError `bad-data` where there is nothing to lay pictures out by, `write-failed` */
  async layout(by: LayoutKind): Promise<PictureLayout> {
    const { signal } = this.#closing;
    return this.#before ? agreedLayout(this.#before, this.#audit, by, signal) : pictureLayout(this.#audit, by, signal);
  }

  /** @throws SightlineError `bad-config` for a column that is not there */
  async values(column: string): Promise<ColumnValues> {
    return columnValues(this.#database, columnOf(column, this.#byName));
  }

  /** @throws SightlineError `index-out-of-range`, `not-supported`, `bad-config`, `aborted`, `file-not-found` */
  async testPicture(id: number): Promise<PictureClaim> {
    const [row] = await this.#rowOf(id);
    return this.#tests.testPicture(String(row.path));
  }

  /** @throws SightlineError `index-out-of-range`, `not-supported`, `bad-config`, `aborted`, `file-not-found` */
  prove(index: number): Promise<ShortcutProof> {
    return this.#tests.prove(index);
  }

  async progress(): Promise<TestProgress | null> {
    return this.#tests.progress();
  }

  async cancel(): Promise<null> {
    return this.#tests.cancel();
  }

  /** @throws SightlineError `file-not-found` */
  async sheet(shard: number): Promise<Uint8Array> {
    const path = files.join(this.#audit.folder, shardFiles(shard).thumbnails);
    return files.read(path).catch((cause) => {
      throw new SightlineError("file-not-found", `the audit has no thumbnails of shard ${shard}`, { cause });
    });
  }

  /** @throws SightlineError `file-not-found`, `bad-image` */
  async picture(id: number): Promise<Uint8Array> {
    const [row] = await this.#rowOf(id);
    const path = String(row.path);
    const file = this.#items.get(path)?.file ?? path;
    const bytes = await files.read(file).catch((cause) => {
      throw new SightlineError("file-not-found", "the picture is not where it was audited", {
        received: file,
        next: "put it back there to see it large",
        cause,
      });
    });
    const image = await pictures.decode(bytes, { maxPixels: MOST_PIXELS, background: "white" }).catch((cause) => {
      throw new SightlineError("bad-image", "the file is no picture that can be read", {
        received: file,
        expected: "the picture that was audited",
        cause,
      });
    });
    const scale = Math.min(1, LARGE / Math.max(image.width, image.height));
    const size = {
      width: Math.max(1, Math.round(image.width * scale)),
      height: Math.max(1, Math.round(image.height * scale)),
    };
    const shown = scale < 1 ? await pictures.resize(image, { ...size, fit: "fill" }) : image;
    return pictures.encode(shown, { format: "jpeg", quality: 90 });
  }

  async #rowOf(id: number): Promise<[Row]> {
    const { rows } = await this.#database.query("select * from pictures where id = $1", [id]);
    if (rows.length > 0) return [rows[0]];
    throw new SightlineError("index-out-of-range", `the audit has no picture ${id}`, {
      received: id,
      expected: "the number of a picture",
    });
  }

  async #where(filter: Filter, parameters: Parameters): Promise<string> {
    await this.#prepareConditions(filter);
    return whereSql(filter, this.#byName, parameters, this.#tableOf);
  }

  #sortSql({ column, descending }: Sort): string {
    const { name, kind } = columnOf(column, this.#byName);
    const direction = descending ? "desc" : "asc";
    if (kind !== "set") return `${quoted(name)} ${direction} nulls last`;
    return `(select count(*) from ${quoted(name)} s where s.id = pictures.id) ${direction}`;
  }

  readonly #tableOf = (where: string): string => this.#conditions.get(where) ?? "";

  /** Finds the pictures of conditions in SQL, each once, in a process that sees the audit's tables and nothing else. */
  async #prepareConditions(filter: Filter): Promise<void> {
    for (const one of filter) {
      if (one.kind !== "sql" || this.#conditions.has(one.where)) continue;
      const ids = await numbersWhere(await auditTables(this.#audit.folder), one.where);
      const name = `condition ${this.#conditions.size + 1}`;
      const parameters = new Parameters();
      await this.#database.query(
        ids.length > 0
          ? `create table ${quoted(name)} as ${idsSql(ids, parameters)}`
          : `create table ${quoted(name)} (id integer)`,
        parameters.values,
      );
      this.#conditions.set(one.where, name);
    }
  }
}
