import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pictures as files } from "#platform/pictures";
import { classroom } from "../../src/classroom/index.js";
import { fixture } from "../support/fixtures.js";
import { temporaryFolder } from "../support/models.js";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const inside = (name: string) => join(temporaryFolder(), name);
const file = (name: string) => fixture(`zero-shot/clip/${name}`);

const predict = (...words: string[]) => run(process.execPath, [cli, "predict", inside("boat.png"), ...words, "--json"]);
const refused = (words: string[], message: RegExp) =>
  assert.rejects(predict(...words), ({ code, stderr }: { code: number; stderr: string }) => {
    assert.notEqual(code, 0);
    assert.match(stderr, message);
    return true;
  });

describe("a pair of encoders on the command line", () => {
  const words = inside("words.txt");
  const tokenizer = ["--tokenizer", file("tokenizer.json")];
  before(async () => {
    const [{ image }] = classroom.pictures({ count: 1, labels: ["boat"] });
    await writeFile(inside("boat.png"), await files.encode(image, { format: "png" }));
    await writeFile(words, "cup\nboat\nmoon\n");
  });

  it("predicts in words", async () => {
    const pair = ["--model", file("vision_model.onnx"), "--text", file("text_model.onnx"), ...tokenizer];
    const prompts = ["--prompt", "a photo of a {}", "--prompt", "{}"];
    const preprocessor = ["--preprocessor", file("preprocessor_config.json")];
    const { stdout } = await predict(...pair, ...prompts, ...preprocessor, "--labels", words, "--top", "1");
    assert.match(stdout, /"label": ?"boat"/);
  });

  it("says what belongs together", async () => {
    const model = ["--model", file("model.onnx")];
    await refused([...model, ...tokenizer], /--labels is missing/);
    await refused([...model, "--text", file("text_model.onnx")], /--text belongs to a pair of encoders/);
    await refused([...model, ...tokenizer, "--labels", words, "--output", "0"], /--output was given/);
    await refused([...model, ...tokenizer, "--labels", words, "--task", "detection"], /no --tokenizer/);
  });
});
