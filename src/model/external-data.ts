import { open, realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { SightlineError } from "../core/errors.js";
import type { Graph, TensorProto } from "../onnx/graph.js";
import { TensorProto_DataLocation as DataLocation } from "../onnx/proto/onnx-ml_pb.js";

/**
 * Reads tensors that lie in files beside the model into the graph. Paths must stay inside the model's folder, links included.
 * @returns the files, in the order in which the model names them
 * @throws SightlineError `bad-model`, `file-not-found`
 */
export async function readExternalData(graph: Graph, folder: string): Promise<readonly Uint8Array[]> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of externalTensors(graph)) {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get("location") ?? "";
    let file = files.get(location);
    if (!file) {
      file = await readInside(folder, location, tensor.name);
      files.set(location, file);
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
  return [...files.values()];
}

function externalTensors(graph: Graph): TensorProto[] {
  const attributes = graph.nodes.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])));
  return [...graph.proto.initializer, ...attributes].filter(
    ({ dataLocation }) => dataLocation === DataLocation.EXTERNAL,
  );
}

async function readInside(folder: string, location: string, tensor: string): Promise<Uint8Array> {
  const expected = "a file in the model's folder";
  const path = resolve(folder, location);
  if (!location || isAbsolute(location) || /^[a-z]:|\\/i.test(location) || leaves(folder, path)) {
    throw refused(tensor, `points to '${location}'`, expected);
  }
  const real = await realpath(path).catch((cause) => {
    throw new SightlineError("file-not-found", `the model's weights '${location}' are missing`, {
      received: location,
      expected,
      next: "keep the file of weights beside the model",
      cause,
    });
  });
  if (leaves(await realpath(folder), real))
    throw refused(tensor, `points out of the folder through the link '${location}'`, expected);
  const file = await open(real, "r");
  try {
    if (!(await file.stat()).isFile()) throw refused(tensor, `points to '${location}', which is no file`, expected);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}

function refused(tensor: string, what: string, expected: string): SightlineError {
  return new SightlineError("bad-model", `the data of '${tensor}' ${what}`, {
    expected,
    next: "export the model again",
  });
}
