import type { Row } from "../platform/sql.js";
import type { Deed, PictureChoice, PictureNote, PictureTag } from "./annotations/types.js";
import type { Finding, Search } from "./findings.js";
import type { DuplicateGroup, LabelIssue } from "./hygiene/types.js";
import type { LabelMeasures } from "./labels/label-measures.js";
import type { AuditManifest } from "./manifest.js";
import type { Calibration } from "./measures/calibration.js";
import type { Confusion } from "./measures/confusion.js";
import type { SliceResult } from "./slices.js";
import type { AuditItem } from "./sources/item.js";
import type { ShardMaps } from "./stored-audit.js";
import type { MapPlace, SliceChoice, StoredMap } from "./types.js";

/** What reads an audit's folder, loaded when one is asked. */
const stored = () => import("./stored-audit.js");
const annotated = () => import("./annotations/stored-annotations.js");

/** A finished audit. */
export class Audit {
  #lastMaps: { shard: number; maps?: ShardMaps } | undefined;

  constructor(
    readonly folder: string,
    readonly manifest: AuditManifest,
  ) {}

  /**
   * Rows of an SQL query (DuckDB's dialect) over the tables `results`, `hygiene` (`HygieneRow`) and, where shortcuts were
   * looked for, `clusters`.
   * @throws SightlineError `bad-data`, `bad-config` for a statement that is no text
   */
  async query(statement: string, parameters: readonly (string | number)[] = []): Promise<Row[]> {
    return (await stored()).query(this.folder, statement, parameters);
  }

  /** The pictures in the order of the results' shards. */
  async pictures(): Promise<AuditItem[]> {
    return (await stored()).pictures(this.folder);
  }

  /**
   * The map of a row, raw, at the method's own resolution; undefined for a picture with an error. The last
   * shard's maps are kept, so that in the order of the shards each file is read once.
   * @throws SightlineError `bad-config` for what is no row, `bad-data` for maps that are damaged
   */
  async map(place: MapPlace): Promise<StoredMap | undefined> {
    const { mapOf, placeOf, shardMaps } = await stored();
    const { shard, map_row } = placeOf(place);
    if (this.#lastMaps?.shard !== shard) this.#lastMaps = { shard, maps: await shardMaps(this.folder, shard) };
    const { maps } = this.#lastMaps;
    return maps && mapOf(maps, map_row);
  }

  /**
   * What the audit flags: shortcuts first, those that lie in one place before the others; then leaks, duplicates and labels.
   * {@link searches} says what was not looked for.
   * @throws SightlineError `bad-data`
   */
  async findings(): Promise<readonly Finding[]> {
    return (await (await stored()).findings(this.folder)).findings;
  }

  /**
   * What was looked for, and why some was not.
   * @throws SightlineError `bad-data`
   */
  async searches(): Promise<readonly Search[]> {
    return (await (await stored()).findings(this.folder)).searches;
  }

  /**
   * Which true classes get which answers, and how often the model is right, over all pictures and by class.
   * @example
   * const { all, classes, cells } = await result.confusion();
   * cells.filter(({ right }) => !right);                       // what is taken for what
   * @throws SightlineError `bad-data`, `bad-config` for independent labels: see {@link labels}
   */
  async confusion(): Promise<Confusion> {
    return (await stored()).confusion(this.folder);
  }

  /**
   * How well confidence says how often the model is right.
   * @example
   * const { ece, eceInterval, bins } = await result.calibration();
   * @throws SightlineError `bad-data`, `bad-config` for independent labels: see {@link labels}
   */
  async calibration(): Promise<Calibration> {
    return (await stored()).calibration(this.folder);
  }

  /**
   * How well a model of independent labels finds each of them, over pictures whose labels are known: precision, recall,
   * average precision and calibration, with intervals, and what is missed where something else is seen. A label is seen
   * at .5 or above.
   * @example
   * await using tagger = await loadModel("model.onnx", { labels: "labels.txt", probabilities: "sigmoid" });
   * const tagged = await audit(tagger, "photos/", { out: "audit-of-labels/", truth: "folders" });
   * const { labels, exact, exchanges } = await tagged.labels();
   * labels.map(({ label, recall, precision }) => [label, recall, precision]);
   * @throws SightlineError `bad-data`, `bad-config` for classes that exclude each other: see {@link confusion}
   */
  async labels(): Promise<LabelMeasures> {
    return (await stored()).labels(this.folder);
  }

  /**
   * Pictures that are the same, as files or as seen: saved again, resized, cropped to 90 %, brighter or darker, mirrored.
   * @throws SightlineError `bad-data`
   */
  async duplicates(): Promise<DuplicateGroup[]> {
    return (await stored()).duplicates(this.folder);
  }

  /**
   * Pictures whose labels are likely to be wrong, the least believable first.
   * @throws SightlineError `bad-data`
   */
  async labelIssues(): Promise<LabelIssue[]> {
    return (await stored()).labelIssues(this.folder);
  }

  /**
   * What people put together under names, in the explorer or by {@link tag}.
   * @example
   * const watermarked = (await result.tags()).find(({ tag }) => tag === "watermark")?.pictures;
   * @throws SightlineError `bad-data`
   */
  async tags(): Promise<PictureTag[]> {
    return (await annotated()).tags(this);
  }

  /**
   * Puts a tag on pictures.
   * @example
   * await result.tag("watermark", { where: "prediction = 'boat'" });
   * @throws SightlineError `bad-config` for a choice of no picture, `bad-data` for a condition that is no SQL, `write-failed`
   */
  async tag(tag: string, choice: PictureChoice): Promise<void> {
    return (await annotated()).setTag(this, "tag", tag, choice);
  }

  /**
   * Takes a tag from pictures.
   * @example
   * await result.untag("watermark", { where: "prediction = 'boat' and correct" });
   * @throws SightlineError `bad-config`, `bad-data`, `write-failed`
   */
  async untag(tag: string, choice: PictureChoice): Promise<void> {
    return (await annotated()).setTag(this, "untag", tag, choice);
  }

  /**
   * What people noted on pictures, the oldest first.
   * @throws SightlineError `bad-data`
   */
  async notes(): Promise<PictureNote[]> {
    return (await annotated()).notes(this);
  }

  /**
   * Notes something on pictures.
   * @example
   * const { id } = await result.note("the harbour's own watermark", { where: "prediction = 'boat'", by: "Ana" });
   * @throws SightlineError `bad-config`, `bad-data`, `write-failed`
   */
  async note(text: string, choice: PictureChoice): Promise<PictureNote> {
    return (await annotated()).note(this, text, choice);
  }

  /**
   * Gives a note another text, or removes it.
   * @param id of {@link notes}
   * @param text null removes the note
   * @throws SightlineError `bad-config` where there is none, `write-failed`
   */
  async editNote(id: string, text: string | null, { by }: Pick<PictureChoice, "by"> = {}): Promise<void> {
    return (await annotated()).editNote(this, id, text, by);
  }

  /**
   * All that people did with the pictures, the oldest first.
   * @throws SightlineError `bad-data`
   */
  async history(): Promise<Deed[]> {
    return (await annotated()).history(this);
  }

  /**
   * Takes back what somebody did last: a tag, a note, a slice or a view of the explorer.
   * @param options whose deed; by default that of whoever runs this
   * @returns what it was; undefined where there is nothing to take back
   * @throws SightlineError `bad-data`, `write-failed`
   */
  async undo({ by }: Pick<PictureChoice, "by"> = {}): Promise<string | undefined> {
    return (await annotated()).step(this, "undo", by);
  }

  /**
   * Does again what {@link undo} took back, as long as nothing else was done since.
   * @returns what it was; undefined where there is nothing to do again
   * @throws SightlineError `bad-data`, `write-failed`
   */
  async redo({ by }: Pick<PictureChoice, "by"> = {}): Promise<string | undefined> {
    return (await annotated()).step(this, "redo", by);
  }

  /** The saved slices, each measured beside all other pictures, and whether what is expected of it holds. */
  async slices(): Promise<SliceResult[]> {
    return (await stored()).slices(this.folder);
  }

  /**
   * Saves a slice with the audit; one of the same name is replaced.
   * @example
   * await result.saveSlice("boats on the border", { where: "prediction = 'boat' and border_share > .5",
   *                                                 expect: "error_high <= .2" });
   * @throws SightlineError `bad-config`, `bad-data` for a condition that is no SQL
   */
  async saveSlice(name: string, choice: SliceChoice): Promise<SliceResult> {
    return (await stored()).saveSlice(this, name, choice);
  }

  /**
   * Forgets a saved slice.
   * @throws SightlineError `bad-config` where there is none of this name
   */
  async removeSlice(name: string): Promise<void> {
    return (await stored()).removeSlice(this, name);
  }
}
