import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { SessionHost } from "../../src/model/session.js";
import { DataType } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { elementTypes } from "../../src/onnx/shapes.js";
import { fixture } from "../support/fixtures.js";
import { inHalfPrecision } from "../support/half-precision.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";
import { pattern } from "../support/pattern.js";

const picture = pattern(32);
const preprocess = { mean: 0.5, std: 0.25 };

const LOWER = new Map(
  [DataType.FLOAT16, DataType.BFLOAT16, DataType.INT8, DataType.UINT8].map((type) => [type, DataType[type]]),
);

/** Graphs that are opened while something is done. */
async function opened(work: () => Promise<void>): Promise<readonly Graph[]> {
  const { open } = SessionHost.prototype;
  const graphs: Graph[] = [];
  SessionHost.prototype.open = function (graph, make) {
    graphs.push(graph);
    return open.call(this, graph, make);
  };
  try {
    await work();
  } finally {
    SessionHost.prototype.open = open;
  }
  return graphs;
}

const lowerTypes = (graph: Graph) =>
  [...elementTypes(graph)].flatMap(([name, type]) => (LOWER.has(type) ? [`${name}: ${LOWER.get(type)}`] : []));

describe("precision", () => {
  for (const [name, graph] of Object.entries({ tinyCnn: tinyCnn(), tinyVit: tinyVit() })) {
    it(`of a float32 network is never lowered: no graph of any method has a tensor below it (${name})`, async () => {
      const ran: string[] = [];
      const graphs = await opened(async () => {
        await using model = await loadModel(savedModel(graph), { preprocess });
        for (const { method, supported } of model.info.methods) {
          if (!supported) continue;
          await explain(model, picture, { method: method as "grad-cam", targets: 1, preset: "speed" });
          ran.push(method);
        }
      });
      for (const needed of ["recipro-cam", "rise", "grad-cam", "integrated-gradients", "lrp"])
        assert.ok(ran.includes(needed), `${needed} did not run: ${ran}`);
      assert.ok(graphs.length > 5);
      assert.deepEqual(graphs.flatMap(lowerTypes), []);
    });
  }

  it("of a network that itself has 16 bits is said, and seen by this test", async () => {
    const graphs = await opened(async () => {
      await using model = await loadModel(savedModel(inHalfPrecision(tinyCnn())), { preprocess });
      assert.match(model.info.notes.join("\n"), /computes in 16 bits \(float16, three digits\): .*gradients/);
      await explain(model, picture, { method: "gradient", targets: 1 });
    });
    assert.ok(graphs.flatMap(lowerTypes).length > 0);
  });

  for (const form of ["qdq", "qoperator", "dynamic"]) {
    it(`of a quantised network is said (${form})`, async () => {
      await using model = await loadModel(fixture(`quantised/${form}.onnx`), { preprocess: { mean: 0, std: 1 } });
      assert.match(model.info.notes.join("\n"), /is quantised: .*gradients pass the rounding/);
    });
  }

  it("of a float32 network needs no word", async () => {
    await using model = await loadModel(savedModel(tinyCnn()), { preprocess });
    assert.doesNotMatch(model.info.notes.join("\n"), /16 bits|quantised/);
  });
});
