import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inverse, Matrix } from "ml-matrix";
import { runSync } from "../../../../src/core/cooperative.js";
import { random } from "../../../../src/core/random.js";
import { pearson } from "../../../../src/core/statistics.js";
import type { RawImage } from "../../../../src/image/types.js";
import { BalancedDesign } from "../../../../src/methods/black-box/gp-rise/balanced-design.js";
import { gpRise } from "../../../../src/methods/black-box/gp-rise/gp-rise.js";
import { placeKernel } from "../../../../src/methods/black-box/gp-rise/place-kernel.js";
import { analyticSubject } from "../../../support/analytic-subject.js";

const SIDE = 56;
const within = (x: number, y: number) => x >= 30 && x < 44 && y >= 10 && y < 24;

/** A red square on grey. */
const picture: RawImage = {
  data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const p = Math.floor(i / 3);
    if (!within(p % SIDE, Math.floor(p / SIDE))) return 110;
    return i % 3 === 0 ? 220 : 30;
  }),
  width: SIDE,
  height: SIDE,
};

/** Class 0 counts the square's pixels, class 1 the others, class 2 sees nothing, class 3 is deaf to masks. */
function squareSubject(seed = 0) {
  const noise = random(99);
  return analyticSubject({
    width: SIDE,
    height: SIDE,
    pixels: picture,
    targets: [0, 1, 2, 3],
    seed,
    score(image) {
      let inside = 0;
      let outside = 0;
      image.forEach((value, p) => {
        if (within(p % SIDE, Math.floor(p / SIDE))) inside += value;
        else outside += value;
      });
      return [inside / 196, 0.3 - outside / 6000, 0.5 + 0.1 * noise.normal(), 0.25];
    },
  });
}

describe("gp-rise", () => {
  it("finds a square of its own colour, with the opposite sign where showing it costs", async () => {
    const { maps } = await gpRise.explain(squareSubject(), { ...gpRise.defaults, masks: 300 });
    const truth = Float32Array.from(maps[0].data, (_, i) => (within(i % 56, Math.floor(i / 56)) ? 1 : 0));
    assert.ok(pearson(maps[0].data, truth) > 0.93, `correlation ${pearson(maps[0].data, truth)}`);
    assert.ok(pearson(maps[1].data, truth) > 0.5);
    assert.ok(maps[1].data.filter((value) => value < 0).length > 2000);
    const total = maps[0].data.reduce((sum, value) => sum + value, 0) / 4;
    assert.ok(Math.abs(total - 1) < 0.1, `values add up to the whole effect, 1, not ${total}`);
  });

  it("is the posterior that its definition gives by plain linear algebra", async () => {
    const masks = 24;
    const subject = squareSubject(5);
    const { maps } = await gpRise.explain(subject, { ...gpRise.defaults, masks });
    const design = new BalancedDesign(SIDE, SIDE, 8, random(5));
    const rows = Array.from({ length: masks }, (_, n) => {
      const blocks = Array.from(design.blocks(n >> 1));
      return blocks.map((value) => (n % 2 === 0 ? value : -value) / 28);
    });
    const again = squareSubject(5);
    const scores = await again.masked({
      base: { data: new Float32Array(SIDE * SIDE), dims: [1, 1, SIDE, SIDE] },
      delta: again.input,
      count: masks,
      masks: design.separable(0, masks),
    });
    const y = Array.from({ length: masks }, (_, n) => scores.data[n * 4]);
    const mean = y.reduce((sum, v) => sum + v, 0) / masks;
    const deviation = Math.sqrt(y.reduce((sum, v) => sum + (v - mean) ** 2, 0) / masks);
    const standard = Matrix.columnVector(y.map((value) => (value - mean) / deviation));
    const m = new Matrix(rows);
    const options = { reach: 1 / 7, colourReach: 20 };
    const k = new Matrix(runSync(placeKernel(picture, 28, options)).map((row) => Array.from(row)));
    const g = m.mmul(k).mmul(m.transpose());
    const scale = masks / g.trace();
    g.mul(scale);
    const places = Array.from({ length: 60 }, (_, i) => i * 52);
    const fine = runSync(placeKernel(picture, 56, options));
    const cross = new Matrix(places.map((p) => Array.from(fine[p]))).mmul(m.transpose());
    const posterior = (r: number) => {
      const inverted = inverse(Matrix.add(g, Matrix.eye(masks).mul(r)));
      return cross
        .mmul(inverted)
        .mmul(standard)
        .mul((scale * deviation) / 28)
        .to1DArray();
    };
    const errors = Array.from({ length: 21 }, (_, i) => {
      const expected = posterior(10 ** (-3 + i / 4));
      return Math.max(...expected.map((value, i) => Math.abs(value - maps[0].data[places[i]]))) / Math.max(...expected);
    });
    assert.ok(Math.min(...errors) < 1e-4, `nearest posterior is off by ${Math.min(...errors)}`);
  });

  it("says low signal where the score is noise or does not move, and only there", async () => {
    const { maps, artifacts, notes = [] } = await gpRise.explain(squareSubject(), { ...gpRise.defaults, masks: 200 });
    assert.equal(notes.length, 2);
    assert.match(notes[0], /^low signal for class 2: .*noise/);
    assert.match(notes[1], /^low signal for class 3: .*hardly move/);
    assert.ok(maps[3].data.every((value) => value === 0));
    assert.deepEqual(
      artifacts?.map(({ target }) => target),
      [0, 1, 2],
    );
    assert.equal(artifacts?.[0].data, maps[0].uncertainty);
  });

  it("is surer with more masks", async () => {
    const mean = (data: Float32Array) => data.reduce((sum, value) => sum + value, 0) / data.length;
    const few = await gpRise.explain(squareSubject(), { ...gpRise.defaults, masks: 40 });
    const many = await gpRise.explain(squareSubject(), { ...gpRise.defaults, masks: 400 });
    const [before, after] = [few.maps[0].uncertainty, many.maps[0].uncertainty];
    assert.ok(before && after);
    assert.ok(after.every((value) => value >= 0 && Number.isFinite(value)));
    assert.ok(mean(after) < mean(before) * 0.8, `${mean(after)} against ${mean(before)}`);
  });

  it("uses as many passes as it says, for any number of classes, and the same seed gives the same bits", async () => {
    const subject = squareSubject(3);
    const options = { ...gpRise.defaults, masks: 101 };
    const first = await gpRise.explain(subject, options);
    assert.equal(subject.passes, gpRise.cost(options).forward);
    assert.equal(subject.passes, 102);
    const second = await gpRise.explain(squareSubject(3), options);
    assert.deepEqual(first.maps[0].data, second.maps[0].data);
    const third = await gpRise.explain(squareSubject(4), options);
    assert.notDeepEqual(first.maps[0].data, third.maps[0].data);
  });

  it("draws each grid half shown and with its opposite", () => {
    const design = new BalancedDesign(30, 40, 6, random(1));
    design.draw(20);
    for (let pair = 0; pair < 10; pair++) {
      const [one, other] = [design.grids[2 * pair], design.grids[2 * pair + 1]];
      assert.equal(
        one.reduce((sum, v) => sum + v, 0),
        18,
      );
      assert.ok(one.every((shown, i) => shown + other[i] === 1));
    }
  });

  it("refuses options out of range by name", async () => {
    for (const [wrong, message] of [
      [{ masks: 1 }, /gp-rise cannot use masks 1/],
      [{ masks: 5000 }, /masks 5000: expected a whole number from 2 to 4000; rise takes more/],
      [{ cells: 1 }, /cells 1/],
      [{ reach: 0 }, /reach 0/],
      [{ colourReach: Number.NaN }, /colourReach NaN/],
    ] as const) {
      await assert.rejects(gpRise.explain(squareSubject(), { ...gpRise.defaults, ...wrong }), {
        code: "bad-config",
        message,
      });
    }
  });
});
