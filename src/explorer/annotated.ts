import { Annotations, wordsOf } from "../audit/annotations/annotations.js";
import type { Action, Entry } from "../audit/annotations/entry.js";
import { countOf, includes, type Ranges, rangesOf, union } from "../audit/annotations/ranges.js";
import type { Audit } from "../audit/audit.js";
import { folderStorage } from "../audit/shards/folder-storage.js";
import { readSlices } from "../audit/slices.js";
import { SightlineError } from "../core/errors.js";
import type { Database } from "../platform/sql.js";
import { Parameters, quoted } from "./conditions.js";
import type { Annotated, Doing, PictureDetail } from "./types.js";

/** Deeds that a page is told of. */
const RECENT = 30;

/** Tables of several values a picture that follow what people do. */
const TABLES = ["tags", "slices", "noted", "notes"] as const;
type TableName = (typeof TABLES)[number];

/** What people did with the pictures, and the tables by which that is filtered and counted. */
export class AnnotatedPictures {
  readonly #annotations: Annotations;
  readonly #audit: Audit;
  readonly #database: Database;
  /** What the tables hold: the pictures of each value. */
  readonly #held: Record<TableName, ReadonlyMap<string, Ranges>> = {
    tags: new Map(),
    slices: new Map(),
    noted: new Map(),
    notes: new Map(),
  };
  #work: Promise<void> = Promise.resolve();

  private constructor(audit: Audit, database: Database, annotations: Annotations) {
    this.#audit = audit;
    this.#database = database;
    this.#annotations = annotations;
  }

  static async open(audit: Audit, database: Database): Promise<AnnotatedPictures> {
    const annotated = new AnnotatedPictures(audit, database, await Annotations.open(audit));
    await annotated.#fill();
    return annotated;
  }

  /** What there is now, what others did included. */
  async now(): Promise<Annotated> {
    await this.#inTurn(async () => {
      if (await this.#annotations.refresh()) await this.#fill();
    });
    return this.#told();
  }

  /** @throws SightlineError `bad-config` for what cannot be done, `write-failed` */
  async do(doing: Doing): Promise<Annotated> {
    await this.#inTurn(async () => {
      if (!isStep(doing)) await this.#annotations.do(await this.#actionOf(doing));
      else await this.#annotations[doing.kind]();
      await this.#fill();
    });
    return this.#told();
  }

  /** What people said of a picture. */
  of(id: number): Pick<PictureDetail, "tags" | "slices" | "notes"> {
    const { tags, slices, notes } = this.#annotations.state;
    const having = (map: ReadonlyMap<string, Ranges>) =>
      [...map].flatMap(([name, pictures]) => (includes(pictures, id) ? [name] : [])).sort();
    return {
      tags: having(tags),
      slices: having(slices),
      notes: [...notes.values()]
        .filter(({ pictures }) => includes(pictures, id))
        .map(({ pictures, ...note }) => ({ ...note, pictures: countOf(pictures) })),
    };
  }

  /** One after the other, so that tables are never filled twice at a time. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(work);
    this.#work = turn.catch(() => {});
    await turn;
  }

  async #actionOf(doing: Exclude<Doing, Step>): Promise<Action> {
    if (!("ids" in doing)) return doing;
    const { ids, ...rest } = doing;
    if (rest.kind === "slice" && ids) await this.#checkFree(rest.name);
    return { ...rest, pictures: ids && rangesOf(ids) } as Action;
  }

  /** Slices with conditions are not replaced from here. */
  async #checkFree(name: string): Promise<void> {
    const saved = await readSlices(folderStorage(this.#audit.folder));
    if (!saved.some((slice) => slice.name === name)) return;
    throw new SightlineError("bad-config", `the audit has a slice '${name}' with a condition or a test`, {
      received: name,
      next: "take another name",
    });
  }

  #told(): Annotated {
    const { entries, state, undoable, redoable, by, notices } = this.#annotations;
    const counted = (map: ReadonlyMap<string, Ranges>) =>
      [...map].map(([name, pictures]) => ({ name, pictures: countOf(pictures) })).sort(byName);
    const words = (entry: Entry | undefined) => (entry ? wordsOf(entry, entries) : null);
    return {
      by,
      revision: entries.length,
      tags: counted(state.tags),
      slices: counted(state.slices),
      views: [...state.views].map(([name, text]) => ({ name, state: text })).sort(byName),
      undo: words(undoable),
      redo: words(redoable),
      recent: entries.slice(-RECENT).map((entry) => ({
        id: entry.id,
        what: wordsOf(entry, entries),
        by: entry.by,
        at: entry.at,
        undone: state.undone.has(entry.id),
      })),
      notices,
    };
  }

  async #fill(): Promise<void> {
    const { tags, slices, notes } = this.#annotations.state;
    const noted = new Map<string, Ranges>();
    const texts = new Map<string, Ranges>();
    for (const { by, text, pictures } of notes.values()) {
      noted.set(by, union(noted.get(by) ?? [], pictures));
      texts.set(text, union(texts.get(text) ?? [], pictures));
    }
    const wanted: Record<TableName, ReadonlyMap<string, Ranges>> = { tags, slices, noted, notes: texts };
    for (const table of TABLES) {
      await this.#fillTable(table, this.#held[table], wanted[table]);
      this.#held[table] = wanted[table];
    }
  }

  async #fillTable(
    table: TableName,
    held: ReadonlyMap<string, Ranges>,
    wanted: ReadonlyMap<string, Ranges>,
  ): Promise<void> {
    for (const value of new Set([...held.keys(), ...wanted.keys()])) {
      const [before, after] = [held.get(value) ?? [], wanted.get(value) ?? []];
      if (same(before, after)) continue;
      await this.#database.query(`delete from ${quoted(table)} where value = $1`, [value]);
      if (after.length === 0) continue;
      const parameters = new Parameters();
      const list = (numbers: readonly number[]) =>
        `unnest(string_split(${parameters.add(numbers.join(","))}, ',')::integer[])`;
      const ends = `select ${list(after.map(([from]) => from))} as first, ${list(after.map(([, to]) => to))} as last`;
      await this.#database.query(
        `insert into ${quoted(table)} select unnest(generate_series(first, last))::integer, ${parameters.add(value)} from (${ends})`,
        parameters.values,
      );
    }
  }
}

type Step = Extract<Doing, { readonly kind: "undo" | "redo" }>;

const isStep = (doing: Doing): doing is Step => doing.kind === "undo" || doing.kind === "redo";

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

const same = (a: Ranges, b: Ranges) =>
  a.length === b.length && a.every(([from, to], i) => from === b[i][0] && to === b[i][1]);
