import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pictures as files } from "#platform/pictures";
import { audit } from "../../src/audit/index.js";
import { type ClassLabel, classroom } from "../../src/classroom/index.js";
import { Explorer } from "../../src/explorer/explorer.js";
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
  const [source, out] = [await drawn(), await folder()];
  const made = await audit(model, source, { out, method: "recipro-cam" });
  const rows = await made.query("select truth, prediction, correct from results where error is null");
  assert.equal(rows.length, 18);
  for (const { truth, prediction } of rows) {
    assert.ok(WORDS.includes(truth as ClassLabel));
    assert.ok(WORDS.includes(prediction as ClassLabel));
  }
  const right = rows.filter(({ correct }) => correct).length;
  assert.ok(right >= 15, `${right} of 18 words are right`);
  assert.equal((await made.confusion()).all.known, 18);

  const reads = /^classes are words, read by 'text_model' in 'a photo of a \{\}'$/;
  assert.ok(made.manifest.model.notes.some((note) => reads.test(note)));
  assert.match(
    await readFile(join(out, "report.html"), "utf8"),
    /assumed of the model.*in &apos;a photo of a \{\}&apos;/s,
  );
  const explorer = await Explorer.open(made);
  const { assumed } = await explorer.overview([]).finally(() => explorer.close());
  assert.deepEqual(assumed, made.manifest.model.notes);

  await using other = await model.withLabels(WORDS, { prompts: ["a drawing of a {}", "<b>{}</b>", "{}", "my {}"] });
  const asked = /^classes are words, .* in 'a drawing of a \{\}', '<b>\{\}<\/b>' and 2 more$/;
  assert.ok(other.info.notes.some((note) => asked.test(note)));
  await assert.rejects(audit(other, source, { out, method: "recipro-cam" }), {
    code: "bad-config",
    message: /another model/,
  });
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
