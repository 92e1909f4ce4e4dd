import { SALIENCY_MAP } from "../core/raw-map.js";
import type { Tensor } from "../core/tensor.js";
import { DataType } from "../onnx/constant.js";
import type { Graph } from "../onnx/graph.js";
import { imageInput, normalise } from "../onnx/surface.js";
import type { SessionCache } from "./session-cache.js";
import type { Control } from "./types.js";

/** The file's own maps as float32. */
const MAPS = `${SALIENCY_MAP}_float`;

/** The saliency maps that a file's own graph makes, picture by picture: [n, classes, rows, columns]. */
export async function embeddedMaps(
  file: Graph,
  sessions: SessionCache,
  { data, dims }: Tensor,
  { signal }: Control,
): Promise<Tensor> {
  const port = imageInput(file);
  using taken = await sessions.take(SALIENCY_MAP, () => {
    const graph = normalise(file, port, port.dims ?? dims);
    graph.addNode("Cast", [SALIENCY_MAP], { to: DataType.FLOAT }, { outputs: [MAPS] });
    graph.setOutputs([{ name: MAPS, type: DataType.FLOAT, dims: undefined }]);
    graph.prune();
    return graph;
  });
  const [count] = dims;
  const step = data.length / count;
  const rows: Tensor[] = [];
  for (let i = 0; i < count; i++) {
    const picture = data.slice(i * step, (i + 1) * step);
    const feed = { type: DataType.FLOAT, dims: [1, ...dims.slice(1)], data: picture };
    const { outputs } = await taken.session.pass({ [port.name]: feed }, [MAPS], { signal });
    rows.push(outputs.get(MAPS) as Tensor);
  }
  const maps = new Float32Array(count * rows[0].data.length);
  rows.forEach((row, i) => {
    maps.set(row.data, i * row.data.length);
  });
  return { data: maps, dims: [count, ...rows[0].dims.slice(-3)] };
}
