import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid } from "../../src/core/uuid.js";

test("identifiers are random and say their version", () => {
  const made = Array.from({ length: 500 }, uuid);
  assert.equal(new Set(made).size, 500);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
