import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { SessionHost } from "../../../src/model/session.js";
import { canonical, differentiate } from "../../../src/onnx/autodiff/differentiate.js";
import { DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { fixture } from "../../support/fixtures.js";
import { readNpz, toTensor } from "../../support/npz.js";

const host = new SessionHost();
after(() => host.close());

/** Gradients of class k for a batch of two, of a network probed at one. */
async function gradientOf(
  path: string,
  x: { data: Float32Array; dims: readonly number[] },
  k: number,
): Promise<Float32Array> {
  const graph = Graph.parse(await readFile(fixture(path)));
  const form = await canonical(graph, { name: "x", dims: [1, ...x.dims.slice(1)] }, host);
  const found = differentiate(form, { wrt: ["x"], output: "y", activation: "none", score: "logit" });
  const session = await host.open(found.graph);
  const seed = Float32Array.from({ length: 20 }, (_, i) => (i % 10 === k ? 1 : 0));
  const name = found.gradients.get("x") as string;
  const feeds = {
    x: { type: DataType.FLOAT, dims: x.dims, data: x.data },
    [found.seed]: { type: DataType.FLOAT, dims: [2, 10], data: seed },
  };
  const result = await session.run(feeds, [name]);
  await session.close();
  return result.get(name)?.data as Float32Array;
}

function relativeError(found: Float32Array, expected: Float32Array): number {
  let [error, size] = [0, 0];
  expected.forEach((value, i) => {
    error += (found[i] - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(error / size);
}

const BOTH = ["legacy", "dynamo"];
const EXPORTERS = {
  resnet: BOTH,
  mobilenet: BOTH,
  transformer: BOTH,
  windows: BOTH,
  branches: BOTH,
  next: BOTH,
  sequencer: BOTH,
  reader: BOTH,
  halo: ["dynamo"],
};

for (const [network, exporters] of Object.entries(EXPORTERS)) {
  test(`${network}: torch's gradient from ${exporters.join(" and ")}, whatever the graph looks like`, async () => {
    const arrays = await readNpz(fixture(`gradients/${network}.npz`));
    const x = toTensor(arrays.get("x"));
    const expected = toTensor(arrays.get("g")).data;
    for (const exporter of exporters) {
      const found = await gradientOf(`gradients/${network}.${exporter}.onnx`, x, 3);
      const error = relativeError(found, expected);
      assert.ok(error < 1e-5, `${exporter}: relative error ${error}`);
    }
  });
}
