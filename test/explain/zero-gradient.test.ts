import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { floats } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { colourModel, RED } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";

const options = { threads: 1, preprocess: { mean: 0, std: 1 } } as const;

async function notesOf(
  graph: Graph,
  targets: number[],
  method: "gradient" | "occlusion" = "gradient",
): Promise<string[]> {
  await using model = await loadModel(savedModel(graph), options);
  return [...(await explain(model, RED, { method, targets })).provenance.notes];
}

const hard = colourModel((graph, logits) => graph.op("HardSigmoid", [logits]));
const silent = colourModel(undefined, {
  begin: (graph, x) => graph.addNode("Relu", [graph.op("Sub", [x, floats(5)])], {}, { outputs: ["off"] })[0],
});

test("a score at the end of its range is named as the reason of a gradient that is zero", async () => {
  const notes = await notesOf(hard, [0]);
  assert.match(notes.join("\n"), /the score of class 0 is exactly 1, the end of its range.*\n?.*without gradients/);
  assert.doesNotMatch((await notesOf(hard, [1])).join(), /exactly/);
});

test("a layer that is silent is named, and its pass is counted", async () => {
  await using model = await loadModel(savedModel(silent), options);
  const { provenance } = await explain(model, RED, { method: "gradient", targets: 0 });
  assert.match(provenance.notes.join(), /the layer 'off' is zero everywhere on this picture/);
  assert.match(provenance.notes.join(), /the map is zero everywhere/);
});

test("a map that is not zero, or that needs no gradient, gets no such reason", async () => {
  assert.doesNotMatch((await notesOf(colourModel(), [0])).join(), /zero|exactly/);
  assert.doesNotMatch((await notesOf(silent, [0], "occlusion")).join(), /the layer/);
});
