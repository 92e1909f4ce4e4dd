import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { notebookToHtml } from "../../src/kernel/runner/html.js";
import type { CodeCell, Notebook } from "../../src/kernel/runner/notebook-file.js";
import { runNotebook } from "../../src/kernel/runner/run-notebook.js";

const ROWS = "application/vnd.sightline.rows+json";
const path = (name: string) => fileURLToPath(new URL(`../../../notebooks/${name}.ipynb`, import.meta.url));

/** An executed notebook with what its cells showed. */
class Executed {
  constructor(readonly notebook: Notebook) {}

  static async run(name: string, parameters: Record<string, unknown> = {}): Promise<Executed> {
    return new Executed(await runNotebook(path(name), { out: false, parameters }));
  }

  cell(words: string): CodeCell {
    const found = this.notebook.cells.find(({ cell_type, source }) => cell_type === "code" && source.includes(words));
    assert.ok(found, `a cell with ${words}`);
    return found as CodeCell;
  }

  bundles(words: string): Record<string, unknown>[] {
    return this.cell(words).outputs.flatMap((output) =>
      output.output_type === "display_data" || output.output_type === "execute_result" ? [output.data] : [],
    );
  }

  rows(words: string): Record<string, unknown>[] {
    const found = this.bundles(words).find((bundle) => ROWS in bundle);
    assert.ok(found, `a table under ${words}`);
    return found[ROWS] as Record<string, unknown>[];
  }

  text(words: string): string {
    return this.cell(words)
      .outputs.map((output) => (output.output_type === "stream" ? output.text : ""))
      .join("");
  }

  pictures(): number {
    const code = this.notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
    const bundles = code.flatMap(({ outputs }) => outputs).filter((output) => "data" in output);
    return bundles.filter((output) =>
      Object.keys((output as { data: object }).data).some((type) => /^image\//.test(type)),
    ).length;
  }
}

/** "takes tripod from 0.94 to 0.09; 0 of 50 …" as numbers. */
function claims(text: string): { before: number; after: number; alike: number; of: number }[] {
  return [...text.matchAll(/from ([\d.]+) to ([\d.]+); (\d+) of (\d+) regions/g)].map(
    ([, before, after, alike, of]) => ({
      before: Number(before),
      after: Number(after),
      alike: Number(alike),
      of: Number(of),
    }),
  );
}

test("1-basic: the tripod is predicted, explained by one pass, and the answer does not depend on the threads", async () => {
  const run = await Executed.run("1-basic");
  const [first] = run.rows("model.predict(");
  assert.equal(first.label, "tripod");
  assert.ok(Math.abs(Number(first.probability) - 0.94) < 0.03);
  const [threads] = run.bundles("threads: 1");
  const [, before, again] = /before: '([\d.]+)', again: '([\d.]+)'/.exec(String(threads["text/plain"])) ?? [];
  assert.equal(before, again);
  assert.equal(run.pictures(), 2);
  const page = notebookToHtml(run.notebook, { folder: fileURLToPath(new URL("../../../notebooks/", import.meta.url)) });
  assert.ok(page.includes("What did the model look at?"));
  assert.ok(!/<(img|script|link)[^>]+(src|href)="(?!data:)/.test(page), "nothing is fetched from elsewhere");
});

test("2-deep-dive: every drawer opens; errors shown on purpose are the ones meant", async () => {
  const run = await Executed.run("2-deep-dive");
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
  assert.ok(run.pictures() >= 20);
});

test("3-map-interpretation: five cases, each claim tested against the same shape elsewhere", async () => {
  const run = await Executed.run("3-map-interpretation");
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
  const [withoutCap] = claims(run.text("const withoutCap"));
  assert.ok(withoutCap.after < withoutCap.before, "the second claim about the uniform is refuted, as the text says");
  const [tiger, egyptian] = claims(run.text("const forTiger"));
  assert.ok(tiger.after < tiger.before && egyptian.after > egyptian.before, "the difference map was right");
});

test("3-map-interpretation: a reader's thresholds move the cases", async () => {
  const run = await Executed.run("3-map-interpretation", { high: 0.9 });
  const cases = new Map(run.rows("const cases").map((row) => [row.image, row.case]));
  assert.equal(cases.get("clock_motion.png"), "false positive, low confidence");
  assert.equal(cases.get("camera.png"), "true positive, high confidence");
});
