import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { findItems } from "../../src/audit/sources/find-items.js";
import { folder } from "./pictures.js";

const colours = ["red", "green", "blue"];

/** A folder with empty files of these names. */
async function filled(...names: readonly string[]): Promise<string> {
  const root = await folder();
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), "");
  }
  return root;
}

/** Paths and truths of a list with this content, beside files of these names. */
async function read(content: string | Uint8Array, { name = "list.csv", files = [] as readonly string[] } = {}) {
  const root = await filled(...files);
  await writeFile(join(root, name), content);
  const { items, notes } = await findItems(join(root, name), colours);
  return {
    rows: items.map(({ path, truth }) => (truth === undefined ? path : `${path}=${truth}`)),
    found: items.map(({ file }) => file.slice(root.length + 1)),
    notes,
  };
}

const both = ["a.png=red", "b.png=green"];

describe("every row of a list is a row, or the error names its line", () => {
  const right: Record<string, readonly [content: string, rows: readonly string[]]> = {
    "a comma in a name of the only column": ["path\na.png\nx,y.png\n", ["a.png", "x,y.png"]],
    "a semicolon in one": ["path\na.png\na;b.png\n", ["a.png", "a;b.png"]],
    "a bar in one": ["path\na.png\na|b.png\n", ["a.png", "a|b.png"]],
    "a tab in one": ["path\na.png\na\tb.png\n", ["a\tb.png", "a.png"]],
    "blanks round cells": ["path, label\na.png, red\nb.png , green\n", both],
    "a comment above the heading": ["# made by a tool\npath,label\na.png,red\nb.png,green\n", both],
    "a title above the heading": ["My pictures of 2024\npath,label\na.png,red\nb.png,green\n", both],
    "lines that end in CR": ["path,label\ra.png,red\rb.png,green\r", both],
    "lines that end in CRLF": ["path,label\r\na.png,red\r\nb.png,green\r\n", both],
    "no end of the last line": ["path,label\na.png,red\nb.png,green", both],
    "a name that begins with #": ["path,label\n#1.png,red\na.png,red\n", ["#1.png=red", "a.png=red"]],
    "headings in capitals": ["Path,Label\na.png,red\nb.png,green\n", both],
    "pandas' index": [",path,label\n0,a.png,red\n1,b.png,green\n", both],
    "semicolons between cells": ["path;label\na.png;red\nb.png;green\n", both],
    "an empty cell at the end of each row": ["path,label\na.png,red,\nb.png,green,\n", both],
    "a line break in quotes": ['path,label,comment\na.png,red,"two\nlines"\nb.png,green,one\n', both],
    "quotes in quotes": ['path,label\n"say ""hi"".png",red\n', ['say "hi".png=red']],
    "an apostrophe": ["path,label\nit's.png,red\na.png,green\n", ["a.png=green", "it's.png=red"]],
    "numbers as labels": ["path,label\na.png,0\nb.png,1.0\n", both],
    "a column more than is needed": ["split,path,label\ntest,a.png,red\ntrain,b.png,green\n", both],
  };
  for (const [what, [content, rows]] of Object.entries(right)) {
    test(what, async () => assert.deepEqual((await read(content)).rows, rows));
  }
  for (const heading of ["file_name", "filepath", "image_id", "Image Name", "FILE"]) {
    test(`the heading ${heading}`, async () => {
      const list = await read(`${heading.replace(" ", "_")},label\na.png,red\nb.png,green\n`);
      assert.deepEqual(list.rows, both);
    });
  }

  const wrong: Record<string, readonly [content: string, message: RegExp]> = {
    "two lists in one": [
      "path,label\na.png,red\nb.png,green\npath,label,split\nc.png,blue,test\n",
      /line 4 has 3 cells, the heading 2/,
    ],
    "the heading twice": ["path,label\na.png,red\npath,label\nb.png,green\n", /line 3 repeats the heading/],
    "a cell too many in each row": ["path,label\na.png,red,0.9\n", /line 2 has 3 cells.*quotes/],
    "a cell too many in a late row": [
      `path,label\n${"many.png,red\n".repeat(30_000)}last.png,red,checked\n`,
      /line 30002 has 3 cells, the heading 2: expected 2 cells per line/,
    ],
    "a comma in a name beside another column": ["path,label\nx,y.png,red\n", /line 2 has 3 cells/],
    "rows before the heading": ["a.png,red\npath,label\nb.png,green\n", /line 1 stands before the heading/],
    "a quote that never ends": ['path,label\n"a.png,red\nb.png,green\n', /line 2 has a quote that does not close/],
    "text behind a quote": ['path,label\n"a".png,red\n', /line 2 has a quote that does not close/],
    "two columns of one name": ["path,label,label\na.png,red,red\n", /two columns are called 'label'/],
    nothing: ["", /it is empty/],
    "no column of paths": ["name;label\na.png;red\n", /no column of paths.*expected a column called path, file/],
  };
  for (const [what, [content, message]] of Object.entries(wrong)) {
    test(what, async () => assert.rejects(read(content), { code: "bad-data", message }));
  }
});

describe("lists in other encodings", () => {
  const content = "path,label\na.png,red\ncafé.png,green\n";
  const rows = ["a.png=red", "café.png=green"];
  const littleEndian = Buffer.from(`\ufeff${content}`, "utf16le");
  const encoded: Record<string, Uint8Array> = {
    "UTF-8 with a mark": Buffer.from(`\ufeff${content}`),
    "UTF-16, little end first": littleEndian,
    "UTF-16, big end first": Buffer.from(littleEndian).swap16(),
    "UTF-16 without a mark": littleEndian.subarray(2),
  };
  for (const [what, bytes] of Object.entries(encoded)) {
    test(what, async () => assert.deepEqual(await read(bytes).then((list) => [list.rows, list.notes]), [rows, []]));
  }
  test("Latin-1, with a note", async () => {
    const { rows: read1, notes } = await read(Buffer.from(content, "latin1"));
    assert.deepEqual(read1, rows);
    assert.deepEqual(notes, ["list.csv is not UTF-8 and was read as Windows-1252"]);
  });
  test("what is no text is refused", async () => {
    await assert.rejects(read(Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 1, 2, 0])), {
      code: "bad-data",
      message: /list\.csv is not text/,
    });
  });
});

describe("names as other systems write them", () => {
  const files = ["red/a.png", "blue/b.png"];
  for (const [what, first, second] of [
    ["\\ between folders", "red\\a.png", "blue\\b.png"],
    [".\\ before them", ".\\red\\a.png", ".\\blue\\b.png"],
    ["\\ in one row, / in another", "red/a.png", "blue\\b.png"],
    ["detours", "./red/a.png", "red/../blue/b.png"],
  ]) {
    test(what, async () => {
      const content = `path,label\n${first},red\n${second},blue\n`;
      assert.deepEqual((await read(content, { files })).found.toSorted(), ["blue/b.png", "red/a.png"]);
      const root = await filled(...files);
      const truth = join(await folder(), "labels.csv");
      await writeFile(truth, content);
      const { items, notes } = await findItems(root, colours, { truth });
      assert.deepEqual(
        items.map((item) => `${item.path}=${item.truth}`),
        ["blue/b.png=blue", "red/a.png=red"],
      );
      assert.deepEqual(notes, []);
    });
  }
  test("a file whose name holds a \\ is that file", async () => {
    const { found } = await read("path\nred\\a.png\n", { files: ["red\\a.png", "red/a.png"] });
    assert.deepEqual(found, ["red\\a.png"]);
  });
  test("names without ending, where one picture has the name; two leave it open", async () => {
    const { found } = await read("image_id,label\na,red\nb,green\n", { files: ["a.png", "b.jpg", "b.txt", "c.png"] });
    assert.deepEqual(found, ["a.png", "b.jpg"]);
    assert.deepEqual((await read("image_id\na\n", { files: ["a.png", "a.jpg"] })).found, ["a"]);
  });

  const [composed, decomposed] = ["\u00e9toile.png", "e\u0301toile.png"];
  test("accents composed or decomposed are one name, in lists, labels and classes", async () => {
    for (const [written, stored] of [
      [composed, decomposed],
      [decomposed, composed],
    ]) {
      const { found } = await read(`path,label\nphotos/${written},red\n`, { files: [`photos/${stored}`] });
      assert.deepEqual(found, [`photos/${stored}`]);
      const root = await filled(stored, "plain.png");
      const truth = join(await folder(), "labels.csv");
      await writeFile(truth, `path,label\n${written},red\nplain.png,green\n`);
      const { items, notes } = await findItems(root, colours, { truth });
      assert.deepEqual(items.map((item) => item.truth).toSorted(), ["green", "red"]);
      assert.deepEqual(notes, []);
    }
    const root = await filled("cafe\u0301/a.png");
    const [item] = (await findItems(root, ["caf\u00e9", "bar"])).items;
    assert.equal(item.truth, "caf\u00e9");
  });
});

describe("nothing is left out without a word", () => {
  test("labels that match no picture, and pictures without a label, are counted with examples", async () => {
    const root = await filled("a.png", "b.png", "c.png", "d.png");
    const truth = join(await folder(), "labels.csv");
    await writeFile(truth, "path,label\na.png,red\nB.PNG,green\nC.png,blue\nmissing.png,red\n");
    const { items, notes } = await findItems(root, colours, { truth });
    assert.deepEqual(
      items.map((item) => item.truth),
      ["red", undefined, undefined, undefined],
    );
    assert.deepEqual(notes, [
      "3 of the 4 rows of labels.csv match no picture: 'B.PNG', 'C.png', 'missing.png'",
      "3 of the 4 pictures are not in labels.csv: 'b.png', 'c.png', 'd.png'",
    ]);
  });
  test("endings that are not read are counted; .jfif, .jpe and .apng are read", async () => {
    const root = await filled("a.jfif", "a.jpe", "a.JPEG", "a.apng", "a.bmp", "b.BMP", "a.heic", "no-ending");
    const { items, notes } = await findItems(root, colours);
    assert.deepEqual(items.map(({ path }) => path).toSorted(), ["a.JPEG", "a.apng", "a.jfif", "a.jpe"]);
    assert.deepEqual(notes, [`left out of ${root}: 2 .bmp, 1 without ending, 1 .heic`]);
    await assert.rejects(findItems(await filled("a.bmp", "b.bmp", "c.heic"), colours), {
      code: "file-not-found",
      message: /no pictures in .*expected files ending in .*; there are 2 \.bmp, 1 \.heic/,
    });
  });
  test("hidden files and those of the system are no pictures, and nobody is told", async () => {
    const root = await filled(
      ...["red/a.png", "red/._a.png", ".DS_Store", "red/Thumbs.db", "red/.ipynb_checkpoints/a-checkpoint.png"],
      ...["__MACOSX/red/b.png", "@eaDir/a.png", "$RECYCLE.BIN/a.png"],
    );
    const { items, notes } = await findItems(root, colours);
    assert.deepEqual(
      items.map(({ path }) => path),
      ["red/a.png"],
    );
    assert.deepEqual(notes, []);
  });
  test("folders are classes whatever a file name may hold; those that are none are named", async () => {
    const root = await filled("AC_DC/a.png", "n-a/a.png", "a_b/a.png", "who/a.png", "who/b.png");
    const { items, notes } = await findItems(root, ["AC/DC", "n/a", "a:b"]);
    assert.deepEqual(
      items.map(({ truth }) => truth),
      ["AC/DC", "a:b", "n/a", undefined, undefined],
    );
    assert.deepEqual(notes, ["1 folder is not a class of the model: 'who'; no true class is known of 2 pictures"]);
  });
  test("a label with a | in it can be given, alone or beside another", async () => {
    const root = await folder();
    await writeFile(join(root, "list.csv"), "path,label\na.png,red|pink\nb.png,green|red|pink\nc.png,green|blue\n");
    const { items } = await findItems(join(root, "list.csv"), ["red|pink", "green", "blue"]);
    assert.deepEqual(
      items.map(({ truth }) => truth),
      ["red|pink", "green|red|pink", "green|blue"],
    );
  });
});
