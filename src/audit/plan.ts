import { files } from "#platform/files";
import { sha256 } from "#platform/hash";
import { checkKeys, checkList, checkObject, checkText } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { BOOLEAN, checkOptions, type Limits } from "../core/options.js";
import { caseThresholds } from "../explain/cases.js";
import type { CommonOptions } from "../explain/options.js";
import { planOf } from "../explain/plan.js";
import { checkModel } from "../model/check-model.js";
import { checkDevices } from "../model/device.js";
import { DECODE } from "../model/image-input.js";
import { hasIndependentLabels } from "../model/ranking.js";
import type { Model } from "../model/types.js";
import { type AuditManifest, readManifest, versions } from "./manifest.js";
import { modelFingerprint } from "./model-fingerprint.js";
import { AUDIT_OPTIONS, type AuditOptions } from "./options.js";
import type { AuditColumn } from "./row.js";
import { folderStorage } from "./shards/folder-storage.js";
import { SHARD } from "./shards/shard.js";
import type { Storage } from "./shards/storage.js";
import { findItems, type ItemSources } from "./sources/find-items.js";
import { furtherColumns } from "./sources/further-columns.js";
import type { AuditItem } from "./sources/item.js";

/** A plan of work that any number of machines can share: which pictures, how, in which shards. */
export interface AuditPlan {
  readonly manifest: AuditManifest;
  readonly items: readonly AuditItem[];
  /** What lists say of them beside, which no machine needs to examine them. */
  readonly further: readonly AuditColumn[];
  readonly storage: Storage;
}

/**
 * Plans an audit, or reads the plan of the one in the folder.
 * @throws SightlineError `bad-config` when the folder holds an audit of another model or other pictures, or with other
 *   settings or versions; `unknown-method`, `unknown-option`, `file-not-found`, …
 */
export async function planAudit(model: Model, source: ItemSources, options: AuditOptions): Promise<AuditPlan> {
  checkModel(model);
  checkClassifier(model);
  const sources = sourcesOf(source);
  checkKeys(options ?? {}, AUDIT_OPTIONS, "audit");
  checkText(options?.out, "out", "the path of a folder for the results");
  checkOptions("audit", LIMITS, options);
  checkShortcuts(options.shortcuts);
  for (const [name, expected] of TEXTS) if (options[name] !== undefined) checkText(options[name], name, expected);
  if (options.shards !== undefined && options.queue === undefined) {
    throw new SightlineError("bad-config", "shards was given without a queue", {
      received: options.shards,
      expected: "queue: 'redis://host:port', whose workers put their results there",
      next: "leave shards out: the results go to out",
    });
  }
  await checkDevices(options.devices);
  if (options.devices !== undefined && options.queue !== undefined) {
    throw new SightlineError("bad-config", "devices was given beside a queue", {
      received: options.devices,
      expected: "devices of the workers, who examine the pictures",
      next: "name them there: npx sightline worker --device cuda:0,cuda:1",
    });
  }
  if (options.options !== undefined) checkObject(options.options, "the method's options");
  const settings = settingsOf(model, options);
  const storage = await openFolder(options.out);
  const stored = await storage.read("audit.json");
  if (!stored && (await storage.list("rows")).length > 0) {
    throw new SightlineError("bad-data", `${options.out} holds rows of an audit, but its audit.json is missing`, {
      next: "choose another folder, or empty this one",
    });
  }
  const before = stored && readManifest(stored);
  const found = await findItems(sources, model.labels, {
    truth: options.truth,
    independent: hasIndependentLabels(model.info),
  });
  const { items } = found;
  const further = furtherColumns(
    items.map(({ file }) => file),
    found.further ?? new Map(),
  );
  const notes = [...found.notes, ...further.notes];
  const pictures = JSON.stringify(items);
  const { info } = model;
  const manifest: AuditManifest = {
    format: "sightline-audit",
    formatVersion: 1,
    versions: versions(),
    model: {
      name: info.name,
      sha256: info.sha256,
      fingerprint: await modelFingerprint(model),
      classes: info.classes,
      notes: [...info.notes],
    },
    source: sources.length === 1 ? files.resolve(sources[0]) : sources.map((one) => files.resolve(one)).sort(),
    truth: options.truth ?? null,
    pictures: items.length,
    picturesSha256: sha256(pictures),
    shards: Math.ceil(items.length / SHARD),
    notes,
    settings,
  };
  if (before) {
    checkSame(options.out, before, manifest);
    // what lists say beside may change without a picture being looked at again, and with it what is to be said of it
    const current = { ...before, notes };
    if (canonical(notes) !== canonical(before.notes)) await writeManifest(storage, current);
    return { manifest: current, items, further: further.columns, storage };
  }
  await storage.write("pictures.json", pictures);
  await writeManifest(storage, manifest);
  return { manifest, items, further: further.columns, storage };
}

const writeManifest = (storage: Storage, manifest: AuditManifest) =>
  storage.write("audit.json", `${JSON.stringify(manifest, null, 2)}\n`);

/** @throws SightlineError `not-supported` for a model that gives a whole picture no class */
function checkClassifier({ info }: Model): void {
  const { task } = info;
  if (task === undefined) return;
  const [kind, one] =
    task === "detection"
      ? ["detector", "boxesAsClasses(model, picture)"]
      : ["segmentation model", "regionAsClasses(model, picture, { label, region })"];
  throw new SightlineError("not-supported", `an audit is of answers to whole pictures, and a ${kind} gives none`, {
    received: info.name,
    expected: "a classifier",
    next: `test single pictures with ${one}, a classifier for testClaim, evaluate and compare`,
  });
}

/** @throws SightlineError `bad-config` */
function sourcesOf(source: unknown): readonly string[] {
  const sources = typeof source === "string" ? [source] : source;
  checkList(sources, "the sources", "a folder, a list or a glob, or several of them");
  return sources.map((one) => {
    checkText(one, "the source of the pictures", "a folder, a list or a glob");
    return one;
  });
}

const LIMITS: Limits<Pick<AuditOptions, "concurrency" | "stability" | "decode" | "trained">> = {
  ...DECODE,
  concurrency: { from: 1, whole: true },
  stability: BOOLEAN,
  trained: BOOLEAN,
};

function checkShortcuts(shortcuts: AuditOptions["shortcuts"]): void {
  if (typeof shortcuts === "object") {
    checkObject(shortcuts, "shortcuts");
    checkKeys(shortcuts, ["withoutPlace"], "audit's shortcuts");
    checkOptions("audit's shortcuts", { withoutPlace: BOOLEAN }, shortcuts);
  } else checkOptions("audit", { shortcuts: BOOLEAN }, { shortcuts });
}

const TEXTS = [
  ["truth", "the path of a list, or 'folders'"],
  ["slices", "the folder of an earlier audit"],
  ["queue", "the address of a queue: redis://host:port"],
  ["shards", "a folder, or s3://bucket/prefix"],
] as const;

/** The settings as they are stored: what JSON cannot say is left out. */
function settingsOf(model: Model, options: AuditOptions): AuditManifest["settings"] {
  const { method = "auto", preset = "balance", seed = 0, stability = false } = options;
  const thresholds = caseThresholds(options.thresholds);
  planOf(model, { ...options.options, method, preset } as CommonOptions);
  const decode = options.decode === "fast" ? "fast" : undefined;
  const settings = {
    method,
    preset,
    seed,
    options: { ...options.options },
    thresholds,
    stability,
    decode,
    trained: options.trained,
  };
  return JSON.parse(JSON.stringify(settings));
}

async function openFolder(folder: string): Promise<Storage> {
  await files.makeFolder(folder).catch((cause) => {
    throw new SightlineError("write-failed", `cannot create ${folder}`, { received: cause.code, cause });
  });
  return folderStorage(folder);
}

/** What must be the same for an audit to be resumed. */
const PARTS: readonly (readonly [string, (manifest: AuditManifest) => unknown])[] = [
  ["another model", ({ model }) => model.fingerprint],
  ["other pictures or truths", ({ source, picturesSha256 }) => [source, picturesSha256]],
  ["other settings", ({ settings }) => settings],
  ["other versions", (manifest) => manifest.versions],
];

/** @throws SightlineError `bad-config` */
function checkSame(folder: string, before: AuditManifest, now: AuditManifest): void {
  const changed = PARTS.filter(([, of]) => canonical(of(before)) !== canonical(of(now)));
  if (changed.length === 0) return;
  throw new SightlineError("bad-config", `${folder} holds another audit: ${changed.map(([part]) => part).join(", ")}`, {
    received: Object.fromEntries(changed.map(([part, of]) => [part, { before: of(before), now: of(now) }])),
    expected: "the same model, pictures, settings and versions, to resume it",
    next: "choose another folder",
  });
}

/** The same text for the same JSON value, in whatever order its keys are. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
