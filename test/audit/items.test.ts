import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
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

test("a Parquet list is read as a CSV one", async () => {
  const root = await tree();
  const list = join(root, "list.parquet");
  const column = (name: string, data: (string | null)[]) => ({ name, data, type: "STRING" as const, nullable: true });
  const columnData = [
    column("file", ["dog/c.webp", "Tiger_Cat/a.png"]),
    column("class", ["dog", null]),
    column("mask", [null, "masks/a.png"]),
  ];
  await writeFile(list, new Uint8Array(parquetWriteBuffer({ columnData })));
  assert.deepEqual(await findItems(list, labels), [
    { path: "Tiger_Cat/a.png", file: join(root, "Tiger_Cat/a.png"), truth: undefined, mask: join(root, "masks/a.png") },
    { path: "dog/c.webp", file: join(root, "dog/c.webp"), truth: "dog", mask: undefined },
  ]);
});

test("ImageNet's folders are classes in the order of their ids, where all are there or a list names them", async () => {
  const root = await folder();
  const picture = async (file: string) => {
    await mkdir(join(root, file, ".."), { recursive: true });
    await writeFile(join(root, file), "");
  };
  const truths = async (source: string) => (await findItems(source, labels)).map(({ truth }) => truth);
  await picture("val/n02084071/1.JPEG");
  assert.deepEqual(await truths(join(root, "val")), [undefined], "one of two ids does not say which");
  await writeFile(join(root, "LOC_synset_mapping.txt"), "n02123159 tiger cat\nn02084071 dog, domestic dog\n");
  assert.deepEqual(await truths(join(root, "val")), ["dog"]);
  await rm(join(root, "LOC_synset_mapping.txt"));
  await picture("val/n02123159/2.JPEG");
  assert.deepEqual(await truths(join(root, "val")), ["tiger cat", "dog"], "ids sorted: n02084071 is the first class");
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
