import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { boxRegion } from "../../src/evaluate/region.js";
import { explain } from "../../src/explain/explain.js";
import { regionAsClasses } from "../../src/explain/segmentation.js";
import { loadModel } from "../../src/load-model.js";
import type { SegmentationModel } from "../../src/model/segmentation/types.js";
import { floats } from "../../src/onnx/constant.js";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { shareRegion } from "../../src/widgets/share-region.js";
import { TestTheClaim } from "../../src/widgets/test-the-claim.js";
import { colourModel } from "../support/colour-model.js";
import { fixture } from "../support/fixtures.js";
import { savedModel } from "../support/models.js";
import { FakeHost } from "./fake-host.js";

beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  FakeHost.use();
});

const SIDE = 32;
const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-3, `${value}, ${expected}`);
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

/** Red on the left, blue on the right, both seen: each label's logit is 10 × the mean of its colour − 2. */
const halves = {
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const left = Math.floor(i / 3) % SIDE < SIDE / 2;
    return i % 3 === (left ? 0 : 2) ? 255 : 0;
  }),
  width: SIDE,
  height: SIDE,
};
const right = boxRegion({ x: 0.5, y: 0, width: 0.5, height: 1 }, { width: SIDE, height: SIDE });
const labelled = () =>
  loadModel(savedModel(colourModel((graph, logits) => graph.op("Sigmoid", [graph.op("Sub", [logits, floats(2)])]))), {
    labels: ["red", "green", "blue"],
    preprocess: { mean: 0, std: 1 },
    threads: 1,
  });

test("a claim about one of several independent labels has that label's own score; the others stay as they are", async () => {
  await using model = await labelled();
  const explanation = await explain(model, halves, { method: "occlusion", targets: ["red", "blue"] });
  const claim = new TestTheClaim(model, halves, explanation, { target: "blue", controls: 5 });
  const entry = await claim.test(right, { fill: "black" });
  assert.ok(entry);
  const of = (list: typeof entry.before, label: string) =>
    list.find((one) => one.label === label)?.probability ?? assert.fail(label);
  for (const label of ["red", "blue"]) near(of(entry.before, label), sigmoid(3));
  near(entry.target.probability + entry.change, sigmoid(-2));
  near(of(entry.after, "red"), sigmoid(3));
  assert.match(entry.sentence, /^hiding 50 % of the picture \(black\) takes blue from \.95 to \.12;/);
  assert.ok(entry.claimed > 0.99, "the map of blue lies on the right");
});

test("a guess about one of several independent labels is judged by that label's own score, and the page is told of the others", async () => {
  await using model = await labelled();
  const guess = new GuessFirst(model, halves, {
    target: "blue",
    share: 0.25,
    method: "occlusion",
    fill: "black",
    controls: 3,
  });
  const at = (x: number) => shareRegion(0.25, { x, y: 0.5, aspect: 0.5 }, model.info.input);
  guess.add("left", at(0.25));
  guess.add("right", at(0.75));
  await guess.reveal();
  const [first, second] = guess.results;
  assert.deepEqual([first.name, second.name], ["right", "left"]);
  near(first.before, sigmoid(3));
  near(second.after, sigmoid(3));
  assert.ok(first.after < first.before - 0.2, `${first.after}`);
  const [{ notes, sentence }] = guess.get("answer");
  assert.match(notes.join("\n"), /independent: 2 of 3 are at 0\.5 or above: red, blue/);
  assert.match(sentence, /takes blue from \.95/);
});

const [{ image: drawing, label }] = classroom.pictures({ count: 1, seed: 77 });
const shapes = () =>
  loadModel(fixture("segmentation/shapes.onnx"), {
    task: "segmentation",
    labels: ["ground", ...classroom.labels],
    preprocess: { mean: 0.6, std: 0.25 },
    threads: 1,
  });

/** What a segmentation model sees in the class's area, as the mean of its logits there. */
async function seenIn(model: SegmentationModel, area: string): Promise<number> {
  await using classes = await regionAsClasses(model, drawing, { label: area });
  return (await classes.predict(drawing, { top: 9 })).find((one) => one.label.startsWith(label))!.probability;
}

test("claims and guesses about a region name the class and its region, and have the score of that region", async () => {
  await using model = await shapes();
  await using classes = await regionAsClasses(model, drawing, { label });
  const area = (await model.segment(drawing)).area(label);
  const explanation = await explain(model, drawing, { method: "grad-cam", targets: label });
  const claim = new TestTheClaim(classes, drawing, explanation, { controls: 3 });
  const entry = await claim.test(area, { fill: "mean" });
  const named = `${label} (predicted area)`;
  assert.ok(entry);
  assert.equal(entry.target.label, named);
  near(entry.target.probability, await seenIn(model, label));
  assert.ok(entry.change < -0.3, `${entry.change}`);
  assert.ok(entry.sentence.includes(`takes ${named} from `), entry.sentence);

  const guess = new GuessFirst(classes, drawing, { share: 0.1, method: "occlusion", fill: "mean", controls: 3 });
  guess.add("the middle", shareRegion(0.1, { x: 0.5, y: 0.5 }, classes.info.input));
  await guess.reveal();
  assert.equal(guess.get("target").label, named);
  near(guess.results[0].before, entry.target.probability);
  const [{ notes, sentence }] = guess.get("answer");
  assert.ok(sentence.includes(`takes ${named} from `), sentence);
  assert.match(notes.join("\n"), /the predicted area is \d.* of the model's view/);
});

test("an explanation of one region is not tested by the scores of another, and a segmentation model is sent to regionAsClasses", async () => {
  await using model = await shapes();
  await using ground = await regionAsClasses(model, drawing, { label: "ground" });
  assert.notEqual(await seenIn(model, label), await seenIn(model, "ground"));
  const explanation = await explain(model, drawing, { method: "grad-cam", targets: label });
  const claim = new TestTheClaim(ground, drawing, explanation);
  assert.equal(await claim.test((await model.segment(drawing)).area(label)), undefined);
  assert.equal(claim.get("state"), "failed");
  assert.match(claim.get("message"), /another region .*regionAsClasses/s);
  assert.deepEqual(claim.history, []);
  for (const make of [
    () => new TestTheClaim(model as never, drawing, explanation),
    () => new GuessFirst(model as never, drawing),
  ]) {
    assert.throws(make, (error: { code: string; next: string }) => {
      assert.equal(error.code, "not-supported");
      assert.match(error.next, /regionAsClasses/);
      return true;
    });
  }
});
