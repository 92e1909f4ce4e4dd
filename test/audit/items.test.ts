import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { findItems as findSource, type ItemOptions } from "../../src/audit/sources/find-items.js";
import type { SightlineError } from "../../src/core/errors.js";
import { folder } from "./pictures.js";

const labels = ["tiger cat", "dog"];

const findItems = async (source: string, classes: readonly string[], options?: ItemOptions) =>
  (await findSource(source, classes, options)).items;

/** A folder of empty files, or of one that is there already. */
async function filled(files: readonly string[], root?: string): Promise<string> {
  const base = root ?? (await folder());
  for (const file of files) {
    await mkdir(join(base, file, ".."), { recursive: true });
    await writeFile(join(base, file), "");
  }
  return base;
}

const tree = () => filled(["Tiger_Cat/b.JPG", "Tiger_Cat/a.png", "dog/c.webp", "dog/readme.txt", "other/d.png"]);

const pathsOf = async (source: string) => (await findItems(source, labels)).map(({ path }) => path);

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
    message: /the folder 'other' is not a class of the model/,
  });
});

test("globs: * stays in a folder, ** crosses them, {a,b} are alternatives", async () => {
  const root = await tree();
  const paths = async (glob: string) => (await findItems(join(root, glob), labels)).map(({ path }) => path);
  assert.deepEqual(await paths("*/*.png"), ["Tiger_Cat/a.png", "other/d.png"]);
  assert.deepEqual(await paths("**/*.{webp,png}"), ["Tiger_Cat/a.png", "dog/c.webp", "other/d.png"]);
  assert.deepEqual(await paths("**/[ab].*"), ["Tiger_Cat/a.png", "Tiger_Cat/b.JPG"]);
  for (const none of ["*.png", "**/[a.png", "**/{a.png"]) {
    await assert.rejects(paths(none), { code: "file-not-found", message: /no pictures/ });
  }
});

test("what is there is taken as it is called: a folder with wildcards in its name is no glob", async () => {
  const root = await filled(["ph [1]/dog/a.png", "ph 1/dog/b.png", "o*/c.png", "list.csv/d.png"]);
  assert.deepEqual(await pathsOf(join(root, "ph [1]")), ["dog/a.png"]);
  assert.deepEqual(await pathsOf(join(root, "o*")), ["c.png"]);
  assert.deepEqual(await pathsOf(join(root, "list.csv")), ["d.png"]);
  assert.deepEqual(await pathsOf(join(root, "ph [1]", "**/*.png")), ["dog/a.png"]);
  assert.deepEqual(await pathsOf(join(root, "ph [0-9]", "*/*.png")), ["ph 1/dog/b.png"]);
});

test("a picture's folder is its class, however the picture was asked for", async () => {
  const root = await filled(["dog/a.png", "dog/b.png"]);
  for (const source of ["dog/*.png", "*/*.png", "dog", "."]) {
    const items = await findItems(join(root, source), labels, { truth: "folders" });
    assert.deepEqual(
      items.map(({ truth }) => truth),
      ["dog", "dog"],
      source,
    );
  }
  await symlink(join(root, "dog"), join(root, "tiger-cat"));
  const [linked] = await findItems(join(root, "tiger-cat"), labels);
  assert.equal(linked.truth, "tiger cat");
});

test("links to folders are followed, each folder once, as what it is called where it lies", async () => {
  const root = await filled(["b/a.png", "b/deep/c.png"]);
  const elsewhere = await filled(["x/y.png"]);
  await symlink(join(root, "b"), join(root, "a"));
  await symlink(root, join(root, "b", "loop"));
  await symlink(elsewhere, join(root, "dog"));
  await symlink(join(elsewhere, "x", "y.png"), join(root, "link.png"));
  await symlink(join(root, "nowhere"), join(root, "lost.png"));
  await symlink(join(root, "nowhere"), join(root, "lost"));
  assert.deepEqual(await pathsOf(root), ["b/a.png", "b/deep/c.png", "dog/x/y.png", "link.png", "lost.png"]);
});

test("thumbnails of an audit that lies among the pictures are no pictures of it", async () => {
  const root = await filled(["dog/a.png", "audit/thumbnails/000000.webp", "dog/thumbnails/b.webp"]);
  await writeFile(join(root, "audit", "audit.json"), JSON.stringify({ format: "sightline-audit", formatVersion: 1 }));
  await writeFile(join(root, "dog", "audit.json"), '{"format": "of somebody else"}');
  assert.deepEqual(await pathsOf(root), ["dog/a.png", "dog/thumbnails/b.webp"]);
  assert.deepEqual(await pathsOf(join(root, "**/*.webp")), ["dog/thumbnails/b.webp"]);
});

test("files that are never pictures for us are left out", async () => {
  assert.deepEqual(await pathsOf(await filled(["a.bmp", "b.png", "c.svg"])), ["b.png"]);
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

test("a list with wildcards in its name is that list", async () => {
  const root = await filled(["l[1].csv", "l1.csv"]);
  await writeFile(join(root, "l[1].csv"), "path\na.png\n");
  await writeFile(join(root, "l1.csv"), "path\nb.png\n");
  await writeFile(join(root, "t*.csv"), "path,label\na.png,dog\n");
  const [item, ...more] = await findItems(join(root, "l[1].csv"), labels, { truth: join(root, "t*.csv") });
  assert.deepEqual([item.path, item.truth, more.length], ["a.png", "dog", 0]);
});

test("a list that names a picture twice, or none in a row, is refused with its rows; a blank line is no row", async () => {
  const root = await folder();
  const list = join(root, "list.csv");
  const refused = async (rows: string, message: RegExp) => {
    await writeFile(list, rows);
    await assert.rejects(findItems(list, labels), { code: "bad-data", message });
    await assert.rejects(findItems(await tree(), labels, { truth: list }), { code: "bad-data", message });
  };
  await refused("path,label\na.png,dog\nb.png,\n./a.png,dog\n", /list\.csv names a\.png in lines 2 and 4/);
  await refused('path,label\na.png,dog\n,dog\n"",dog\n', /list\.csv has no path in lines 3 and 4/);
  await refused("path,label\n,dog\n", /list\.csv has no path in line 2/);
  await refused(`path,label\n${"a.png,dog\n".repeat(9)}`, /a\.png in lines 2, 3, 4, 5 and 5 more/);
  await writeFile(list, "path\na.png\n\nb.png\n\n");
  assert.deepEqual(await pathsOf(list), ["a.png", "b.png"]);
  const column = { name: "path", data: ["a.png", null], type: "STRING" as const, nullable: true };
  await writeFile(join(root, "list.parquet"), new Uint8Array(parquetWriteBuffer({ columnData: [column] })));
  await assert.rejects(pathsOf(join(root, "list.parquet")), { code: "bad-data", message: /no path in row 2/ });
});

/** The truths of pictures 0.png, 1.png, … by a list with these labels. */
async function truthsOf(given: readonly (string | number)[], classes: readonly string[] = labels) {
  const list = join(await folder(), "list.csv");
  await writeFile(list, ["path,label", ...given.map((label, i) => `${i}.png,"${label}"`)].join("\n"));
  return (await findItems(list, classes)).map(({ truth }) => truth);
}

test("labels of a list are the model's, written as people do, or numbers of its classes", async () => {
  assert.deepEqual(await truthsOf(["Dog", "tiger_cat", "TIGER CAT", " dog ", ""]), [
    "dog",
    "tiger cat",
    "tiger cat",
    "dog",
    undefined,
  ]);
  assert.deepEqual(await truthsOf([1, 0, "1.0"]), ["dog", "tiger cat", "dog"]);
  assert.deepEqual(await truthsOf(["Dog|tiger-cat", "1|dog", "dog|", "|"]), ["dog|tiger cat", "dog", "dog", undefined]);
});

test("a label that is the model's own stands before all that resembles it", async () => {
  assert.deepEqual(await truthsOf(["a b", "A_B", "a_b"], ["a_b", "A_B", "a b"]), ["a b", "A_B", "a_b"]);
  await assert.rejects(truthsOf(["a-b"], ["a_b", "a b"]), { code: "bad-labels" });
  assert.deepEqual(await truthsOf(["3", "1"], ["1", "3", "5"]), ["3", "1"]);
  await assert.rejects(truthsOf(["1", "0"], ["1", "3", "5"]), { code: "bad-labels", message: /the label '0'/ });
});

test("a label that is not a class of the model is refused, with how often it comes and what is like it", async () => {
  await assert.rejects(truthsOf(["dgo", "dog", "dgo", "bird"]), {
    name: "SightlineError",
    code: "bad-labels",
    message:
      "the label 'dgo' of 2 pictures is not a class of the model, nor is 1 other label: expected tiger cat, dog, or a number from 0 to 1; did you mean 'dog'?",
  });
  await assert.rejects(truthsOf([0, 2]), {
    message: /the label '2' of 1 picture is not a class .*0 to 1; leave it empty/,
  });
  for (const label of ["-1", "0.5", "1e0", "dog|bird"]) {
    await assert.rejects(truthsOf([label]), { code: "bad-labels" }, label);
  }
});

test("a model of one class has its opposite, too", async () => {
  const truths = await truthsOf(["Boat", "not boat", "Not_Boat", 1, 0], ["boat"]);
  assert.deepEqual(truths, ["boat", "not boat", "not boat", "boat", "not boat"]);
  await assert.rejects(truthsOf(["boot", "2"], ["boat"]), {
    message: /expected not boat, boat, or a number from 0 to 1; did you mean 'boat'\?/,
  });
  const root = await filled(["Boat/a.png", "not-boat/b.png", "not_boat/c.png", "cup/d.png"]);
  const truthOf = async (options = {}) => (await findItems(root, ["boat"], options)).map(({ truth }) => truth);
  assert.deepEqual(await truthOf(), ["boat", undefined, "not boat", "not boat"]);
  await assert.rejects(truthOf({ truth: "folders" }), { message: /the folder 'cup' is not a class of the model/ });
});

test("a list of labels is held against the pictures that it is for", async () => {
  const root = await tree();
  const list = join(root, "labels.csv");
  const truth = async (text: string) => {
    await writeFile(list, text);
    return (await findItems(root, labels, { truth: list })).map((item) => item.truth);
  };
  assert.deepEqual(await truth("path,label\nother/d.png,DOG\nelsewhere.png,bird\n"), [
    undefined,
    undefined,
    undefined,
    "dog",
  ]);
  await assert.rejects(truth("path,label\nd.png,dog\n"), {
    code: "bad-data",
    message: /labels\.csv names none of the pictures: expected paths like Tiger_Cat\/a\.png/,
  });
  await assert.rejects(truth("path,clas\nother/d.png,dog\n"), {
    code: "bad-data",
    message: /labels\.csv has no column of labels: expected a column called truth, label, class/,
  });
});

test("what is not there, has no paths or holds no pictures is said", async () => {
  const root = await folder();
  const list = join(root, "list.csv");
  const refused = (source: string, code: string, message: RegExp, truth?: string) =>
    assert.rejects(findItems(source, labels, { truth }), { name: "SightlineError", code, message });
  await refused("/no/such/folder", "file-not-found", /no such folder: \/no\/such\/folder/);
  await refused("/no/such/*.png", "file-not-found", /no such folder: \/no\/such/);
  await refused(list, "file-not-found", /no such list: .*list\.csv/);
  await refused(root, "file-not-found", /no pictures in/);
  await writeFile(list, "name,label\na.png,dog\n");
  await refused(list, "bad-data", /no column of paths/);
  await writeFile(list, "path,label\n");
  await refused(list, "file-not-found", /no pictures in .*list\.csv/);
  await filled(["dog/a.png", "notes.txt"], root);
  await refused(join(root, "dog"), "file-not-found", /no such list: .*labels\.csv/, join(root, "labels.csv"));
  await refused(join(root, "dog", "a.png"), "file-not-found", /a\.png is not a folder/);
});

test("several sources are splits, named by what tells them apart", async () => {
  const root = await filled([
    "2023/train/dog/a.png",
    "2023/val/dog/b.png",
    "2024/images/dog/a.png",
    "2025/images/c.png",
    "more/z.png",
  ]);
  await writeFile(join(root, "more.csv"), "path,label,split\nmore/z.png,dog,holdout\n");
  const found = async (sources: readonly string[], truth?: string) =>
    (
      await findSource(
        sources.map((source) => join(root, source)),
        labels,
        { truth },
      )
    ).items.map(({ path, split, truth: label }) => [path, split, label]);
  assert.deepEqual(await found(["2024", "2023"]), [
    ["2023/train/dog/a.png", "2023/train", "dog"],
    ["2023/val/dog/b.png", "2023/val", "dog"],
    ["2024/images/dog/a.png", "2024", "dog"],
  ]);
  assert.deepEqual(await found(["2024/images/", "2025/images"]), [
    ["2024/images/dog/a.png", "2024/images", "dog"],
    ["2025/images/c.png", "2025/images", undefined],
  ]);
  assert.deepEqual(await found(["2024/**/*.png", "more.csv"]), [
    ["2024/images/dog/a.png", "2024", "dog"],
    ["more/more/z.png", "more/holdout", "dog"],
  ]);
  await writeFile(join(root, "truth.csv"), "path,label\n2024/images/dog/a.png,tiger cat\n2025/images/c.png,dog\n");
  assert.deepEqual(await found(["2024", "2025"], join(root, "truth.csv")), [
    ["2024/images/dog/a.png", "2024", "tiger cat"],
    ["2025/images/c.png", "2025", "dog"],
  ]);
});

test("sources that share a picture are refused", async () => {
  const root = await filled(["photos/train/a.png", "photos/test/b.png"]);
  await writeFile(join(root, "list.csv"), "path\nphotos/test/b.png\n");
  for (const [one, other, next] of [
    ["photos", "photos/train", "name one of them"],
    ["photos/test", "photos/test/", "name one of them"],
    ["photos/test", "photos/test", "name it once"],
    ["photos", "list.csv", "name one of them"],
    ["photos/*/a.png", "photos/**", "name one of them"],
  ]) {
    await assert.rejects(findSource([join(root, one), join(root, other)], labels), (error: SightlineError) => {
      assert.equal(error.code, "bad-config");
      assert.match(error.message, /overlap/);
      assert.match(error.message, new RegExp(next));
      return true;
    });
  }
});

test("a split is what a list says, else the folder by which the pictures differ", async () => {
  const root = await filled(["photos/train/cat/a.png", "photos/Test/cat/b.png", "photos/other/c.png"]);
  const splits = async (source: string, truth?: string) =>
    (await findItems(join(root, source), ["cat"], { truth })).map(({ path, split }) => [path, split]);
  assert.deepEqual(await splits("photos"), [
    ["Test/cat/b.png", "test"],
    ["other/c.png", undefined],
    ["train/cat/a.png", "train"],
  ]);
  assert.deepEqual(await splits("photos/train"), [["cat/a.png", undefined]], "one split alone says nothing");
  await writeFile(
    join(root, "list.csv"),
    "path,label,Subset\nphotos/train/cat/a.png,cat,holdout\nphotos/other/c.png,,\n",
  );
  assert.deepEqual(await splits("list.csv"), [
    ["photos/other/c.png", undefined],
    ["photos/train/cat/a.png", "holdout"],
  ]);
  assert.deepEqual(await splits("photos", join(root, "list.csv")), [
    ["Test/cat/b.png", "test"],
    ["other/c.png", undefined],
    ["train/cat/a.png", "holdout"],
  ]);
});
