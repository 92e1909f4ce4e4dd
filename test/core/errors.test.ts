import assert from "node:assert/strict";
import { test } from "node:test";
import { checkKeys, closest, SightlineError } from "../../src/core/errors.js";

test("suggestions are the nearest words, and no word that is much farther than they", () => {
  const labels = ["tiger cat", "tiger", "lifeboat", "fireboat", "speedboat"];
  assert.deepEqual(closest("tigger cat", labels, 3), ["tiger cat"]);
  assert.deepEqual(closest("liveboat", labels, 3), ["lifeboat", "fireboat"]);
  assert.deepEqual(closest("xylophone", labels, 3), []);
});

test("unknown keys are refused with the names that are listed; aliases are taken and not listed", () => {
  checkKeys({ colorMap: 1 }, ["color_map"], "visualize", ["colorMap"]);
  assert.throws(
    () => checkKeys({ color_mop: 1 }, ["color_map", "type"], "visualize", ["colorMap"]),
    (error) =>
      error instanceof SightlineError &&
      error.code === "unknown-option" &&
      error.expected === "one of color_map, type" &&
      /color_map/.test(error.next ?? ""),
  );
});
