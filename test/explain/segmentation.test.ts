import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { testClaim } from "../../src/evaluate/claim.js";
import { describeClaim } from "../../src/evaluate/claim-test.js";
import { evaluate } from "../../src/evaluate/evaluate.js";
import { explain } from "../../src/explain/explain.js";
import { Explanation } from "../../src/explain/explanation.js";
import { regionAsClasses } from "../../src/explain/segmentation.js";
import { loadModel } from "../../src/load-model.js";
import type { MethodName } from "../../src/methods/registry.js";
import type { Segmentation, SegmentationModel } from "../../src/model/segmentation/types.js";
import { fixture } from "../support/fixtures.js";
import { fails } from "../support/tensors.js";

const [{ image: picture, label }] = classroom.pictures({ count: 1, seed: 77 });
const RECTANGLE = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

let model: SegmentationModel;
let segmentation: Segmentation;
before(async () => {
  model = await loadModel(fixture("segmentation/shapes.onnx"), {
    task: "segmentation",
    labels: ["ground", ...classroom.labels],
    preprocess: { mean: 0.6, std: 0.25 },
    threads: 1,
  });
  segmentation = await model.segment(picture);
});
after(() => model.close());

/** Share of a map's positive values that lie in a mask of the same size. */
const shareInside = (data: Float32Array, mask: Uint8Array) => {
  const positive = data.map((value) => Math.max(0, value));
  return positive.reduce((sum, value, i) => sum + value * mask[i], 0) / positive.reduce((sum, value) => sum + value, 0);
};

test("a class is explained where the model sees it, and the explanation says so", async () => {
  const explanation = await explain(model, picture, { method: "grad-cam", targets: label });
  assert.equal(explanation.targets[0].label, `${label} (predicted area)`);
  assert.ok(explanation.targets[0].probability > 0.9);
  assert.equal(explanation.provenance.options.region, "predicted");
  assert.match(
    explanation.provenance.notes.join("\n"),
    /the predicted area is \d.* of the model's view: .* mean of its logits/,
  );
  const { mask } = segmentation.area(label);
  const share = mask.reduce((sum, inside) => sum + inside, 0) / mask.length;
  const inside = shareInside(explanation.map().resize(64, 64).data, mask);
  assert.ok(inside > 2 * share, `${inside} of the map in ${share} of the picture`);
  assert.deepEqual(Explanation.fromJSON(JSON.parse(JSON.stringify(explanation))).targets, explanation.targets);
});

const METHODS: readonly MethodName[] = [
  "recipro-cam",
  "layer-cam",
  "integrated-gradients",
  "lrp",
  "occlusion",
  "rise",
  "score-cam",
  "lime",
  "contrast",
  "xrai",
];
for (const method of METHODS) {
  test(`${method} explains a region`, async () => {
    const explanation = await explain(model, picture, {
      method: method as "rise",
      preset: "speed",
      targets: { label, region: RECTANGLE },
    });
    const { data } = explanation.map();
    assert.ok(data.some((value) => value !== data[0]));
    assert.deepEqual(explanation.provenance.options.region, RECTANGLE);
  });
}

test("without targets the largest area is explained, on layers of features", async () => {
  const explanation = await explain(model, picture);
  assert.equal(explanation.targets[0].index, segmentation.areas[0].index);
  assert.equal(explanation.provenance.method, "recipro-cam");
  assert.equal(explanation.map().width, 16);
  assert.ok(model.layers().every(({ shape }) => shape[1] !== 9));
});

test("several classes are explained in one region, and several regions are refused", async () => {
  const targets = ["ground", label].map((each) => ({ label: each, region: RECTANGLE }));
  const explanation = await explain(model, picture, { method: "grad-cam", targets });
  assert.deepEqual(
    explanation.targets.map((target) => target.label),
    [`ground (target area)`, `${label} (target area)`],
  );
  await assert.rejects(explain(model, picture, { targets: ["ground", label] }), fails("bad-config", /several regions/));
  const [one, other] = [{ label, region: RECTANGLE }, { label }];
  await assert.rejects(explain(model, picture, { targets: [one, other] }), fails("bad-config", /several regions/));
  await assert.rejects(explain(model, picture, { targets: [] }), fails("bad-config", /targets is empty/));
});

test("claims and metrics ask a region as they ask a classifier", async () => {
  await using classes = await regionAsClasses(model, picture, { label });
  const claim = await testClaim(classes, picture, segmentation.area(label), {
    target: `${label} (predicted area)`,
    controls: 9,
    fill: "mean",
  });
  assert.ok(claim.change < -0.3, `${claim.change}`);
  assert.match(describeClaim(claim), new RegExp(`${label} \\(predicted area\\)`));
  const explanation = await explain(classes, picture, { method: "grad-cam" });
  const { rows } = await evaluate(classes, picture, explanation, { metrics: ["deletion"], nulls: 2 });
  assert.equal(rows[0].failures?.length ?? 0, 0);
  await assert.rejects(testClaim(model as never, picture, segmentation.area(label)), fails("not-supported"));
});
