import { create } from "@bufbuild/protobuf";
import { DataType, floats, ints } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-ml_pb.js";
import { tinyCnn } from "./models.js";

/** Models that do harm; each takes pictures of 8 × 8 (`image`) and ends in `scores` [n, 3] if it ever does. */
function classifier(name: string, body: (graph: Graph) => string): Graph {
  const graph = Graph.empty(name, 18);
  graph.addInput("image", ["n", 3, 8, 8]);
  const pooled = graph.op("GlobalAveragePool", [body(graph)]);
  graph.addNode("Flatten", [pooled], { axis: 1 }, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  return graph;
}

/** A group of 0 channels: the runtime divides by it, and the system ends the process (SIGFPE). */
export const crashing = () =>
  classifier("crashing", (graph) =>
    graph.op("ConvTranspose", ["image", floats(new Float32Array(27), [3, 1, 3, 3])], { group: 0 }),
  );

/** The small network with its first weight in another file, 16 bytes from its start. */
export function external(location: string): Graph {
  const graph = tinyCnn();
  const [tensor] = graph.proto.initializer;
  const length = String(tensor.rawData.length);
  tensor.rawData = new Uint8Array();
  tensor.dataLocation = 1;
  tensor.externalData = Object.entries({ location, offset: "16", length }).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  return graph;
}

/** A graph within an attribute of a graph's node, so many times. @returns bytes of a file */
export function nested(depth: number): Uint8Array {
  const field = (number: number, inner: Uint8Array) => {
    const length: number[] = [];
    for (let left = inner.length; ; left = Math.floor(left / 128)) {
      length.push((left % 128) + (left >= 128 ? 128 : 0));
      if (left < 128) break;
    }
    return Buffer.concat([Uint8Array.of((number << 3) | 2, ...length), inner]);
  };
  let graph: Uint8Array = new Uint8Array();
  // GraphProto.node = 1, NodeProto.attribute = 5, AttributeProto.g = 6, ModelProto.graph = 7
  for (let i = 0; i < depth; i++) graph = field(1, field(5, field(6, graph)));
  // ModelProto.opset_import = 8: version 17
  return Buffer.concat([field(7, graph), Uint8Array.of((8 << 3) | 2, 2, 0x10, 17)]);
}

/** A model of which the file says that its graph takes 4 GiB. @returns the bytes that there are */
export const promising = () => Uint8Array.of((7 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0a, 0x00);

/** A few bytes that ask for so many MiB. */
export const hungry = (mebibytes: number) =>
  classifier("hungry", (graph) => {
    const side = Math.sqrt((mebibytes * 2 ** 20) / 4 / 192);
    return graph.op("Tile", ["image", ints([1, 1, Math.round(side), Math.round(side)])]);
  });

/** A loop that counts to 2⁶² before it answers. */
export const endless = () =>
  classifier("endless", (graph) => {
    const body = Graph.empty("body", 18);
    body.addInput("i", [], DataType.INT64);
    body.addInput("go_on", [], DataType.BOOL);
    body.addInput("x", undefined as never);
    body.addNode("Identity", ["go_on"], {}, { outputs: ["again"] });
    body.addNode("Tanh", ["x"], {}, { outputs: ["y"] });
    body.addOutput("again", [], DataType.BOOL);
    body.addOutput("y");
    const always = { type: DataType.BOOL, dims: [], data: Uint8Array.of(1) };
    const forever = { type: DataType.INT64, dims: [], data: BigInt64Array.of(2n ** 62n) };
    return graph.addNode("Loop", [forever, always, "image"], { body: body.proto }, {})[0];
  });
