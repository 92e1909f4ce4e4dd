import { files } from "#platform/files";
import { digest } from "#platform/hash";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { isPromise, kindOf } from "../core/kind-of.js";
import { checkTensors } from "../onnx/check-tensors.js";
import type { DataType } from "../onnx/constant.js";
import { Graph } from "../onnx/graph.js";
import { addressOf, adviceOnPath } from "../platform/addresses.js";
import { GREAT_LIMIT } from "../platform/files.js";
import { catalogEntry, catalogLabels, catalogModel } from "./catalog.js";
import { CATALOG, type CatalogEntry } from "./catalog-entries.js";
import { type DownloadOptions, download } from "./download.js";
import { readExternalData } from "./external-data.js";
import { preprocessInside } from "./model-facts.js";
import { builtInPreprocess, preprocessOf } from "./openvino.js";
import type { PreprocessData } from "./preprocess.js";
import { readWeights } from "./read-file.js";

/** A catalog name, a path, or a file: or https: URL. */
export type ModelSource = string | URL;

/** How a model's file is fetched and checked. */
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
  /** How that was found out, where the file does not say it in words. */
  readonly preprocessNote?: string;
  /** Of the input as the file has it, where the graph takes another. */
  readonly inputType?: DataType;
  readonly notes: readonly string[];
  /** Built by this library. */
  readonly trusted?: boolean;
}

/** @throws SightlineError `unknown-model`, `file-not-found`, `bad-model`, `checksum-mismatch`, `download-failed`, `aborted` */
export async function resolveModel(source: ModelSource, options: FetchOptions = {}): Promise<ResolvedModel> {
  throwIfAborted(options.signal);
  checkSource(source, options);
  const entry = CATALOG.find(({ name }) => name === source);
  if (entry) return fromCatalog(entry, options);
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new SightlineError("bad-config", `not a model: ${kindOf(source)}`, {
      received: source,
      expected: "a name of the catalog, a path or a URL",
      next: isPromise(source) ? "await the promise" : undefined,
    });
  }
  const address = addressOf(source, "the model", ["https:", "http:"]);
  if (!address.url) return fromPath(address.path, options);
  const { url } = address;
  const { sha256 } = options;
  if (!sha256) {
    throw new SightlineError("bad-config", `no sha256 was given for ${url.href}`, {
      expected: "loadModel(url, { sha256 })",
      next: "copy the hash from where the model is published",
    });
  }
  return fromBytes(
    nameOf(url.pathname),
    await download(url, { ...options, sha256 }),
    files.join(files.cacheFolder(), "downloads", "beside"),
    options,
  );
}

/** @throws SightlineError `bad-config` */
function checkSource(source: ModelSource, { sha256 }: FetchOptions): void {
  if ((typeof source !== "string" && !(source instanceof URL)) || source === "") {
    const kind = source === null ? "null" : Array.isArray(source) ? "a list" : source === "" ? "empty" : typeof source;
    throw new SightlineError("bad-config", `the model's source is ${kind}`, {
      received: source,
      expected: "a catalog name, the path of an .onnx or .xml file, or a file: or https: URL",
      next: ArrayBuffer.isView(source) ? "write the bytes to a file first" : undefined,
    });
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new SightlineError("bad-config", `sha256 is '${sha256}'`, {
      received: sha256,
      expected: "64 hexadecimal digits",
    });
  }
}

async function fromPath(path: string, options: FetchOptions): Promise<ResolvedModel> {
  const facts = await files.stat(path);
  if (!facts) {
    if (!/[./\\]/.test(path)) catalogEntry(path);
    throw new SightlineError("file-not-found", `there is no model '${path}'`, {
      received: path,
      next: adviceOnPath(path),
    });
  }
  if (facts.kind !== "file") {
    throw new SightlineError(
      "bad-model",
      `'${path}' is ${facts.kind === "folder" ? "a folder" : "not a regular file"}`,
      {
        expected: "an .onnx or .xml file",
        next: facts.kind === "folder" ? "name the file in it" : undefined,
      },
    );
  }
  const bytes = await readWeights(path, { what: `the model '${path}'`, code: "bad-model", atMost: GREAT_LIMIT });
  return fromBytes(nameOf(path), bytes, files.dirname(path), options);
}

function nameOf(path: string): string {
  return files.basename(path).replace(/\.(onnx|xml)$/i, "");
}

/** @param folder where weights beside the model may lie */
async function fromBytes(
  name: string,
  bytes: Uint8Array,
  folder: string,
  { sha256 }: FetchOptions,
): Promise<ResolvedModel> {
  const isXml = /^\s*(\uFEFF)?<(\?xml|net)\b/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
  const { weights, ...model } = isXml ? await readIr(name, bytes, folder) : await readOnnx(name, bytes, folder);
  const hash = await digest(bytes, ...weights);
  if (sha256 && ![hash, await digest(bytes)].includes(sha256.toLowerCase())) {
    throw new SightlineError("checksum-mismatch", `'${name}' is not the model that was expected`, {
      received: hash,
      expected: `sha256 ${sha256}`,
      next: "check the file and the hash",
    });
  }
  return { ...model, sha256: hash };
}

type ReadModel = Omit<ResolvedModel, "sha256"> & { readonly weights: readonly Uint8Array[] };

async function readOnnx(name: string, bytes: Uint8Array, folder: string): Promise<ReadModel> {
  const graph = Graph.parse(bytes);
  const weights = await readExternalData(graph, folder);
  checkTensors(graph);
  return { name, format: "onnx", graph, preprocess: preprocessInside(graph), weights, notes: [] };
}

async function readIr(name: string, xml: Uint8Array, folder: string): Promise<ReadModel> {
  const file = `${name}.bin`;
  const bin = await readWeights(files.join(folder, file), {
    what: `the file '${file}' with the OpenVINO model's weights`,
    code: "bad-model",
    received: file,
    atMost: GREAT_LIMIT,
    next: "keep the .bin file beside the .xml file",
  });
  const { readOpenVino } = await import("../onnx/readers/openvino/read-openvino.js");
  const { graph, metadata, own } = readOpenVino(xml, bin);
  const said = preprocessOf(metadata);
  const built = own && builtInPreprocess(own, metadata);
  return {
    name,
    format: "openvino-ir",
    graph,
    labels: metadata.labels,
    preprocess: said ?? built?.data,
    inputType: own?.inputType,
    preprocessNote: said ? undefined : built?.note,
    weights: [bin],
    notes: [],
  };
}

async function fromCatalog(entry: CatalogEntry, options: FetchOptions): Promise<ResolvedModel> {
  const { bytes, sha256, failure } = await catalogModel(entry, options);
  return {
    name: entry.name,
    format: "onnx",
    graph: Graph.parse(bytes),
    sha256,
    labels: await catalogLabels(entry.labels),
    preprocess: entry.preprocess,
    trusted: true,
    notes: failure ? [`the model was not kept for the next time: ${failure.message}`] : [],
  };
}
