import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { pictures } from "#platform/pictures";
import { classroom } from "../../src/classroom/index.js";
import type { DetectionModel, Explanation, Model, Prediction } from "../../src/index.js";
import { blobDetector, blobPicture } from "../support/blob-detector.js";
import { fixture } from "../support/fixtures.js";
import { blocksOf, codeBlocks } from "../support/markdown.js";
import { promisedLines, runCode } from "../support/run-code.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const fixtures = `${root}test/fixtures/recipes/`;
const page = (name: string) => `docs/how-to/${name}.md`;
const answers: Record<string, { code: string; probabilities: number[] }> = JSON.parse(
  await readFile(`${fixtures}answers.json`, "utf8"),
);

/** Recipes with their page and heading; the model's file is named in the code that loads it. */
const CLASSIFIERS = ["PyTorch", "Keras", "scikit-learn", "Ultralytics", "OpenVINO", "Hugging Face"];

const home = process.cwd();
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-recipes-"));
  await cp(fixtures, folder, { recursive: true });
  await writeFile(join(folder, "labels.txt"), "red\ngreen\nblue\n");
  await writeFile(join(folder, "blobs.onnx"), blobDetector("head"));
  const blobs = blobPicture([{ x: 40, y: 40, radius: 12, colour: "red" }]);
  await writeFile(join(folder, "blobs.png"), await pictures.encode(blobs, { format: "png" }));
  await cp(fixture("segmentation/shapes.onnx"), join(folder, "shapes.onnx"));
  const [{ image: star }] = classroom.pictures({ count: 1, seed: 77, labels: ["star"] });
  await writeFile(join(folder, "star.png"), await pictures.encode(star, { format: "png" }));
  process.chdir(folder);
});

after(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

describe("recipes for other tools' models", () => {
  for (const [name, { code }] of Object.entries(answers)) {
    it(`${name}: the fixture was exported by the code on the page (test/fixtures/recipes/make.py)`, async () => {
      const [file, heading] = name === "Ultralytics detector" ? ["detectors", "Detectors"] : ["own-model", name];
      const [python] = codeBlocks(page(file), heading);
      assert.equal(createHash("sha256").update(python).digest("hex"), code);
    });
  }

  for (const name of CLASSIFIERS) {
    it(`${name}: the page's code answers what the tool answers, and explains it`, async () => {
      const [, typescript] = codeBlocks(page("own-model"), name);
      const expected = answers[name].probabilities;
      const picture = /predict\("(.*?)"/.exec(typescript)![1];
      await runCode(typescript, {}, ["model", "first", "explanation"], async (values) => {
        const { model, first, explanation } = values as { model: Model; first: Prediction; explanation: Explanation };
        for (const { index, probability } of await model.predict(picture, { top: expected.length })) {
          assert.ok(Math.abs(probability - expected[index]) < 5e-5, `${index}: ${probability}, not ${expected[index]}`);
        }
        assert.equal(first.index, expected.indexOf(Math.max(...expected)));
        const { data } = explanation.map();
        assert.ok(data.every(Number.isFinite) && new Set(data).size > 1, "a map that is not flat");
      });
    });
  }

  it("what to check first runs", async () => {
    const [code] = codeBlocks(page("own-model"), "What to check first");
    assert.equal((await runCode(code)).length, 3);
  });
});

describe("detectors", () => {
  it("the page's code finds what Ultralytics finds", async () => {
    const [, code] = codeBlocks(page("detectors"), "Detectors");
    const expected = Math.max(...answers["Ultralytics detector"].probabilities);
    await runCode(code, {}, ["detector"], async ({ detector }) => {
      const [{ score }] = await (detector as DetectionModel).detect("picture.png");
      assert.ok(Math.abs(score - expected) < 5e-5, `${score}, not ${expected}`);
    });
  });

  it("a box is explained, and the code prints what it says", async () => {
    const [code] = codeBlocks(page("detectors"), "Why this box");
    assert.deepEqual(await runCode(code), promisedLines(code));
  });

  it("a class is explained where a segmentation model sees it, and the code prints what it says", async () => {
    const blocks = blocksOf(page("detectors")).filter(({ heading }) => heading === "Segmentation");
    for (const { code } of blocks.filter(({ language }) => language === "ts")) {
      assert.deepEqual(await runCode(code), promisedLines(code));
    }
  });
});
