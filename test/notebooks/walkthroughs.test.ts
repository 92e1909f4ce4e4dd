import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { notebookToHtml } from "../../src/export/notebook-page.js";
import { claims, Executed } from "./executed.js";

test("1-basic: the tripod is predicted, explained by one pass, and the answer does not depend on the threads", async () => {
  const run = await Executed.run("1-basic");
  run.assertAnswers("1-basic");
  const [first] = run.rows("model.predict(");
  assert.equal(first.label, "tripod");
  assert.ok(Math.abs(Number(first.probability) - 0.94) < 0.03);
  const [threads] = run.bundles("threads: 1");
  const [, before, again] = /before: '([\d.]+)', again: '([\d.]+)'/.exec(String(threads["text/plain"])) ?? [];
  assert.equal(before, again);
  assert.equal(run.pictures(), 2, "the viewer's stand-in and a picture of one's own");
  assert.match(String(run.bundles("const figure")[0]["text/html"]), /<details class="sightline-held">/);
  assert.ok(run.bundles("new SaliencyViewer")[0]["application/vnd.jupyter.widget-view+json"], "the viewer is a widget");
  const page = await notebookToHtml(run.notebook, {
    folder: fileURLToPath(new URL("../../../notebooks/", import.meta.url)),
  });
  assert.ok(page.includes("What did the model look at?"));
  assert.ok(!/<(img|script|link)[^>]+(src|href)="(?!data:)/.test(page), "nothing is fetched from elsewhere");
});

test("2-deep-dive: every drawer opens; errors shown on purpose are the ones meant", async () => {
  const run = await Executed.run("2-deep-dive");
  run.assertAnswers("2-deep-dive");
  const [white, black] = run.rows('mode: "black-box"');
  assert.equal(white.method, "recipro-cam");
  assert.equal(white.passes, 1);
  assert.equal(black.passes, 201);
  assert.match(run.text('targets: "tigre cat"'), /unknown label 'tigre cat': did you mean 'tiger cat'/);
  assert.match(run.text("colour_mop"), /unknown option 'colour_mop' of visualize/);
  assert.match(run.text("other seed, same map"), /same seed, same map: true\nother seed, same map: false/);
  const files = String(run.bundles("mkdtemp")[0]["text/plain"]);
  assert.match(files, /lesson2_chelsea_target_tiger_cat_pred_tiger_cat_0\.39\.png/);
  const costs = run.rows("methods().map");
  assert.equal(costs.find(({ method }) => method === "recipro-cam")?.balance, 1);
  assert.equal(costs.find(({ method }) => method === "rise")?.speed, 1000);
  for (const [words, count] of [
    ['"type: outlines"', 2],
    ["polarity: both", 3],
    ["clip_below_percentile: 90", 3],
    ["jet: {", 4],
    ["overlay_type: none", 3],
    ["overlay_type: mask_black", 3],
  ] as const) {
    assert.equal(run.inlined(words), count, `${words} stands side by side`);
  }
  assert.ok(Number(costs.find(({ method }) => method === "grad-cam")?.speed) > 0, "gradients are not free");
  const [upright] = run.rows("await model.predict(cat");
  const [turned] = run.rows("upsideDown.predict");
  assert.notEqual(turned.label, upright.label, "the two cats change places");
  assert.ok(Math.abs(Number(turned.probability) - Number(upright.probability)) < 0.1, "about as sure as before");
  const [word] = run.rows("loadModel(classroom.pair)");
  assert.equal(word.label, "boat");
  const words = new Map(run.rows("words.withLabels(").map(({ label, probability }) => [label, Number(probability)]));
  assert.ok(words.get("boat")! > 0.5 && words.get("a boat on the sea")! > 0.25, "its words take a third from boat");
  const [needed] = claims(run.text("const attended"));
  assert.ok(needed.after < 0.05 && needed.alike === 0 && needed.of === 50, "what attn-lrp marks is needed");
});

test("3-map-interpretation: five cases, each claim tested against the same shape elsewhere", async () => {
  const run = await Executed.run("3-map-interpretation");
  run.assertAnswers("3-map-interpretation");
  assert.deepEqual(
    run.rows("const cases").map(({ image, prediction, case: kind }) => [image, prediction, kind]),
    [
      ["camera.png", "tripod", "true positive, high confidence"],
      ["coffee.png", "espresso", "true positive, high confidence"],
      ["grace_hopper.jpg", "academic gown", "missed class"],
      ["clock_motion.png", "bubble", "false positive, high confidence"],
      ["chelsea.png", "tiger cat", "mixed predictions"],
    ],
  );
  const [tripod] = claims(run.text("const tripod"));
  assert.ok(tripod.after < tripod.before / 2 && tripod.alike <= 5);
  const [bubble] = claims(run.text("const bubble"));
  assert.ok(bubble.after < bubble.before / 2 && bubble.alike <= 5);
  const byHand = run.bundles("new TestTheClaim").at(-1);
  assert.ok(byHand?.["application/vnd.jupyter.widget-view+json"] && byHand["image/png"], "a widget, and its picture");
  const [withoutCap] = claims(run.text("const withoutCap"));
  assert.ok(withoutCap.after < withoutCap.before, "the second claim about the uniform is refuted, as the text says");
  const [tiger, egyptian] = claims(run.text("const forTiger"));
  assert.ok(tiger.after < tiger.before && egyptian.after > egyptian.before, "the difference map was right");
});

test("3-map-interpretation: a reader's thresholds move the cases", async () => {
  const run = await Executed.run("3-map-interpretation", { high: 0.9 });
  run.assertAnswers("3-map-interpretation");
  const cases = new Map(run.rows("const cases").map((row) => [row.image, row.case]));
  assert.equal(cases.get("clock_motion.png"), "false positive, low confidence");
  assert.equal(cases.get("camera.png"), "true positive, high confidence");
});
