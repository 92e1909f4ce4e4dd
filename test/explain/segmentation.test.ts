import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import sharp from "sharp";
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
import { visualize } from "../../src/render/visualize.js";
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

test("several classes are explained in one region, each once", async () => {
  const targets = ["ground", label].map((each) => ({ label: each, region: RECTANGLE }));
  const explanation = await explain(model, picture, { method: "grad-cam", targets });
  assert.deepEqual(
    explanation.targets.map((target) => target.label),
    [`ground (target area)`, `${label} (target area)`],
  );
  assert.equal(explanation.map(label), explanation.map(`${label} (target area)`));
  const [one, other] = [{ label, region: RECTANGLE }, { label }];
  await assert.rejects(explain(model, picture, { targets: [one, other] }), fails("bad-config", /asked about twice/));
  await assert.rejects(explain(model, picture, { targets: [] }), fails("bad-config", /targets is empty/));
});

test("several regions are explained at once, each as it is alone", async () => {
  const options = { method: "grad-cam" } as const;
  const both = await explain(model, picture, { ...options, targets: ["ground", { label, region: RECTANGLE }] });
  const alone = [
    await explain(model, picture, { ...options, targets: "ground" }),
    await explain(model, picture, { ...options, targets: { label, region: RECTANGLE } }),
  ];
  assert.deepEqual(
    both.targets.map((target) => [target.label, target.within?.label, target.within?.answer]),
    [
      ["ground (predicted area)", "ground", true],
      [`${label} (target area)`, label, alone[1].targets[0].within?.answer],
    ],
  );
  for (const [i, { targets, provenance }] of alone.entries()) {
    assert.deepEqual(both.targets[i], targets[0]);
    assert.deepEqual(both.map(both.targets[i].index).data, alone[i].map().data);
    assert.ok(provenance.notes.every((note) => both.provenance.notes.includes(note)));
  }
  assert.equal(both.provenance.forwardPasses, alone[0].provenance.forwardPasses + alone[1].provenance.forwardPasses);
  assert.deepEqual(both.provenance.options.region, ["predicted", RECTANGLE]);
  assert.equal(both.map(label), both.map(`${label} (target area)`));
  assert.throws(() => both.map("cup"), fails("unknown-label"));
});

test("figures outline the region, saved explanations keep it", async () => {
  const explanation = await explain(model, picture, { method: "grad-cam", targets: { label, region: RECTANGLE } });
  const again = Explanation.fromJSON(JSON.parse(JSON.stringify(explanation)));
  assert.deepEqual(again.targets, explanation.targets);
  assert.deepEqual(again.targets[0].within?.region.mask.length, 128 * 128);
  const without = new Explanation({
    ...explanation,
    maps: [explanation.map()],
    targets: explanation.targets.map(({ within: _, ...target }) => target),
  });
  const painted = async (one: Explanation) => {
    const { data, info } = await sharp(await (await visualize(one, { output_size: [256, 256] })).png())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, ...info };
  };
  const [plain, outlined] = [await painted(without), await painted(again)];
  assert.deepEqual([plain.width, plain.height], [outlined.width, outlined.height]);
  const changed = [...Array(plain.width * plain.height).keys()].filter((i) =>
    [0, 1, 2].some((c) => plain.data[3 * i + c] !== outlined.data[3 * i + c]),
  );
  const xs = changed.map((i) => i % plain.width);
  const ys = changed.map((i) => Math.floor(i / plain.width));
  const size = (values: number[]) => Math.max(...values) - Math.min(...values) + 1;
  // half of the 256 pixels of the view, and the dark line around them
  assert.deepEqual([size(xs), size(ys)], [130, 130]);
  assert.ok(changed.length < 130 * 130 - 122 * 122, `${changed.length} pixels`);
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
