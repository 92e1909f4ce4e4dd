import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Direct } from "../../../../src/methods/black-box/aise/direct-search.js";

function maximise(f: (point: number[]) => number, limit: number, axes = 2, epsilon = 1e-4) {
  const direct = new Direct({ axes, epsilon, limit });
  const seen: { point: number[]; value: number }[] = [];
  for (let points = direct.ask(); points.length > 0; points = direct.ask()) {
    const values = points.map(f);
    seen.push(...points.map((point, i) => ({ point, value: values[i] })));
    direct.tell(values);
  }
  return { seen, best: seen.reduce((a, b) => (b.value > a.value ? b : a)) };
}

test("the first points are the centre, then the thirds along each axis", () => {
  const { seen } = maximise(([x, y]) => x + y, 5);
  const expected = [
    [0.5, 0.5],
    [1 / 6, 0.5],
    [5 / 6, 0.5],
    [0.5, 1 / 6],
    [0.5, 5 / 6],
  ];
  seen.forEach(({ point }, i) => {
    assert.ok(Math.hypot(point[0] - expected[i][0], point[1] - expected[i][1]) < 1e-12, `${point}`);
  });
});

test("a smooth peak is found anywhere", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      (a, b) => {
        const { best } = maximise(([x, y]) => Math.exp(-8 * ((x - a) ** 2 + (y - b) ** 2)), 150);
        return Math.hypot(best.point[0] - a, best.point[1] - b) < 0.02;
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

test("Branin's minimum, 0.397887, is reached within 200 evaluations", () => {
  const branin = ([u, v]: number[]) => {
    const [x, y] = [15 * u - 5, 15 * v];
    const a = y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6;
    return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
  };
  const { best } = maximise((point) => -branin(point), 200);
  assert.ok(-best.value - 0.397887 < 0.01, `${-best.value}`);
});

test("exactly as many points are asked for as the limit allows, none twice, all inside", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 3 }), fc.integer(), (limit, axes, seed) => {
      const { seen } = maximise(
        (point) => Math.sin(seed + point.reduce((sum, x, i) => sum + (7 + i) * x, 0)),
        limit,
        axes,
      );
      assert.equal(seen.length, limit);
      assert.equal(new Set(seen.map(({ point }) => point.map((x) => x.toFixed(9)).join())).size, limit);
      assert.ok(seen.every(({ point }) => point.every((x) => x > 0 && x < 1)));
    }),
    { numRuns: 40, seed: 2 },
  );
});

test("a flat function is covered evenly", () => {
  const { seen } = maximise(() => 0, 81);
  const cells = new Set(seen.map(({ point: [x, y] }) => `${Math.floor(3 * x)} ${Math.floor(3 * y)}`));
  assert.equal(cells.size, 9);
});

test("a larger epsilon searches wider", () => {
  const peak = ([x, y]: number[]) => 1 - Math.hypot(x - 0.2, y - 0.3);
  const spread = (epsilon: number) => {
    const { seen } = maximise(peak, 100, 2, epsilon);
    return seen.filter(({ point: [x, y] }) => Math.hypot(x - 0.2, y - 0.3) > 0.3).length;
  };
  assert.ok(spread(0.1) > spread(1e-4), `${spread(0.1)} and ${spread(1e-4)}`);
});

test("values must belong to the points", () => {
  const direct = new Direct({ axes: 2, epsilon: 0.1, limit: 10 });
  direct.ask();
  assert.throws(() => direct.tell([1, 2]), RangeError);
});
