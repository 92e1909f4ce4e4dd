import { DataType, floats, ints } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";

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
