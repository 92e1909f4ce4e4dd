import assert from "node:assert/strict";
import { test } from "node:test";
import { readMaps } from "../../src/audit/shards/shard.js";
import { random } from "../../src/core/random.js";

/** Two maps of 2 × 3, as NumPy writes them. */
function file(shape = "(2, 2, 3)", descr = "<f4", values = 12): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  const data = Float32Array.from({ length: values }, (_, i) => i);
  return Uint8Array.from([
    0x93,
    ...Buffer.from("NUMPY"),
    1,
    0,
    118,
    0,
    ...Buffer.from(`${header}\n`, "latin1"),
    ...new Uint8Array(data.buffer),
  ]);
}

test("an audit's maps are read as they were written", () => {
  const { data, count, height, width } = readMaps(file());
  assert.deepEqual([count, height, width, data[11]], [2, 2, 3, 11]);
});

test("a damaged file, or another array, is an error and never maps of another size", () => {
  const whole = file();
  const bad: Uint8Array[] = [
    new Uint8Array(),
    whole.subarray(0, 5),
    whole.subarray(0, 60),
    whole.subarray(0, whole.length - 1),
    whole.subarray(0, whole.length - 4),
    Uint8Array.from([...whole, 0, 0, 0, 0]),
    file("(2, 2, 3)", "<f8", 24),
    file("(2, 6)"),
    file("(2, 3, 3)"),
    file("(-2, 2, 3)"),
    file("(99999999999, 99999999999, 99999999999)"),
    Uint8Array.from(whole, (byte, i) => (i === 1 ? 0x58 : byte)),
    Uint8Array.from(whole, (byte, i) => (i === 9 ? 0xff : byte)),
  ];
  for (const bytes of bad) assert.throws(() => readMaps(bytes), { name: "SightlineError", code: "bad-data" });
  const source = random(1);
  for (let n = 0; n < 3000; n++) {
    const changed = whole.slice(0, source.uniform() < 0.5 ? whole.length : source.integer(whole.length));
    for (let k = 0; k < 1 + source.integer(4) && changed.length; k++) {
      changed[source.integer(changed.length)] = source.integer(256);
    }
    try {
      const { data, count, height, width } = readMaps(changed);
      assert.equal(data.length, count * height * width);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "bad-data", String(error));
    }
  }
});
