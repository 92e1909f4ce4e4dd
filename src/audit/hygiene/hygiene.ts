import { throwIfAborted } from "../../core/errors.js";
import { longWork } from "../../core/work.js";
import type { Audit } from "../audit.js";
import type { FindingsFile } from "../findings.js";
import type { Storage } from "../shards/storage.js";
import { findDuplicates } from "./duplicates.js";
import { hygieneFile } from "./hygiene-file.js";
import { findLabelErrors } from "./label-errors.js";
import { qualityColumns, qualityFindings } from "./quality.js";
import type { HygieneColumns, HygienePicture, HygieneRow } from "./types.js";

const NOTHING: HygieneColumns = {
  duplicate_group: null,
  duplicate: null,
  duplicate_of: null,
  similarity: null,
  conflicting: null,
  leak: null,
  leak_of: null,
  label_quality: null,
  label_issue: null,
  suggested_label: null,
  dark: null,
  bright: null,
  blurred: null,
  grey: null,
  odd_aspect: null,
  low_information: null,
};

type Place = Pick<HygieneRow, "path" | "shard" | "map_row"> & { readonly error: string | null };

/** Looks for duplicates, leaks, wrong labels and odd pictures, and stores what each picture is like in `hygiene.parquet`. */
export function inspectPictures(
  audit: Audit,
  labels: readonly string[],
  storage: Storage,
  { independent = false, signal }: { independent?: boolean; signal?: AbortSignal } = {},
): Promise<FindingsFile> {
  return longWork("search for duplicates, wrong labels and odd pictures", signal, async (work) => {
    const rows = (await audit.query(
      `select path, shard, map_row, error, sha256, truth, split, width, height,
         brightness, darkest, brightest, saturation, sharpness, entropy
       from results order by shard, map_row`,
    )) as unknown as (Place & HygienePicture)[];
    const pictures = rows.filter(({ error }) => error === null);
    const duplicates = await findDuplicates(pictures, storage, work.signal);
    throwIfAborted(work.signal);
    const wrong = await findLabelErrors(pictures, labels, storage, {
      trained: audit.manifest.settings.trained,
      seed: audit.manifest.settings.seed,
      independent,
      signal: work.signal,
    });
    throwIfAborted(work.signal);
    const columns = new Map(
      pictures.map((picture, i): [Place, HygieneColumns] => [
        picture,
        { ...NOTHING, ...duplicates.columns[i], ...wrong.columns.get(picture), ...qualityColumns(picture) },
      ]),
    );
    const stored = rows.map((row): HygieneRow => {
      const { path, shard, map_row } = row;
      return { path, shard, map_row, ...(columns.get(row) ?? NOTHING) };
    });
    await storage.write("hygiene.parquet", hygieneFile(stored));
    return {
      searches: [
        ...duplicates.searches,
        wrong.search,
        { of: "quality", looked: true, note: "what pixels are like, and whether that goes with a class" },
      ],
      findings: [...duplicates.findings, ...wrong.findings, ...qualityFindings(pictures)],
    };
  });
}
