import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { type OpenedModel, openModel } from "../../src/browser/playground/open-model.js";
import { isSightlineError } from "../../src/core/errors.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { isDetector } from "../../src/model/detection/is-detector.js";
import { isSegmenter } from "../../src/model/segmentation/is-segmenter.js";
import { external, nested, promising } from "../support/hostile-models.js";
import { savedModel } from "../support/models.js";
import { PlaygroundSite } from "./playground-site.js";
import { ISOLATED } from "./site-support.js";
import { missingForBrowser, root } from "./support.js";

const FOLDERS = ["gradients", "grids"];
const PICTURES = ["chelsea.png", "coffee.png", "camera.png"];

describe("the playground, with models of many kinds", { skip: missingForBrowser(), timeout: 1_200_000 }, async () => {
  const site = new PlaygroundSite({ model: "efficientnet-lite0" });

  const picture = (i: number) => join(root, "notebooks/images", PICTURES[i % PICTURES.length]);

  for (const fixtures of FOLDERS) {
    for (const name of (await readdir(join(root, "test/fixtures", fixtures))).filter((each) =>
      each.endsWith(".onnx"),
    )) {
      test(`${name} says and looks at what it does in Node`, async () => {
        await using playground = await site.open();
        const path = join(root, "test/fixtures", fixtures, name);
        await playground.drop([path, picture(name.length)]);
        await using model = await loadModel(path);
        await playground.agrees(model, picture(name.length));
      });
    }
  }

  test("visitors' files of many kinds: the page says of each what Node says", { timeout: 900_000 }, async (context) => {
    const coffee = picture(1);
    await using playground = await site.open();
    const paths = await visitorsFiles();
    assert.ok(paths.length >= 20, `${paths.length} files`);
    for (const path of paths) {
      await playground.drop([path, coffee]);
      const said = await playground.error();
      const expected = await inNode(path, coffee);
      const found = said ? "" : await playground.page.locator(".pg-found dl").first().innerText();
      const assumed = await playground.page.locator(".pg-found:visible .sl-notice").allInnerTexts();
      const outcome = said ?? `${(await playground.map()).method}, ${(await playground.predictions())[0].label}`;
      const line = [basename(path), found.replace(/\s+/g, " "), assumed.join(" "), outcome].join(" | ");
      context.diagnostic(line);
      if (typeof expected === "string") {
        assert.ok(said, `${basename(path)} is refused in Node: ${expected}`);
        assert.ok(wordsOf(said).startsWith(wordsOf(expected).slice(0, 40)), `${basename(path)}: ${said}\n${expected}`);
        continue;
      }
      assert.equal(said, undefined, basename(path));
      if (isDetector(expected)) await playground.agreesOnObjects(await expected.detect(coffee));
      else if (isSegmenter(expected)) {
        const { areas } = await expected.segment(coffee);
        const seen = (await playground.predictions()).map(({ label }) => label);
        assert.deepEqual(
          seen,
          areas.slice(0, seen.length).map(({ label }) => label),
        );
        await playground.agreesOnMap(await explain(expected, coffee, { preset: "speed" }), ROUNDED);
      } else await playground.agrees(expected, coffee, {}, ROUNDED);
      await expected.close();
    }
  });

  for (const [name, headers] of [
    ["without headers", {}],
    ["isolated", ISOLATED],
  ] as const) {
    test(`the site's EfficientNet-Lite0 is there to begin with, ${name}`, async () => {
      await using playground = await site.open({ headers, path: "playground/" });
      await playground.page.getByLabel("Model", { exact: true }).selectOption({ label: OFFER });
      await playground.settled();
      await using model = await loadModel("efficientnet-lite0");
      await playground.agrees(model, picture(2));
    });
  }
});

const OFFER = "EfficientNet-Lite0, ImageNet (ILSVRC 2012), 224 × 224 (19 MB)";

/** Sums of integers and half floats round differently. */
const ROUNDED = 1e-3;

/** What the page offers no settings for is refused in the same words; they begin with the file's path in Node. */
const wordsOf = (message: string) => message.replace(/'[^']*\/([^/']+)'/g, "'$1'").toLowerCase();

/** Models that visitors may bring: by several exporters, quantised, of several outputs, detectors, broken; one that finds areas. */
async function visitorsFiles(): Promise<string[]> {
  const fixtures = ["quantised", "recipes", "gradients", "segmentation"];
  const paths: string[] = [];
  for (const folder of fixtures) {
    const names = (await readdir(join(root, "test/fixtures", folder))).filter((name) => name.endsWith(".onnx"));
    paths.push(...names.sort().map((name) => join(root, "test/fixtures", folder, name)));
  }
  const broken = {
    "outside.onnx": external("weights.data"),
    "nested.onnx": nested(5000),
    "promising.onnx": promising(),
  };
  for (const [name, model] of Object.entries(broken)) paths.push(savedModel(model, name));
  return paths;
}

/** The model, taken for what the page takes it for, if it can be loaded and explained here; else what is said instead. */
async function inNode(path: string, image: string): Promise<OpenedModel | string> {
  try {
    const model = await openModel(path, {});
    if (isDetector(model)) await explain(model, image, { preset: "speed", targets: { box: 0 } });
    else if (isSegmenter(model)) await explain(model, image, { preset: "speed" });
    else await explain(model, image, { preset: "speed" });
    return model;
  } catch (error) {
    assert.ok(isSightlineError(error), String(error));
    return error.message;
  }
}
