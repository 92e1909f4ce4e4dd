import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import { attributeTensors } from "../onnx/check-tensors.js";
import type { Graph, TensorProto } from "../onnx/graph.js";
import { TensorProto_DataLocation as DataLocation } from "../onnx/proto/onnx-ml_pb.js";
import { fileFailure, readFile } from "./read-file.js";

/**
 * Reads tensors that lie in files beside the model into the graph. Paths must stay inside the model's folder, links included.
 * @returns the files, in the order in which the model names them
 * @throws SightlineError `bad-model`, `file-not-found`
 */
export async function readExternalData(graph: Graph, folder: string): Promise<readonly Uint8Array[]> {
  const read = new Map<string, Uint8Array>();
  for (const tensor of externalTensors(graph)) {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get("location") ?? "";
    let file = read.get(location);
    if (!file) {
      file = await readInside(folder, location, tensor.name);
      read.set(location, file);
    }
    const offset = Number(entries.get("offset") ?? 0);
    const length = Number(entries.get("length") ?? file.length - offset);
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!inside || offset + length > file.length) {
      throw refused(tensor.name, `lies beyond the end of '${location}'`, "the complete file of weights");
    }
    tensor.rawData = file.subarray(offset, offset + length);
    tensor.dataLocation = DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  graph.touch();
  return [...read.values()];
}

function externalTensors(graph: Graph): TensorProto[] {
  return [...graph.proto.initializer, ...attributeTensors(graph.nodes)].filter(
    ({ dataLocation }) => dataLocation === DataLocation.EXTERNAL,
  );
}

async function readInside(folder: string, location: string, tensor: string): Promise<Uint8Array> {
  const expected = "a file in the model's folder";
  const path = files.resolve(folder, location);
  if (!location || files.isAbsolute(location) || /^[a-z]:|\\/i.test(location) || leaves(folder, path)) {
    throw refused(tensor, `points to '${location}'`, expected);
  }
  const purpose = {
    what: `the file of the model's weights '${location}'`,
    code: "bad-model",
    received: location,
    next: "keep the file of weights beside the model",
  } as const;
  const real = await files.realPath(path).catch((cause) => {
    throw fileFailure(cause, purpose);
  });
  if (leaves(await files.realPath(folder), real))
    throw refused(tensor, `points out of the folder through the link '${location}'`, expected);
  return readFile(real, purpose);
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
