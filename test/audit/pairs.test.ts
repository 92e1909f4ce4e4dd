import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pictures as files } from "#platform/pictures";
import { audit } from "../../src/audit/index.js";
import { type ClassLabel, classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";
import { folder } from "./pictures.js";

const file = (pair: string, name: string) => fixture(`zero-shot/${pair}/${name}`);
const WORDS: readonly ClassLabel[] = ["boat", "cup", "moon"];

/** Six drawings of each word, in folders called so. */
async function drawn(): Promise<string> {
  const root = await folder();
  for (const word of WORDS) {
    await mkdir(join(root, word));
    for (const [i, { image }] of classroom.pictures({ count: 6, seed: 3, labels: [word] }).entries())
      await writeFile(join(root, word, `${i}.png`), await files.encode(image, { format: "png" }));
  }
  return root;
}

test("an audit of a pair of encoders is about its words", async () => {
  await using model = await loadModel({
    image: file("clip", "vision_model.onnx"),
    text: file("clip", "text_model.onnx"),
    tokenizer: file("clip", "tokenizer.json"),
    preprocessor: file("clip", "preprocessor_config.json"),
    labels: WORDS,
  });
  const made = await audit(model, await drawn(), { out: await folder(), method: "recipro-cam" });
  const rows = await made.query("select truth, prediction, correct from results where error is null");
  assert.equal(rows.length, 18);
  for (const { truth, prediction } of rows) {
    assert.ok(WORDS.includes(truth as ClassLabel));
    assert.ok(WORDS.includes(prediction as ClassLabel));
  }
  const right = rows.filter(({ correct }) => correct).length;
  assert.ok(right >= 15, `${right} of 18 words are right`);
  assert.equal((await made.confusion()).all.known, 18);
});

test("an audit of a pair whose words are independent says which of them it sees", async () => {
  await using model = await loadModel({
    image: file("siglip", "model.onnx"),
    tokenizer: file("siglip", "tokenizer.json"),
    labels: WORDS,
  });
  const made = await audit(model, await drawn(), { out: await folder(), method: "recipro-cam" });
  const { exact, labels } = await made.labels();
  assert.equal(exact.known, 18);
  assert.deepEqual(
    labels.map(({ label, pictures }) => [label, pictures]),
    WORDS.map((word) => [word, 6]),
  );
});
