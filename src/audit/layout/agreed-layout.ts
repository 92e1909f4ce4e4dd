import { sha256 } from "#platform/hash";
import { SightlineError } from "../../core/errors.js";
import type { Audit } from "../audit.js";
import { pairedPictures } from "../paired-pictures.js";
import { arrayFile, readArray } from "../shards/array-file.js";
import { folderStorage } from "../shards/folder-storage.js";
import { numberOf } from "../shards/shard.js";
import { threadAnswer } from "../thread-answer.js";
import type { AgreeRequest } from "./agree.js";
import { pictureLayout, vectorsOf } from "./picture-layout.js";
import type { LayoutKind, PictureLayout } from "./types.js";

/** With fewer pictures in both audits there is nothing to agree on. */
const LEAST = 8;
/** A line of the file: number, x, y, x before, y before. */
const LINE = 5;

/**
 * Where the pictures of an audit lie on the map of an earlier one: each picture has the place that it had there, but for what
 * the model sees otherwise in it now. Made when it is asked for first, and kept in the later audit's folder.
 * @throws SightlineError `bad-config` where the audits share too few pictures, `bad-data`, `write-failed`, `aborted`
 */
export async function agreedLayout(
  earlier: Audit,
  later: Audit,
  by: LayoutKind,
  signal?: AbortSignal,
): Promise<PictureLayout> {
  const storage = folderStorage(later.folder);
  const about = await sha256(JSON.stringify([earlier, later].map(identityOf)));
  const name = `layouts/${by}-beside-${about.slice(0, 16)}.npy`;
  const base = await pictureLayout(earlier, by, signal);
  const kept = await storage.read(name);
  const values = kept ? readArray(kept, 2, "layouts").data : await made();
  const ids = Int32Array.from({ length: values.length / LINE }, (_, i) => values[LINE * i]);
  const column = (i: number, first: number) => values[LINE * (i >> 1) + first + (i & 1)];
  return {
    ids,
    places: Float32Array.from({ length: 2 * ids.length }, (_, i) => column(i, 1)),
    earlier: Float32Array.from({ length: 2 * ids.length }, (_, i) => column(i, 3)),
    note: noteOf(base.note, needsTurn()),
  };

  /** Evidence lies on the picture's own grid; features of the same model have the same coordinates. */
  function needsTurn(): boolean {
    const [a, b] = [earlier.manifest, later.manifest];
    return by === "features" && (a.model.sha256 !== b.model.sha256 || a.settings.seed !== b.settings.seed);
  }

  async function made(): Promise<Float32Array> {
    const [before, after] = [await rowsOf(earlier, by), await rowsOf(later, by)];
    const pairs = await rowPairs(earlier, later, before.ids, after.ids);
    const request: AgreeRequest = {
      earlier: before,
      later: after,
      pairs,
      places: base.places,
      seed: earlier.manifest.settings.seed,
      turn: needsTurn(),
    };
    const placed = await threadAnswer<Float32Array>("audit/layout/agree-worker", request, signal);
    const places = new Map<number, number>();
    for (let k = 0; k < pairs.length; k += 2) places.set(pairs[k + 1], pairs[k]);
    const lines = after.ids.map((id, i) => {
      const was = places.get(i);
      const [x, y] = was === undefined ? [Number.NaN, Number.NaN] : base.places.subarray(2 * was, 2 * was + 2);
      return Float32Array.of(id, placed[2 * i], placed[2 * i + 1], x, y);
    });
    await storage.write(name, arrayFile(lines, [LINE]));
    return Float32Array.from(lines.flatMap((line) => [...line]));
  }
}

/** What the places of an audit's pictures follow from, wherever it lies. */
const identityOf = ({ manifest: { model, picturesSha256, settings, versions } }: Audit) => {
  const { method, preset, seed, options, decode } = settings;
  const sorted = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return [model.fingerprint, picturesSha256, method, preset, seed, decode, sorted(options), sorted(versions)];
};

const rowsOf = ({ folder, manifest }: Audit, by: LayoutKind) =>
  vectorsOf(folderStorage(folder), by, manifest.shards, manifest.settings.seed);

/** Rows of the pictures that are in both. @throws SightlineError `bad-config` where there are too few */
async function rowPairs(
  earlier: Audit,
  later: Audit,
  before: readonly number[],
  after: readonly number[],
): Promise<Int32Array> {
  const rowsBefore = new Map(before.map((id, row) => [id, row]));
  const rowsAfter = new Map(after.map((id, row) => [id, row]));
  const pairs: number[] = [];
  for (const { shard, map_row, later_shard, later_map_row } of await pairedPictures(earlier, later)) {
    const [was, is] = [rowsBefore.get(numberOf(shard, map_row)), rowsAfter.get(numberOf(later_shard, later_map_row))];
    if (was !== undefined && is !== undefined) pairs.push(was, is);
  }
  if (pairs.length / 2 >= LEAST) return Int32Array.from(pairs);
  throw new SightlineError("bad-config", "the two audits share too few pictures to be laid out in one map", {
    received: `${pairs.length / 2} pictures of the same path or content`,
    expected: `at least ${LEAST}`,
  });
}

function noteOf(base: string, turn: boolean): string {
  const how = turn
    ? "the later features turned into the earlier ones by the pictures that both have (orthogonal Procrustes, distances not squared)"
    : "the later pictures at the mean of the earlier ones that are nearest to what they are now";
  return `The earlier audit's map: ${base} On it, ${how}: what is seen as before stays, and what only the later model tells apart shows on its own map alone.`;
}
