import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { pearson } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { BLOBS, blobDetector, blobPicture, SIDE } from "../support/blob-detector.js";
import { savedModel } from "../support/models.js";
import { seriousFindings } from "./axe.js";
import { PlaygroundSite } from "./playground-site.js";
import { missingForBrowser, root } from "./support.js";

const SCENE = blobPicture([
  { x: 60, y: 28, radius: 11, colour: "red" },
  { x: 20, y: 70, radius: 11, colour: "green" },
  { x: 76, y: 76, radius: 11, colour: "red" },
]);
const NOTHING = join(root, "test/fixtures/recipes/digit.png");

describe("the playground, with detectors", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  const site = new PlaygroundSite();
  let scene: string;

  before(async () => {
    scene = site.path("scene.png");
    await sharp(SCENE.data, { raw: { width: SIDE, height: SIDE, channels: 3 } }).toFile(scene);
  });

  for (const kind of ["head", "suppressed"] as const) {
    test(`${kind}: boxes, the map of the one that is chosen, a claim about it, its curves; as in Node`, async () => {
      const path = savedModel(blobDetector(kind), `${kind}.onnx`);
      await using playground = await site.open();
      const { page } = playground;
      await playground.drop([path, scene]);
      assert.equal(await playground.error(), undefined);
      assert.equal(await page.getByLabel("What it does").inputValue(), "detection");
      assert.match(await playground.found(), /outputs are read as (yolov8|boxes-labels-scores)/i);

      await using model = await loadModel(path, { task: "detection", threads: 1 });
      const objects = await model.detect(scene);
      assert.ok(objects.length > 1);
      const chosen = objects.at(-1);
      assert.ok(chosen);
      for (const index of [0, chosen.index]) {
        if (index > 0) await page.locator(".pg-answers button").nth(index).click();
        await playground.settled();
        await playground.agreesOnObjects(objects);
        const explanation = await explain(model, scene, { preset: "speed", targets: { box: index } });
        // aise searches for windows, and searches magnify rounding
        const shown = await playground.map();
        assert.deepEqual([shown.method, shown.target], ["aise", index]);
        assert.ok(pearson(Float32Array.from(shown.values), explanation.map().data) > 0.99);
      }

      await page.locator(".pg-part").first().getByLabel("Fill with").selectOption("black");
      const [left, top, right, bottom] = chosen.box;
      await playground.claims([left / SIDE, top / SIDE, right / SIDE, bottom / SIDE]);
      const verdict = page.locator(".sl-change");
      await verdict.filter({ hasText: new RegExp(`class ${chosen.label}.* → `) }).waitFor();
      const [, after] = / → ([<.\d]+)/.exec((await verdict.textContent()) ?? "") ?? [];
      assert.ok(Number(after.replace("<", "")) < chosen.score / 2, `hidden, and still found: ${after}`);

      await page.locator(".pg-map").getByLabel("Method").selectOption("d-rise");
      await page.locator(".pg-map .sl-caption", { hasText: "d-rise" }).waitFor();
      await page.locator(".pg-facts dd", { hasText: /^d-rise$/ }).waitFor();
      await page.getByRole("button", { name: "Measure by insertion and deletion" }).click();
      await page.locator(".pg-part .sl-scrubber-grid").waitFor();
      assert.deepEqual(await seriousFindings(page, "html"), []);
      await page.screenshot({ path: join(root, `reports/widgets/playground-${kind}.png`), fullPage: true });
      assert.deepEqual(playground.problems, []);
    });
  }

  for (const [kind, decoder, note] of [
    ["ultralytics", "yolov8", /Pictures are prepared as Ultralytics does.*which wrote the file/],
    ["picodet", "picodet", /No preprocessing was given/],
  ] as const) {
    test(`a file as ${kind} writes it is read as ${decoder}, and its objects are Node's`, async () => {
      const path = savedModel(blobDetector(kind), `${kind}.onnx`);
      await using playground = await site.open();
      await playground.drop([path, scene]);
      assert.equal(await playground.error(), undefined);
      assert.match(await playground.found(), new RegExp(`outputs are read as ${decoder}`, "i"));
      assert.match(await playground.found(), note);
      await using model = await loadModel(path, { task: "detection", threads: 1 });
      const objects = await model.detect(scene);
      assert.ok(objects.length > 1);
      if (kind === "ultralytics") assert.ok(objects.every(({ name }) => (BLOBS as readonly string[]).includes(name)));
      await playground.agreesOnObjects(objects);
      assert.equal((await playground.map()).method, "aise");
      assert.deepEqual(playground.problems, []);
    });
  }

  test("what is found can be changed: confidence, labels, how outputs are read, and what the model does", async () => {
    const path = savedModel(blobDetector("head"), "head.onnx");
    await using playground = await site.open();
    const { page } = playground;
    await playground.drop([path, scene]);
    const before = (await playground.predictions()).length;
    const apply = async () => {
      await page.getByRole("button", { name: "Look again with these" }).click();
      await playground.settled();
    };
    await page.getByLabel("Objects are listed from a confidence of").selectOption("0.01");
    await apply();
    assert.ok((await playground.predictions()).length > before);
    const labels = site.path("names.txt");
    await writeFile(labels, BLOBS.join("\n"));
    await page.locator("input[type=file][accept*='.txt']").setInputFiles(labels);
    await playground.settled();
    assert.ok((await playground.predictions()).every(({ label }) => (BLOBS as readonly string[]).includes(label)));
    await page.getByLabel("Its outputs are read as").selectOption("ssd");
    await apply();
    assert.match((await playground.error()) ?? "", /do not match ssd: output0/);
    await page.getByLabel("Its outputs are read as").selectOption("");
    await apply();
    assert.equal(await playground.error(), undefined);
    await page.getByLabel("What it does").selectOption("classification");
    await playground.settled();
    assert.match((await playground.error()) ?? "", /no output of the model holds one score per class/i);
    await playground.choose("Picture", NOTHING);
    await page.getByLabel("What it does").selectOption("detection");
    await playground.settled();
    assert.match((await playground.error()) ?? "", /finds nothing on this picture.*lower confidence/);
    assert.deepEqual(playground.problems, []);
  });
});
