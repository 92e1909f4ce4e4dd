import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testClaim } from "../../src/evaluate/claim.js";
import { evaluate } from "../../src/evaluate/evaluate.js";
import { boxRegion } from "../../src/evaluate/region.js";
import { boxesAsClasses } from "../../src/explain/boxes-as-classes.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { DetectionModel } from "../../src/model/detection/types.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { BLOBS, blobDetector, blobPicture, SIDE } from "../support/blob-detector.js";
import { colourModel } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";
import { fails } from "../support/tensors.js";

const RED = { x: 60, y: 28, radius: 11, colour: "red" } as const;
const GREEN = { x: 20, y: 70, radius: 11, colour: "green" } as const;
const SECOND_RED = { x: 76, y: 76, radius: 11, colour: "red" } as const;
const picture = blobPicture([RED, GREEN, SECOND_RED]);
const grid = { width: SIDE, height: SIDE };
const around = ({ x, y, radius }: typeof RED | typeof GREEN | typeof SECOND_RED) =>
  boxRegion(
    { x: (x - radius) / SIDE, y: (y - radius) / SIDE, width: (2 * radius) / SIDE, height: (2 * radius) / SIDE },
    grid,
  );

let detector: DetectionModel;
before(async () => {
  detector = await loadModel(savedModel(blobDetector("head")), {
    task: "detection",
    labels: [...BLOBS],
    preprocess: { resize: "letterbox" },
    threads: 1,
  });
});
after(() => detector.close());

/** The object whose box holds a blob's centre, the most confident first. */
const objectAt = async ({ x, y }: { x: number; y: number }) => {
  const object = (await detector.detect(picture)).find(
    ({ box: [left, top, right, bottom] }) => x > left && x < right && y > top && y < bottom,
  );
  assert.ok(object);
  return object;
};

test("classes are the objects that the detector lists, their probabilities its confidence", async () => {
  const objects = await detector.detect(picture);
  const boxes = await boxesAsClasses(detector, picture);
  assert.deepEqual(
    boxes.labels,
    objects.map(({ name }) => name),
  );
  const { data } = boxes.probabilities(await boxes.run((await boxes.prepare(picture)).tensor));
  for (const { index, score } of objects) assert.ok(Math.abs(data[index] - score) < 1e-6, `object ${index}`);
  assert.equal(boxes.classIndex(1), 1);
  assert.throws(() => boxes.classIndex(objects.length), fails("index-out-of-range"));
  assert.ok(boxes.info.methods.every(({ method, supported }) => !supported || !/grad/.test(method)));
});

test("a claim about one of two objects of a label is about that one", async () => {
  const boxes = await boxesAsClasses(detector, picture);
  for (const [blob, other] of [
    [RED, SECOND_RED],
    [SECOND_RED, RED],
  ] as const) {
    const { index: target, score } = await objectAt(blob);
    const hidden = await testClaim(boxes, picture, around(blob), { target, controls: 20, fill: "black" });
    assert.ok(Math.abs(hidden.target.probability - score) < 1e-6);
    assert.ok(hidden.change < -0.3, `${blob.colour} at ${blob.x} is still found: ${hidden.change}`);
    assert.ok(hidden.chance < 0.2, `${hidden.chance}`);
    const elsewhere = await testClaim(boxes, picture, around(other), { target, controls: 0, fill: "black" });
    assert.ok(Math.abs(elsewhere.change) < 0.05, `the other one counts: ${elsewhere.change}`);
  }
});

test("maps of boxes are measured, and tested in the widget, as those of classes are", async () => {
  const boxes = await boxesAsClasses(detector, picture);
  const { index } = await objectAt(RED);
  const explanation = await explain(detector, picture, { targets: { box: index }, preset: "speed" });
  const { rows } = await evaluate(boxes, picture, explanation, { metrics: ["deletion"], nulls: 0 });
  assert.ok(rows.length > 0);
  const widget = new TestTheClaim(boxes, picture, explanation, { target: index, controls: 4 });
  const entry = await widget.test(around(RED), { fill: "black" });
  assert.equal(widget.get("message"), "");
  assert.ok(entry && entry.change < -0.3);
  assert.equal(widget.get("difference").length, 1, "the map of the changed picture is there");
  widget.close();
});

test("a classifier, and a picture on which nothing is found, are refused with words", async () => {
  await using classifier = await loadModel(savedModel(colourModel()));
  await assert.rejects(boxesAsClasses(classifier as never, picture), fails("bad-config", /a detector/));
  await assert.rejects(
    boxesAsClasses(detector, blobPicture([])),
    fails("not-supported", /finds nothing.*lower confidence/s),
  );
});
