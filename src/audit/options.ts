import type { Progress } from "../core/work.js";
import type { CaseThresholds } from "../explain/cases.js";
import type { CommonOptions } from "../explain/options.js";
import type { Device } from "../model/device.js";
import type { Control, PrepareImageOptions } from "../model/types.js";

/** Options of {@link audit}. */
export interface AuditOptions extends Control {
  /** Folder of the results; an unfinished audit in it is resumed. */
  out: string;
  /** A method's name; "auto" (the default) as in `explain`. */
  method?: string;
  /** How much the method may cost; default "balance". */
  preset?: CommonOptions["preset"];
  /** The method's own options. */
  options?: Readonly<Record<string, unknown>>;
  /** Seed of everything that is drawn at random; default 0. */
  seed?: number;
  /**
   * A CSV or Parquet file with columns `path` and `label` (a class's name or number; others are refused); "folders": the
   * names of the pictures' folders.
   */
  truth?: string;
  /**
   * Whether the model was trained on these pictures. Labels of pictures that it was trained on are judged by a logistic
   * regression on its features, cross-validated, others by its own probabilities. By default it was trained on those of a
   * split whose name has the word `train`, and on no others.
   */
  trained?: boolean;
  /** Where one case ends and the next begins; `CASE_THRESHOLDS` when absent. */
  thresholds?: Partial<CaseThresholds>;
  /** Also measure how stable each map is; costs the method again a few times. */
  stability?: boolean;
  /**
   * Look for shortcuts; by default from 40 pictures on. With `withoutPlace` also for those that are no region: a colour
   * cast, a frame, a background and other properties of whole pictures.
   */
  shortcuts?: boolean | { withoutPlace?: boolean };
  /** Folder of an earlier audit whose slices, and the tests on them, are adopted. */
  slices?: string;
  /**
   * "fast" decodes large JPEG files at a reduced size, as `model.prepare` has it: it saves most of the time where pictures
   * come from a camera, and rows say of which. Default "full".
   */
  decode?: PrepareImageOptions["decode"];
  /** Pictures that are decoded and explained side by side. */
  concurrency?: number;
  /** Devices that examine pictures side by side, such as ["cuda:0", "cuda:1"]; the model's own when absent. */
  devices?: readonly Device[];
  /** `redis://…`: the pictures are examined by workers, on any machine, that run `sightline worker`. */
  queue?: string;
  /** With a queue: where workers put their results, a folder that all machines share or `s3://bucket/prefix`; `out` when absent. */
  shards?: string;
  /** Called after each shard of pictures, and while shortcuts are looked for. */
  onProgress?(progress: AuditProgress): void;
}

/** How far an audit is. */
export interface AuditProgress extends Progress {
  /** Of the pictures done, those with errors. */
  readonly errors: number;
  /** Estimate, in seconds. */
  readonly secondsLeft: number;
}

export const AUDIT_OPTIONS = [
  "out",
  "method",
  "preset",
  "options",
  "seed",
  "truth",
  "trained",
  "thresholds",
  "stability",
  "shortcuts",
  "slices",
  "decode",
  "concurrency",
  "devices",
  "queue",
  "shards",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof AuditOptions)[];
