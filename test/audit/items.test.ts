import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findItems } from "../../src/audit/items.js";
import { folder } from "./pictures.js";

const labels = ["tiger cat", "dog"];

async function tree(): Promise<string> {
  const root = await folder();
  for (const file of ["Tiger_Cat/b.JPG", "Tiger_Cat/a.png", "dog/c.webp", "dog/readme.txt", "other/d.png"]) {
    await mkdir(join(root, file, ".."), { recursive: true });
    await writeFile(join(root, file), "");
  }
  return root;
}

test("a folder tree gives its pictures, sorted, with the folder's name as truth where it is a class", async () => {
  const items = await findItems(await tree(), labels);
  assert.deepEqual(
    items.map(({ path, truth }) => [path, truth]),
    [
      ["Tiger_Cat/a.png", "tiger cat"],
      ["Tiger_Cat/b.JPG", "tiger cat"],
      ["dog/c.webp", "dog"],
      ["other/d.png", undefined],
    ],
  );
});

test("folders that must be classes and are not are named", async () => {
  await assert.rejects(findItems(await tree(), labels, { truth: "folders" }), {
    code: "bad-labels",
    message: /the folder 'other' is no class of the model/,
  });
});

test("globs: * stays in a folder, ** crosses them, {a,b} are alternatives", async () => {
  const root = await tree();
  const paths = async (glob: string) => (await findItems(join(root, glob), labels)).map(({ path }) => path);
  assert.deepEqual(await paths("*/*.png"), ["Tiger_Cat/a.png", "other/d.png"]);
  assert.deepEqual(await paths("**/*.{webp,png}"), ["Tiger_Cat/a.png", "dog/c.webp", "other/d.png"]);
  assert.deepEqual(await paths("**/[ab].*"), ["Tiger_Cat/a.png", "Tiger_Cat/b.JPG"]);
  await assert.rejects(paths("*.png"), { code: "file-not-found" });
});

test("a CSV list gives paths beside it, labels and masks", async () => {
  const root = await tree();
  const list = join(root, "list.csv");
  await writeFile(list, 'path,label,mask\ndog/c.webp,"dog",\nTiger_Cat/a.png,tiger cat|dog,m.png\n');
  const items = await findItems(list, labels);
  assert.deepEqual(
    items.map(({ path, truth, mask }) => [path, truth, mask]),
    [
      ["Tiger_Cat/a.png", "tiger cat|dog", join(root, "m.png")],
      ["dog/c.webp", "dog", undefined],
    ],
  );
  assert.equal(items[1].file, join(root, "dog/c.webp"));
});

test("labels of a list go to the pictures of a folder", async () => {
  const root = await tree();
  const list = join(root, "labels.csv");
  await writeFile(list, "path,label\nother/d.png,dog\n");
  const items = await findItems(root, labels, { truth: list });
  assert.equal(items.find(({ path }) => path === "other/d.png")?.truth, "dog");
  assert.equal(items.find(({ path }) => path === "dog/c.webp")?.truth, undefined);
});

test("what is not there, or has no paths, is said", async () => {
  await assert.rejects(findItems("/no/such/folder", labels), { code: "file-not-found", message: /there is no folder/ });
  await assert.rejects(findItems(await folder(), labels), { code: "file-not-found", message: /no pictures in/ });
  const list = join(await folder(), "list.csv");
  await writeFile(list, "name,label\na.png,dog\n");
  await assert.rejects(findItems(list, labels), { code: "bad-data", message: /no column of paths/ });
});
