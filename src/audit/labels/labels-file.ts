import { SightlineError } from "../../core/errors.js";
import * as z from "../../core/zod.js";
import type { Storage } from "../shards/storage.js";
import type { LabelMeasures } from "./label-measures.js";

/** What stands in `labels.json` of an audit of independent labels. */
export interface LabelsFile {
  /** Of the model, in its order. */
  readonly names: readonly string[];
  readonly report: LabelMeasures;
}

const FILE = "labels.json";
const FORMAT = { format: "sightline-labels", formatVersion: 1 } as const;

const share = z.number().nullable();
const interval = z.tuple([z.number(), z.number()]);
const counts = z.object({
  label: z.string(),
  pictures: z.number(),
  seen: z.number(),
  right: z.number(),
  precision: share,
  precisionInterval: interval,
  recall: share,
  recallInterval: interval,
});
const calibration = z.object({
  pictures: z.number(),
  confidence: share,
  accuracy: share,
  ece: share,
  eceInterval: interval.nullable(),
  eceNull: share,
  resamples: z.number(),
  bins: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      pictures: z.number(),
      confidence: z.number(),
      accuracy: z.number(),
      interval,
    }),
  ),
});
const labelsFile: z.ZodType<LabelsFile> = z.object({
  format: z.literal(FORMAT.format),
  formatVersion: z.literal(FORMAT.formatVersion),
  names: z.array(z.string()),
  report: z.object({
    exact: z.object({ known: z.number(), right: z.number(), rate: share, interval }),
    labels: z.array(counts.extend({ averagePrecision: share, averagePrecisionInterval: interval, calibration })),
    exchanges: z.array(z.object({ missed: z.string(), mistaken: z.string(), pictures: z.number() })),
    meanAveragePrecision: share,
  }),
});

/**
 * What an audit of independent labels says of each; undefined where classes exclude each other.
 * @throws SightlineError `bad-data`
 */
export async function readLabelsFile(storage: Storage): Promise<LabelsFile | undefined> {
  const bytes = await storage.read(FILE);
  if (!bytes) return undefined;
  try {
    return labelsFile.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new SightlineError("bad-data", `the audit's ${FILE} is damaged`, { next: "run the audit again", cause });
  }
}

export async function writeLabelsFile(storage: Storage, { names, report }: LabelsFile): Promise<void> {
  await storage.write(FILE, `${JSON.stringify({ ...FORMAT, names, report })}\n`);
}

export const removeLabelsFile = (storage: Storage): Promise<void> => storage.remove(FILE);
