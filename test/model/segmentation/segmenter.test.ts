import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { classroom } from "../../../src/classroom/index.js";
import { regionAsClasses } from "../../../src/explain/segmentation.js";
import { loadModel } from "../../../src/load-model.js";
import { inputGradient } from "../../../src/model/input-gradient.js";
import { regionWeights } from "../../../src/model/segmentation/region-weights.js";
import type { RegionTarget, SegmentationModel } from "../../../src/model/segmentation/types.js";
import type { Model } from "../../../src/model/types.js";
import { DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { fixture } from "../../support/fixtures.js";
import { savedModel } from "../../support/models.js";
import { type NpyArray, readNpz } from "../../support/npz.js";
import { assertClose, fails } from "../../support/tensors.js";

const file = fixture("segmentation/shapes.onnx");
const labels = ["ground", ...classroom.labels];
const preprocess = { mean: 0.6, std: 0.25 };
/** That of make.py: columns 20 to 52 and rows 16 to 40 of 64. */
const RECTANGLE = { x: 20 / 64, y: 16 / 64, width: 32 / 64, height: 24 / 64 };

const open = (source: string) =>
  loadModel(source, { task: "segmentation", labels: [...labels], preprocess, threads: 1 });

/** The fixture with more operators behind its logits. */
function extended(add: (graph: Graph, logits: string) => string): string {
  const graph = Graph.parse(readFileSync(file));
  const [{ name, type }] = graph.outputs;
  graph.setOutputs([{ name: add(graph, name), type: type || DataType.FLOAT, dims: undefined }]);
  return savedModel(graph);
}

let model: SegmentationModel;
let oracle: ReadonlyMap<string, NpyArray>;
let picture: { data: Uint8Array; width: number; height: number };
let truth: number;

before(async () => {
  oracle = await readNpz(fixture("segmentation/shapes.npz"));
  picture = { data: Uint8Array.from(oracle.get("picture")?.data as Uint8Array), width: 64, height: 64 };
  model = await open(file);
  const { areas } = await model.segment(picture);
  truth = (areas.find(({ index }) => index > 0) as { index: number }).index;
});
after(() => model.close());

const scoresOf = async (segmenter: SegmentationModel, region: RegionTarget["region"] = RECTANGLE) => {
  await using classes = await regionAsClasses(segmenter, picture, { label: truth, region });
  const { tensor } = await classes.prepare(picture);
  const scores = await classes.run(tensor);
  return { scores: scores.data, probabilities: classes.probabilities(scores).data };
};

describe("a segmentation model", () => {
  it("finds the shapes of drawings that it was not trained on, with their areas", async () => {
    let right = 0;
    for (const { image, index, mask } of classroom.pictures({ count: 8, seed: 77 })) {
      const segmentation = await model.segment(image);
      assert.equal(
        segmentation.areas.reduce((sum, { share }) => sum + share, 0),
        1,
      );
      const { mask: found } = segmentation.area(1 + index);
      const both = found.reduce((sum, inside, i) => sum + (inside & mask[i]), 0);
      const either = found.reduce((sum, inside, i) => sum + (inside | mask[i]), 0);
      if (both / either > 0.7) right++;
    }
    assert.ok(right >= 7, `${right} of 8`);
  });

  it("is named where a classifier is loaded", async () => {
    await assert.rejects(loadModel(file), (error: unknown) => {
      assert.match(String((error as { next?: string }).next), /task: 'segmentation'/);
      return fails("not-a-classifier")(error);
    });
    await assert.rejects((model as unknown as Model).predict(picture), fails("not-supported", /no class/));
    const unknown = { task: "depth" } as unknown as { task: "segmentation" };
    await assert.rejects(loadModel(file, unknown), fails("bad-config", /unknown task 'depth'/));
    await assert.rejects(
      loadModel(savedModel(Graph.parse(readFileSync(fixture("classroom/honest-1.onnx")))), { task: "segmentation" }),
      fails("not-supported", /rows and columns/),
    );
  });

  it("scores a class by the mean of its logits over a region, with torch's gradient", async () => {
    await using classes = await regionAsClasses(model, picture, { label: truth, region: RECTANGLE });
    const { tensor } = await classes.prepare(picture);
    assertClose((await classes.run(tensor)).data, oracle.get("scores")?.data as Float32Array, 1e-4);
    const gradient = await inputGradient(classes, tensor, { target: truth });
    assertClose(gradient.data, oracle.get("gradient")?.data as Float32Array, 1e-6);
    assert.equal(classes.labels[truth], `${labels[truth]} (target area)`);
  });

  it("takes a mask for the rectangle that it fills, and a region smaller than a cell", async () => {
    const mask = new Uint8Array(64 * 64);
    for (let y = 16; y < 40; y++) mask.fill(1, y * 64 + 20, y * 64 + 52);
    const expected = await scoresOf(model);
    assertClose((await scoresOf(model, { mask, width: 64, height: 64 })).scores, expected.scores, 1e-4);
    const cell = await scoresOf(model, { x: 0.5, y: 0.5, width: 1e-4, height: 1e-4 });
    const one = await scoresOf(model, { x: 0.5, y: 0.5, width: 1 / 64, height: 1 / 64 });
    assertClose(cell.scores, one.scores, 1e-5);
  });

  const variants: Readonly<Record<string, (graph: Graph, logits: string) => string>> = {
    "a softmax": (graph, logits) => graph.op("Softmax", [logits], { axis: 1 }),
    "a softmax, the classes last": (graph, logits) =>
      graph.op("Softmax", [graph.op("Transpose", [logits], { perm: [0, 2, 3, 1] })], { axis: 3 }),
    "a softmax that more follows": (graph, logits) =>
      graph.op("Identity", [graph.op("Softmax", [logits], { axis: 1 })]),
    "the classes last": (graph, logits) => graph.op("Transpose", [logits], { perm: [0, 2, 3, 1] }),
    "an ArgMax": (graph, logits) => graph.op("ArgMax", [logits], { axis: 1, keepdims: 0 }),
  };
  for (const [name, add] of Object.entries(variants)) {
    it(`gives the same probabilities and areas where it ends in ${name}`, async () => {
      await using other = await open(extended(add));
      assertClose((await scoresOf(other)).probabilities, (await scoresOf(model)).probabilities, 1e-4);
      const [areas, expected] = [(await other.segment(picture)).areas, (await model.segment(picture)).areas];
      assert.deepEqual(
        areas.map(({ index, share }) => [index, share]),
        expected.map(({ index, share }) => [index, share]),
      );
    });
  }

  it("reads independent labels by themselves", async () => {
    await using sigmoid = await open(extended((graph, logits) => graph.op("Sigmoid", [logits])));
    const { scores, probabilities } = await scoresOf(sigmoid);
    assertClose(scores, (await scoresOf(model)).scores, 1e-4);
    assertClose(
      probabilities,
      Array.from(scores, (score) => 1 / (1 + Math.exp(-score))),
      1e-5,
    );
    assert.ok((await sigmoid.segment(picture)).areas.some(({ index }) => index === truth));
  });

  it("names what is wrong with a region", async () => {
    const ask = (target: RegionTarget) => regionAsClasses(model, picture, target);
    await assert.rejects(ask({ label: "sun" }), fails("unknown-label"));
    const unseen = labels.findIndex((_, i) => i !== truth && i > 0);
    await assert.rejects(ask({ label: unseen }), fails("bad-config", /sees no/));
    const wrong = [{ x: 2, y: 0, width: 1, height: 1 }, { x: 0, y: 0, width: 0, height: 1 }, { x: 0 }, 3, null];
    for (const region of wrong)
      await assert.rejects(ask({ label: truth, region } as RegionTarget), fails("bad-config"));
    const empty = { mask: new Uint8Array(4), width: 2, height: 2 };
    await assert.rejects(ask({ label: truth, region: empty }), fails("bad-config", /covers nothing/));
  });
});

describe("regionWeights", () => {
  it("shares by area, and add up to one", () => {
    assertClose(regionWeights({ x: 0.25, y: 0, width: 0.5, height: 1 }, 2, 2), [0.25, 0.25, 0.25, 0.25]);
    assertClose(regionWeights({ x: 0, y: 0, width: 0.75, height: 0.5 }, 2, 2), [2 / 3, 1 / 3, 0, 0]);
    assertClose(regionWeights({ mask: Uint8Array.of(0, 0, 1), width: 3, height: 1 }, 2, 1), [0, 1]);
    assertClose(regionWeights({ mask: Uint8Array.of(0, 1, 0), width: 3, height: 1 }, 2, 1), [0.5, 0.5]);
    assertClose(regionWeights({ x: -1, y: -1, width: 1.5, height: 1.5 }, 2, 2), [1, 0, 0, 0]);
  });
});
