import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pictures } from "../../src/classroom/pictures.js";
import { labels } from "../../src/classroom/shapes.js";
import { explain } from "../../src/explain/explain.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { METHODS } from "../../src/methods/registry.js";
import type { ZeroShotModel } from "../../src/model/types.js";
import { fixture } from "../support/fixtures.js";

const file = (name: string) => fixture(`zero-shot/clip/${name}`);

/** What a pair of encoders cannot have: a detector's boxes, maps that the file itself makes. */
const NOT_FOR_PAIRS = ["d-rise", "det-class-probability-map", "embedded"];

describe("every method explains a pair of encoders", () => {
  let model: ZeroShotModel;
  let image: RawImage;
  before(async () => {
    model = await loadModel({
      image: file("model.onnx"),
      tokenizer: file("tokenizer.json"),
      preprocessor: file("preprocessor_config.json"),
      labels,
    });
    [{ image }] = pictures({ count: 1, seed: 3000, labels: ["boat"] });
  });
  after(() => model.close());

  for (const name of Object.keys(METHODS)) {
    if (NOT_FOR_PAIRS.includes(name)) continue;
    it(name, async () => {
      const explanation = await explain(model, image, { method: name as "auto", preset: "speed" });
      const [{ index, label }] = explanation.targets;
      const { data } = explanation.map(index);
      assert.equal(label, "boat");
      assert.ok(data.every(Number.isFinite));
      assert.ok(Math.max(...data) > Math.min(...data), "the map is flat");
    });
  }

  it("and the others say why they cannot", () => {
    const refused = model.info.methods.filter(({ supported }) => !supported);
    assert.deepEqual(refused.map(({ method }) => method).sort(), NOT_FOR_PAIRS);
    for (const { reason } of refused) assert.ok(reason);
  });
});
