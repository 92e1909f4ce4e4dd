import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Tensor } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import type { PreprocessFunction } from "../../src/model/preprocess.js";
import { savedModel, tinyCnn } from "../support/models.js";

const SIDE = 32;
const PLACES = SIDE * SIDE;

/** Red on the left, blue on the right. */
const picture: RawImage = {
  data: Uint8Array.from({ length: PLACES * 3 }, (_, i) => {
    const left = Math.floor(i / 3) % SIDE < SIDE / 2;
    return (left ? [220, 40, 30] : [20, 40, 230])[i % 3];
  }),
  width: SIDE,
  height: SIDE,
};
const planes = (change: (value: number, place: number) => number): PreprocessFunction => {
  return ({ data }) => ({
    data: Float32Array.from({ length: 3 * PLACES }, (_, i) => {
      const place = i % PLACES;
      return change(data[3 * place + Math.floor(i / PLACES)], place);
    }),
    dims: [1, 3, SIDE, SIDE],
  });
};
const gamma = planes((value) => (value / 255) ** 2.2);
const equalised: PreprocessFunction = (image) => {
  const { data, dims } = planes((value) => value)(image) as Tensor;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  return { data: data.map((value) => (value - mean) / deviation), dims };
};
const vignette = planes((value, place) => (value / 255) * (1 - (place % SIDE) / SIDE));
const open = (preprocess: PreprocessFunction) => loadModel(savedModel(tinyCnn()), { preprocess });

describe("a preprocess function that does more than scale colours", () => {
  for (const [name, make] of Object.entries({ gamma, vignette })) {
    it(`fills with what it makes of plain pictures (${name})`, async () => {
      await using model = await open(make);
      for (const level of [0, 128, 255]) {
        const plain = { data: new Uint8Array(PLACES * 3).fill(level), width: SIDE, height: SIDE };
        assert.deepEqual(model.fill([level, level, level]).data, ((await make(plain)) as Tensor).data);
      }
      for (const method of ["integrated-gradients", "gp-rise", "lime", "xrai", "expected-gradients"] as const) {
        const e = await explain(model, picture, { method, preset: "speed" });
        const { data } = e.map();
        assert.ok(data.every(Number.isFinite) && data.some((value) => value !== data[0]), `${method} has a map`);
      }
    });
  }

  it("keeps the picture's colours for methods that look at them", async () => {
    await using model = await open(gamma);
    assert.deepEqual((await model.pixels(await model.prepare(picture))).data, picture.data);
  });

  it("says of which colours it makes nothing, and other fills still work", async () => {
    await using model = await open(equalised);
    assert.throws(() => model.fill([0, 0, 0]), {
      code: "not-supported",
      message: /makes no input of a plain picture \(0,0,0\)/,
    });
    await assert.rejects(explain(model, picture, { method: "integrated-gradients" }), { code: "not-supported" });
    const e = await explain(model, picture, { method: "integrated-gradients", baseline: "blur", steps: 8 });
    assert.ok(e.map().data.some((value) => value !== 0));
  });

  it("predicts from tensors, which it shows in grey", async () => {
    await using model = await open(gamma);
    const { tensor } = await model.prepare(picture);
    const prepared = await model.prepare({ data: tensor.data.slice(), dims: tensor.dims });
    assert.match(prepared.picture.notes[0], /shown in grey/);
    const { data } = prepared.picture.image;
    assert.deepEqual(new Set(data), new Set([0, 255]));
    assert.deepEqual(await model.predict(tensor), await model.predict(picture));
    const changed = {
      ...(await model.prepare(picture)),
      tensor: { data: tensor.data.map((v) => 1 - v), dims: tensor.dims },
    };
    assert.notDeepEqual((await model.pixels(changed)).data, picture.data);
  });

  it("takes models of other channels", async () => {
    const rgba = tinyCnn();
    await using model = await loadModel(savedModel(rgba), { preprocess: planes((value) => value / 127.5 - 1) });
    assert.deepEqual((await model.pixels(await model.prepare(picture))).data, Uint8ClampedArray.from(picture.data));
  });
});
