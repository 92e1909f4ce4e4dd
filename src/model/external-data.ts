import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import { attributeTensors } from "../onnx/check-tensors.js";
import type { Graph, TensorProto } from "../onnx/graph.js";
import { TensorProto_DataLocation as DataLocation } from "../onnx/proto/onnx-ml_pb.js";
import { GREAT_LIMIT } from "../platform/files.js";
import { type FilePurpose, fileFailure, readWeights } from "./read-file.js";

/** Larger files are not read as a whole. */
const WHOLE = 2 ** 30;

/**
 * Reads tensors that lie in files beside the model into the graph. Paths must stay inside the model's folder, links included.
 * @returns the files, in the order in which the model names them; of files beyond 1 GiB the tensors alone
 * @throws SightlineError `bad-model`, `file-not-found`
 */
export async function readExternalData(graph: Graph, folder: string): Promise<readonly Uint8Array[]> {
  const opened = new Map<string, ExternalFile>();
  const pieces: Uint8Array[] = [];
  for (const tensor of externalTensors(graph)) {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get("location") ?? "";
    let file = opened.get(location);
    if (!file) {
      file = await openInside(folder, location, tensor.name);
      opened.set(location, file);
      if (file.bytes) pieces.push(file.bytes);
    }
    const offset = Number(entries.get("offset") ?? 0);
    const length = Number(entries.get("length") ?? file.size - offset);
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!inside || offset + length > file.size) {
      throw refused(tensor.name, `lies beyond the end of '${location}'`, "the complete file of weights");
    }
    if (file.bytes) tensor.rawData = file.bytes.subarray(offset, offset + length);
    else {
      tensor.rawData = await readRange(file, offset, length);
      pieces.push(tensor.rawData);
    }
    tensor.dataLocation = DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  graph.touch();
  return pieces;
}

interface ExternalFile {
  readonly path: string;
  readonly size: number;
  readonly purpose: FilePurpose;
  /** Undefined where the file is too large. */
  readonly bytes?: Uint8Array;
}

async function readRange({ path, purpose }: ExternalFile, offset: number, length: number): Promise<Uint8Array> {
  try {
    return await files.readPart(path, offset, length);
  } catch (cause) {
    throw fileFailure(cause, purpose);
  }
}

function externalTensors(graph: Graph): TensorProto[] {
  return [...graph.proto.initializer, ...attributeTensors(graph.nodes)].filter(
    ({ dataLocation }) => dataLocation === DataLocation.EXTERNAL,
  );
}

async function openInside(folder: string, location: string, tensor: string): Promise<ExternalFile> {
  const expected = "a file in the model's folder";
  const path = files.resolve(folder, location);
  if (!location || files.isAbsolute(location) || /^[a-z]:|\\/i.test(location) || leaves(folder, path)) {
    throw refused(tensor, `points to '${location}'`, expected);
  }
  const purpose = {
    what: `the file of the model's weights '${location}'`,
    code: "bad-model",
    received: location,
    atMost: GREAT_LIMIT,
    next: "keep the file of weights beside the model",
  } as const;
  const real = await files.realPath(path).catch((cause) => {
    throw fileFailure(cause, purpose);
  });
  if (leaves(await files.realPath(folder), real))
    throw refused(tensor, `points out of the folder through the link '${location}'`, expected);
  const size = (await files.stat(real))?.size ?? 0;
  if (size > WHOLE) return { path: real, size, purpose };
  const bytes = await readWeights(real, purpose);
  return { path: real, size: bytes.length, purpose, bytes };
}

function leaves(folder: string, path: string): boolean {
  const way = files.relative(folder, path);
  return /^\.\.(?:[/\\]|$)/.test(way) || files.isAbsolute(way);
}

function refused(tensor: string, what: string, expected: string): SightlineError {
  return new SightlineError("bad-model", `the data of '${tensor}' ${what}`, {
    expected,
    next: "export the model again",
  });
}
