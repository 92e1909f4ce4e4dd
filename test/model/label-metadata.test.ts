import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { labelsInside } from "../../src/model/label-metadata.js";
import { StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-ml_pb.js";
import { tinyCnn } from "../support/models.js";

function read(key: string, value: string, classes = 3) {
  const graph = tinyCnn();
  graph.model.metadataProps = [create(StringStringEntryProtoSchema, { key, value })];
  return labelsInside(graph, classes);
}

const CASES: readonly [key: string, value: string, labels: readonly string[] | undefined][] = [
  ["labels", '["potter\'s red", "vert \\u00e9meraude", "bleu"]', ["potter's red", "vert émeraude", "bleu"]],
  ["names", "{1: 'green', 0: 'red', 2: 'blue'}", ["red", "green", "blue"]],
  ["names", "{'0': 'red', '1': 'green', '2': 'blue'}", ["red", "green", "blue"]],
  ["names", "{0: \"potter's red\", 1: 'green', 2: 'blue'}", ["potter's red", "green", "blue"]],
  ["names", "['l\\'or', 'caf\\xe9', '\\u4e2d',]", ["l'or", "café", "中"]],
  ["id2label", '{"2": "blue", "0": "red", "1": "green"}', ["red", "green", "blue"]],
  ["class_to_idx", "{'blue': 2, 'green': 1, 'red': 0}", ["red", "green", "blue"]],
  ["label2id", '{"red": 0, "green": 1, "blue": 2}', ["red", "green", "blue"]],
  ["class_indices", '{"cat": 1, "ant": 0, "dog": 2}', ["ant", "cat", "dog"]],
  ["character", "a\nb\nc", ["a", "b", "c"]],
  ["classes", "red, green,blue", ["red", "green", "blue"]],
  ["names", "{0: 'red', 2: 'green', 5: 'blue'}", undefined],
  ["names", "{0: 'red', 1: 'green'}", undefined],
  ["names", "[[['a']]]", undefined],
  ["names", "['unended, 'x'", undefined],
];

for (const [key, value, labels] of CASES)
  test(`${key}: ${value}`, () => assert.deepEqual(read(key, value), labels && [...labels]));

test("a long text that never ends is given up in a time that grows with its length", () => {
  for (const long of [
    `['${"\\'".repeat(500_000)}`,
    `{${"'a".repeat(300_000)}`,
    "{".repeat(300_000),
    `[${" ".repeat(900_000)}`,
  ]) {
    const started = performance.now();
    assert.equal(read("names", long), undefined);
    assert.ok(performance.now() - started < 2000);
  }
});
