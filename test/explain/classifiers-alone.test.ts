import assert from "node:assert/strict";
import { test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import {
  boxRegion,
  compare,
  concepts,
  evaluate,
  loadModel,
  neighbours,
  pictureLibrary,
  recommend,
  relevantPictures,
  testClaim,
} from "../../src/index.js";
import type { Model } from "../../src/model/types.js";
import { GuessFirst, TestTheClaim } from "../../src/widgets/index.js";
import { BLOBS, blobDetector } from "../support/blob-detector.js";
import { fixture } from "../support/fixtures.js";
import { savedModel } from "../support/models.js";

const [{ image }] = classroom.pictures({ count: 1, seed: 1 });
const region = boxRegion({ x: 0, y: 0, width: 0.5, height: 0.5 }, { width: 64, height: 64 });

/** What asks for the class of a whole picture. */
const ASKED: Readonly<Record<string, (model: Model) => unknown>> = {
  compare: (model) => compare(model, image, { methods: ["gradient"] }),
  concepts: (model) => concepts(model, [image]),
  evaluate: (model) => evaluate(model, image, []),
  neighbours: (model) => neighbours(model, image, [image]),
  pictureLibrary: (model) => pictureLibrary(model, [image]),
  recommend: (model) => recommend(model, [image, image, image]),
  relevantPictures: (model) => relevantPictures(model, [image], { channel: 0 }),
  testClaim: (model) => testClaim(model, image, region),
  GuessFirst: (model) => new GuessFirst(model, image),
  TestTheClaim: (model) => new TestTheClaim(model, image, {} as never),
};

async function assertRefused(model: unknown, next: RegExp): Promise<void> {
  for (const [name, ask] of Object.entries(ASKED)) {
    const refusal = { code: "not-supported", message: next };
    await assert.rejects(async () => ask(model as Model), refusal, name);
  }
}

test("what asks for a picture's class sends a segmentation model to a classifier of one region", async () => {
  await using model = await loadModel(fixture("segmentation/shapes.onnx"), { task: "segmentation" });
  await assertRefused(model, /a segmentation model gives a whole picture no class.*regionAsClasses/s);
});

test("what asks for a picture's class sends a detector to a classifier of its boxes", async () => {
  const options = { labels: [...BLOBS], preprocess: { resize: "letterbox" as const }, threads: 1 };
  await using model = await loadModel(savedModel(blobDetector("head")), { task: "detection", ...options });
  await assertRefused(model, /a detector gives a whole picture no class.*boxesAsClasses/s);
});
