import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { caseOf } from "../../src/explain/cases.js";
import { methods } from "../../src/methods/registry.js";
import { isDetector } from "../../src/model/detection/is-detector.js";
import type { DetectionModel } from "../../src/model/detection/types.js";
import type { Model, Prediction } from "../../src/model/types.js";
import { testPictures } from "./method-pictures.js";
import { COLLECTIONS, type Collection, entries, loadCollection, webp } from "./methods.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = `${root}test/gallery/methods/`;
const collections = Object.keys(COLLECTIONS) as (keyof typeof COLLECTIONS)[];

test("every method has a picture of each case, and no other pictures are kept", () => {
  assert.deepEqual(
    entries.map(({ method }) => method),
    methods().map(({ name }) => name),
  );
  const expected = entries.flatMap((entry) =>
    COLLECTIONS[entry.collection].pictures.map((picture) => webp(entry, picture)),
  );
  const kept = readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".webp"));
  assert.deepEqual(kept.map(String).sort(), expected.sort());
});

test("a collection shows the right, the unsure, the wrong and the torn", () => {
  for (const name of collections) {
    const cases = COLLECTIONS[name].pictures.map((picture) => picture.case);
    assert.deepEqual(cases.slice(0, 4), [
      "true positive, high confidence",
      "true positive, low confidence",
      "false positive, high confidence",
      "mixed predictions",
    ]);
    assert.ok(cases[4] === "mixed predictions" || cases[4] === "missed class", cases[4]);
    assert.ok(COLLECTIONS[name].pictures.every(({ file }) => existsSync(root + file)));
  }
});

for (const name of collections) {
  test(`each picture of the ${name} is the case that it stands for`, async () => {
    const home = process.cwd();
    process.chdir(root);
    try {
      await using model = await loadCollection(name);
      const { pictures }: Collection = COLLECTIONS[name];
      for (const picture of pictures) {
        const predictions = await predictionsOf(model, picture.file);
        assert.equal(caseOf(predictions, picture.truth), picture.case, picture.file);
      }
    } finally {
      process.chdir(home);
    }
  });
}

/** What a classifier says of a picture, or a detector of the box that it is surest of. */
async function predictionsOf(model: Model | DetectionModel, picture: string): Promise<Prediction[]> {
  if (!isDetector(model)) return [...(await model.predict(picture, { top: 10 }))];
  const [{ probabilities }] = await model.detect(picture);
  return [...(probabilities ?? [])]
    .map((probability, index) => ({ index, label: model.labels[index], probability }))
    .sort((a, b) => b.probability - a.probability);
}

// what costs a few passes is drawn again here, on one picture; everything in the long lane
testPictures(
  entries.filter(({ passes, collection }) => passes <= 2 && collection === "photographs"),
  "chelsea.png",
);
testPictures(entries.filter(({ passes, collection }) => passes <= 2 && collection !== "photographs"));
