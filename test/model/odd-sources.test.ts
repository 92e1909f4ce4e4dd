import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testClaim } from "../../src/evaluate/claim.js";
import { compare } from "../../src/evaluate/compare.js";
import { boxRegion } from "../../src/evaluate/region.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { savedModel, tinyCnn } from "../support/models.js";

let model: Model;
before(async () => {
  model = await loadModel(savedModel(tinyCnn()), { preprocess: { mean: 0.5, std: 0.25 } });
});
after(() => model.close());

const picture = { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 };
const entrances: Record<string, (source: never) => Promise<unknown>> = {
  predict: (source) => model.predict(source),
  prepare: (source) => model.prepare(source),
  explain: (source) => explain(model, source, { method: "recipro-cam" }),
  compare: (source) => compare(model, source, { methods: ["recipro-cam"] }),
  testClaim: (source) => testClaim(model, source, boxRegion({ x: 0, y: 0, width: 0.5, height: 0.5 }, model.info.input)),
};

/** Every entrance refuses a source, explain's lists aside. */
async function refused(source: unknown, code: string, message: RegExp, but: readonly string[] = []): Promise<void> {
  for (const [name, enter] of Object.entries(entrances)) {
    if (!but.includes(name))
      await assert.rejects(enter(source as never), { name: "SightlineError", code, message }, name);
  }
}

test("nothing, or another kind of value, is no picture", async () => {
  await refused(null, "bad-image", /^not a picture: null: expected a path/);
  await refused(undefined, "bad-image", /^not a picture: undefined/);
  await refused(7, "bad-image", /^not a picture: a number/);
  await refused({}, "bad-image", /^not a picture: an object/);
  await refused({ tensor: null, picture: null }, "shape-mismatch", /the prepared image/);
});

test("a list goes to explain alone", async () => {
  await refused([picture, picture], "bad-image", /^not a picture: a list of 2: .*; explain takes a list/, ["explain"]);
  assert.equal((await explain(model, [picture, picture], { method: "recipro-cam" })).length, 2);
  await refused([[picture]], "bad-image", /^not a picture: a list of 1/);
});

test("what only has to be unpacked comes with the next step", async () => {
  await refused(Promise.resolve("cat.png"), "bad-image", /await the promise$/);
  await refused(new Blob(["x"]), "bad-image", /new Uint8Array\(await it\.arrayBuffer\(\)\)$/);
  await refused({ image: picture, label: "cat" }, "bad-image", /pass its image$/);
});

test("a batch of inputs goes to model.run alone", async () => {
  const batch = { data: new Float32Array(2 * 3 * 32 * 32), dims: [2, 3, 32, 32] };
  await refused(batch, "shape-mismatch", /pass one picture; model\.run takes a batch$/);
  assert.deepEqual((await model.run(batch)).dims, [2, 5]);
  const flat = { data: new Float32Array(3 * 32 * 32), dims: [3, 32, 32] };
  await refused(flat, "shape-mismatch", /put a dimension of 1 before the others/);
});
