import { throwIfAborted } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { ImageSource } from "../../image/types.js";
import type { Audit } from "../audit.js";
import { labelsOfText } from "../labels/label-set.js";
import type { AuditRow } from "../row.js";
import { evidenceOf } from "./evidence.js";

/** A picture that is searched. */
export interface SearchedPicture {
  /** What it is called in the report. */
  readonly path: string;
  readonly image: ImageSource;
  readonly prediction: string;
  /** Of independent labels those that the model sees; the prediction alone of classes that exclude each other. */
  readonly seen?: readonly string[];
  readonly evidence: Float32Array;
}

/** Whether the model sees a class in a picture. */
export const sees = (
  { prediction, seen = [prediction] }: Pick<SearchedPicture, "prediction" | "seen">,
  label: string,
) => seen.includes(label);

/** The pictures that have a map, at most so many of them, in the order of their shards. */
export async function searchedPictures(
  audit: Audit,
  random: Random,
  { labels, most, signal }: { labels: readonly string[]; most: number; signal?: AbortSignal },
): Promise<SearchedPicture[]> {
  const known = new Set(labels);
  const rows = (await audit.query(
    "select * from results where error is null order by shard, map_row",
  )) as unknown as (AuditRow & Pick<SearchedPicture, "prediction">)[];
  const sample = random
    .shuffle([...rows])
    .slice(0, most)
    .sort((a, b) => a.shard - b.shard || a.map_row - b.map_row);
  const files = new Map((await audit.pictures()).map(({ path, file }) => [path, file]));
  const pictures: SearchedPicture[] = [];
  for (const row of sample) {
    throwIfAborted(signal);
    const map = await audit.map(row);
    const { path, prediction } = row;
    const seen = row.seen == null ? {} : { seen: labelsOfText(row.seen, known) };
    if (map) pictures.push({ path, prediction, ...seen, image: files.get(path) ?? path, evidence: evidenceOf(map) });
  }
  return pictures;
}

/** Pictures of one cluster with one prediction. */
export interface Group {
  readonly cluster: number;
  readonly prediction: string;
  readonly members: readonly SearchedPicture[];
}

/** Smaller groups say nothing. */
export const SMALLEST_GROUP = 8;

/** The groups that are large enough, the largest first; a picture in which its prediction is not seen is in none. */
export function groupsOf(pictures: readonly SearchedPicture[], labels: Int32Array): Group[] {
  const groups = new Map<string, Group & { members: SearchedPicture[] }>();
  pictures.forEach((picture, i) => {
    const { prediction } = picture;
    if (!sees(picture, prediction)) return;
    const key = `${labels[i]} ${prediction}`;
    const group = groups.get(key) ?? { cluster: labels[i], prediction, members: [] };
    group.members.push(picture);
    groups.set(key, group);
  });
  return [...groups.values()]
    .filter(({ members }) => members.length >= SMALLEST_GROUP)
    .sort((a, b) => b.members.length - a.members.length);
}
