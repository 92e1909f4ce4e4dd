import assert from "node:assert/strict";
import { test } from "node:test";
import { mapNotes } from "../../src/explain/map-notes.js";

const target = (index: number, label: string) => ({ index, label, probability: 0.5 });
const map = (...values: number[]) => ({ data: Float32Array.from(values) });
const notes = (...maps: ReturnType<typeof map>[]) =>
  mapNotes(
    maps,
    maps.map((_, i) => target(i, ["cat", "dog"][i])),
  );

test("a map that tells places apart needs no words", () => {
  assert.deepEqual(notes(map(0, 1, 2, 3)), []);
  assert.deepEqual(notes(map(-1, 1, -1, 1)), []);
  assert.deepEqual(notes(map(0, 0, 0, 1)), []);
  assert.deepEqual(notes(map(5)), []);
});

test("a constant map shows nothing, zero or not", () => {
  assert.deepEqual(notes(map(0, 0, 0)), ["the map is zero everywhere: it shows nothing"]);
  assert.deepEqual(notes(map(2, 2, 2)), ["the map is the same everywhere: it shows nothing"]);
  assert.deepEqual(mapNotes([map(1e-16, -1e-17, 0)], [target(0, "cat")], 1e-9), [
    "the map is zero everywhere: it shows nothing",
  ]);
  assert.deepEqual(notes(map(1e-16, -1e-17, 0)), []);
});

test("a map near its maximum everywhere says so, and one near its minimum", () => {
  const high = Array.from({ length: 20 }, (_, i) => (i === 0 ? 0 : 0.93 + i / 1000));
  assert.deepEqual(notes(map(...high)), [
    "the map is near its maximum on 95 % of the picture: it hardly tells places apart",
  ]);
  assert.deepEqual(notes(map(...high.map((value) => -value))), [
    "the map is near its minimum on 95 % of the picture: it hardly tells places apart",
  ]);
  assert.deepEqual(notes(map(...high.slice(0, 6))), []);
});

test("of several maps each is named; one map of all classes is spoken of once", () => {
  assert.deepEqual(notes(map(1, 2), map(3, 3)), ["the map of dog is the same everywhere: it shows nothing"]);
  const shared = map(3, 3);
  assert.deepEqual(notes(shared, shared), ["the map is the same everywhere: it shows nothing"]);
});
