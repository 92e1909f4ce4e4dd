import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { LoadOptions } from "../../src/model/load.js";
import { floats } from "../../src/onnx/constant.js";
import { colourModel, plain } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";

/** Labels with a score of 10 × their colour − 5 each. */
const sigmoid = savedModel(colourModel((graph, logits) => graph.op("Sigmoid", [graph.op("Sub", [logits, floats(5)])])));

const notesOf = async (file: string, colour: [number, number, number], options: LoadOptions = {}) => {
  const preprocess = { mean: 0, std: 1 };
  await using model = await loadModel(file, { labels: ["red", "green", "blue"], preprocess, threads: 1, ...options });
  return (await explain(model, plain(colour), { method: "occlusion" })).provenance.notes.join("\n");
};

test("of independent labels all that are seen are named, not the most probable one alone", async () => {
  assert.match(await notesOf(sigmoid, [255, 0, 230]), /independent: 2 of 3 are at 0\.5 or above: red, blue;/);
  assert.match(await notesOf(sigmoid, [0, 255, 0]), /1 of 3 is at 0\.5 or above: green;/);
  assert.match(await notesOf(sigmoid, [0, 0, 0]), /0 of 3 are at 0\.5 or above; the prediction/);
});

test("nothing of the kind is said where classes exclude each other", async () => {
  assert.doesNotMatch(await notesOf(savedModel(colourModel()), [255, 0, 230]), /independent/);
  const told = await notesOf(savedModel(colourModel()), [255, 0, 230], { probabilities: "sigmoid" });
  assert.match(told, /independent: 3 of 3/);
});
