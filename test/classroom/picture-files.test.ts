import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { decodeImage } from "../../src/image/decode.js";

const list = classroom.pictures({ count: 5, seed: 2, labels: ["boat", "fish"] });

test("pictures are saved class by class, without loss, numbered in their order", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-classroom-"));
  t.after(() => rm(folder, { recursive: true }));
  const paths = await classroom.save(list, join(folder, "new", "pictures"));
  const expected = list.map(({ label }, i) => join("new", "pictures", label, `00${i}.png`));
  assert.deepEqual(
    paths.map((path) => relative(folder, path)),
    expected,
  );
  for (const [i, path] of paths.entries()) {
    assert.deepEqual(Buffer.from((await decodeImage(path)).image.data), Buffer.from(list[i].image.data));
  }
});

test("a sheet shows the pictures in rows, twice as large", async () => {
  const bundle = await classroom.sheet(list, { columns: 3 })[displaySymbol]();
  assert.match(String(bundle["text/plain"]), /^5 pictures: boat|^5 pictures: fish/);
  const one = await classroom.sheet(list.slice(0, 1))[displaySymbol]();
  assert.match(String(one["text/plain"]), /^1 picture: /);
  const { image } = await decodeImage(new Uint8Array(Buffer.from(String(bundle["image/png"]), "base64")));
  assert.deepEqual([image.width, image.height], [3 * 132 - 4, 2 * 132 - 4]);
  const at = (x: number, y: number) => [
    ...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
  ];
  assert.deepEqual(at(132 + 21, 40), [...list[1].image.data.subarray((20 * 64 + 10) * 3, (20 * 64 + 10) * 3 + 3)]);
  assert.deepEqual(at(130, 10), [255, 255, 255], "white between them");
  assert.deepEqual(at(image.width - 1, image.height - 1), [255, 255, 255], "the last place is empty");
  assert.throws(() => classroom.sheet(list, { columns: 0 }), { code: "bad-config" });
});
