import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { pathToFileURL } from "node:url";
import { readLabels } from "../../src/model/labels.js";
import { temporaryFolder } from "../support/models.js";
import { fails } from "../support/tensors.js";

let count = 0;
function saved(content: string | Uint8Array): string {
  const path = join(temporaryFolder(), `labels-${count++}`);
  writeFileSync(path, content);
  return path;
}

const RGB = ["red", "green", "blue"];
const LISTS: Readonly<Record<string, [content: string, labels: readonly string[]]>> = {
  "one a line": ["red\ngreen\nblue", RGB],
  "blank lines at the end, Windows' endings": ["red\r\ngreen\r\nblue\r\n\r\n", RGB],
  "old Macintosh endings": ["red\rgreen\rblue\r", RGB],
  "a byte order mark": ["\uFEFFred\ngreen\nblue", RGB],
  "with numbers and colons": ["0: red\n1: green\n2: blue\n", RGB],
  "with numbers, as Teachable Machine writes them": ["0 red\n1 green\n2 light blue\n", ["red", "green", "light blue"]],
  "with numbers in another order": ["1,green\n2,blue\n0,red", RGB],
  "labels that begin with numbers of their own": ["2 euro\n1 euro\n50 cent", ["2 euro", "1 euro", "50 cent"]],
  "labels that are digits": ["0\n1\n2", ["0", "1", "2"]],
  "one name twice": ["crane\ndog\ncrane", ["crane", "dog", "crane"]],
  "a JSON list": ['["red", "green", "blue"]', RGB],
  "a JSON list of numbers": ["[0, 1, 2]", ["0", "1", "2"]],
  "JSON by index": ['{"2": "blue", "0": "red", "1": "green"}', RGB],
  "Keras's imagenet_class_index.json": [
    '{"1": ["n01443537", "goldfish"], "0": ["n01440764", "tench"]}',
    ["tench", "goldfish"],
  ],
  "Keras's class_indices": ['{"blue": 2, "red": 0, "green": 1}', RGB],
  "class_indices of folders named by numbers": ['{"0": 0, "1": 1, "10": 2, "2": 3}', ["0", "1", "10", "2"]],
};

describe("files of labels", () => {
  for (const [name, [content, labels]] of Object.entries(LISTS)) {
    it(name, async () => assert.deepEqual(await readLabels(saved(content)), { labels, notes: [] }));
  }
});

const TABLES: Readonly<Record<string, [ending: string, content: string, labels: readonly string[]]>> = {
  "CSV with a heading": ["csv", "index,label\n0,red\n1,green\n2,blue\n", RGB],
  "CSV with the label first, in another order": ["csv", "name,id\nblue,2\nred,0\ngreen,1\n", RGB],
  "CSV of one column with a heading": ["csv", "class\nred\ngreen\nblue\n", RGB],
  "CSV of labels alone": ["csv", "red\ngreen\nblue\n", RGB],
  "CSV without a heading, quoted": ["csv", '0,"tench, fish"\n1,"12"" gun"\n', ["tench, fish", '12" gun']],
  "CSV of labels with commas": ["csv", "tench, fish\ncat, animal\n", ["tench, fish", "cat, animal"]],
  "CSV with semicolons": ["csv", "id;name\n1;green\n0;red\n", ["red", "green"]],
  "TSV of WordNet": ["tsv", "id\tname\nn01440764\ttench\nn01443537\tgoldfish\n", ["tench", "goldfish"]],
  "YAML of Ultralytics": [
    "yaml",
    "path: coco\n\n# Classes\nnames:\n  0: red\n  1: green # leaf\n  2: 'blue'\nnc: 3\n",
    RGB,
  ],
  "YAML as a block list": ["yml", 'nc: 2\nnames:\n- "traffic light"\n- cat\ntrain: a\n', ["traffic light", "cat"]],
  "YAML in brackets": ["yaml", "names: ['red', green, \"blue\"]  # three\n", RGB],
  "YAML in brackets, over several lines": ["yaml", "names: [red,\n  green,\n  blue]\nnc: 3\n", RGB],
  "YAML in braces": ["yaml", "names: {1: green, 0: red, 2: 'blue'}\n", RGB],
  "YAML that is a list": ["yaml", "---\n- red\n- green\n- blue\n", RGB],
  "YAML with a quote inside and a hash": ["yaml", "names:\n  - C# key\n  - cat's eye\n", ["C# key", "cat's eye"]],
};

describe("tables of labels", () => {
  for (const [name, [ending, content, labels]] of Object.entries(TABLES)) {
    it(name, async () => {
      const path = join(temporaryFolder(), `labels-${count++}.${ending}`);
      writeFileSync(path, content);
      assert.deepEqual(await readLabels(path), { labels, notes: [] });
    });
  }

  it("a table with a gap, or YAML without names, is refused", async () => {
    const at = (name: string, content: string) => {
      const path = join(temporaryFolder(), name);
      writeFileSync(path, content);
      return path;
    };
    const gap = at("gap.csv", "id,name\n0,red\n2,blue\n");
    await assert.rejects(readLabels(gap), fails("bad-labels", /names no class 1/));
    const twice = at("twice.csv", "id,name\n0,red\n0,blue\n2,green\n");
    await assert.rejects(readLabels(twice), fails("bad-labels", /names no class 1/));
    const none = at("none.yaml", "train: images\nnc: 3\n");
    await assert.rejects(readLabels(none), fails("bad-labels", /names no classes: .*'names'/));
    const yaml = at("gap.yaml", "names:\n  1: red\n  2: blue\n");
    await assert.rejects(readLabels(yaml), fails("bad-labels", /names no class 0/));
  });
});

const REFUSED: Readonly<Record<string, [content: string, message: RegExp]>> = {
  "an empty file": ["", /'.*' is empty: expected one label a line/],
  "blanks alone": ["\n \n", /is empty/],
  "a blank line between labels": ["red\n\nblue\n", /line 2 of .* is empty: .*take the line out/],
  "a gap in the numbers": [
    '{"0": "red", "2": "blue", "5": "x"}',
    /names no class 1: expected the numbers of all classes/,
  ],
  "numbers from 1": ['{"1": "red", "2": "green", "3": "blue"}', /names no class 0/],
  "an empty object": ["{}", /names no classes/],
  "broken JSON": ['["red", "green"', /is not valid JSON/],
  "a list with null": ['["red", null]', /label 1 of .* is null: expected a text/],
  "a list of lists": ['[["red"], ["green"]]', /label 0 of .* is a list/],
  "objects by index": ['{"0": {"name": "red"}}', /class 0 in .* is of type object/],
  "truth values": ["[true, false]", /label 0 of .* is of type boolean/],
};

describe("files that are no list of labels are refused", () => {
  for (const [name, [content, message]] of Object.entries(REFUSED)) {
    it(name, () => assert.rejects(readLabels(saved(content)), fails("bad-labels", message)));
  }
  it("values that are none", async () => {
    for (const value of [null, 3, { 0: "a" }, ["a", 1]])
      await assert.rejects(readLabels(value as never), fails("bad-labels", /not a list of strings/));
  });
});

test("labels in other encodings keep their letters", async () => {
  const words = ["rouge", "vert émeraude", "bleu"];
  const text = words.join("\n");
  const utf16 = new Uint8Array(Uint16Array.from(text, (sign) => sign.charCodeAt(0)).buffer);
  const swapped = utf16.map((_, i) => utf16[i ^ 1]);
  for (const bytes of [utf16, Uint8Array.of(0xff, 0xfe, ...utf16), swapped, Uint8Array.of(0xfe, 0xff, ...swapped)])
    assert.deepEqual(await readLabels(pathToFileURL(saved(bytes))), { labels: words, notes: [] });
  const latin1 = await readLabels(saved(Uint8Array.from(text, (sign) => sign.charCodeAt(0))));
  assert.deepEqual(latin1.labels, words);
  assert.match(latin1.notes.join(), /not UTF-8 and was read as Windows-1252/);
});
