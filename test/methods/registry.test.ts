import assert from "node:assert/strict";
import { test } from "node:test";
import { METHODS, methods } from "../../src/methods/registry.js";

test("every method has three presets, each with the passes it costs, and a better one never costs less", () => {
  assert.deepEqual(
    methods().map(({ name }) => name),
    Object.keys(METHODS),
  );
  for (const { name, presets, mode } of methods()) {
    const { speed, balance, quality } = presets;
    for (const kind of ["forward", "backward"] as const) {
      const costs = [speed[kind], balance[kind], quality[kind]];
      assert.ok(
        costs.every((cost) => Number.isInteger(cost) && cost >= 0),
        `${name}: ${kind} ${costs}`,
      );
      assert.deepEqual(
        [...costs].sort((a, b) => a - b),
        costs,
        `${name}: ${kind} ${costs}`,
      );
    }
    if (mode === "black-box") assert.equal(quality.backward, 0, name);
    assert.ok(speed.forward + speed.backward > 0, name);
  }
});

test("black-box methods cost what their definitions say", () => {
  const costs = methods().flatMap(({ name, presets }) => {
    const { speed, balance, quality } = presets;
    return [[name, [speed.forward, balance.forward, quality.forward]] as const];
  });
  const table = Object.fromEntries(costs);
  assert.deepEqual(table.rise, [1000, 5000, 10_000]);
  assert.deepEqual(table["gp-rise"], [300, 1000, 2000]);
  assert.deepEqual(table.aise, [120, 300, 500]);
  assert.deepEqual(table["recipro-cam"], [1, 1, 1]);
  assert.equal(table["score-cam"][1], 512);
});
