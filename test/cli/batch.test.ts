import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { visible, visibleJson } from "../../src/cli/visible.js";

const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const ESCAPE = "\u001b[2J\u009b31m\u202e";
/** Anything that a terminal would obey. */
const OBEYED = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

async function sightline(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = promisify(execFile)(process.execPath, [cli, ...args], { env });
  return run.then(
    (done) => ({ ...done, code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, code }),
  );
}

describe("several pictures", () => {
  let folder: string;
  let model: string[];
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-batch-"));
    for (const [i, { image }] of classroom.pictures({ count: 2 }).entries()) {
      const { data, width, height } = image;
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(at(`${i}.png`));
    }
    await writeFile(at("broken.png"), "no picture");
    await writeFile(at(`odd${ESCAPE}.png`), "no picture");
    await writeFile(at("labels.txt"), classroom.labels.join("\n"));
    model = ["--model", fileURLToPath(classroom.models.honest.url), "--labels", at("labels.txt")];
  });
  after(() => rm(folder, { recursive: true }));
  const pictures = () => [at("0.png"), at("broken.png"), at("1.png")];

  it("predict delivers what it can, names the rest and fails", async () => {
    const { stdout, stderr, code } = await sightline("predict", ...pictures(), ...model, "--top", "1");
    assert.equal(code, 1);
    assert.match(stdout, /0\.png.*1\.png/s);
    assert.doesNotMatch(stdout, /broken/);
    assert.match(stderr, /^sightline: .*broken\.png: \S/m);
    const json = await sightline("predict", ...pictures(), ...model, "--top", "1", "--json");
    const rows = JSON.parse(json.stdout) as { image: string; label?: string; error?: { code: string } }[];
    assert.deepEqual(
      rows.map(({ image, label, error }) => [image, label !== undefined, error?.code]),
      [
        [at("0.png"), true, undefined],
        [at("1.png"), true, undefined],
        [at("broken.png"), false, "bad-image"],
      ],
    );
    assert.equal(json.code, 1);
  });

  it("explain saves the maps of the others", async () => {
    const out = at("maps");
    const { stdout, stderr, code } = await sightline(
      "explain",
      ...pictures(),
      ...model,
      "--out",
      out,
      "--method",
      "recipro-cam",
    );
    assert.deepEqual([code, (await readdir(out)).length], [1, 2]);
    assert.match(stdout, /0\.png.*1\.png/s);
    assert.match(stderr, /broken\.png/);
  });

  it("what is wrong with the command itself is said once, and what came before it is delivered", async () => {
    const { stderr, code } = await sightline(
      "explain",
      ...pictures(),
      ...model,
      "--out",
      at("x"),
      "--method",
      "grad-cat",
    );
    assert.equal(code, 1);
    assert.equal(stderr.match(/grad-cat/g)?.length, 1);
  });

  it("names with escapes never reach the terminal, in text, JSON, errors and complaints about the command", async () => {
    const odd = at(`odd${ESCAPE}.png`);
    for (const args of [
      ["predict", odd, ...model],
      ["predict", odd, ...model, "--json"],
      ["predict", at("0.png"), "--model", `no${ESCAPE}model`],
      ["predict", at("0.png"), "--model", `no${ESCAPE}model`, "--json"],
      [`pre${ESCAPE}dict`],
      ["predict", at("0.png"), `--o${ESCAPE}`],
      ["predict", at("0.png"), ...model.slice(0, 2), "--labels", `no${ESCAPE}labels`],
      ["notebook", "run", `no${ESCAPE}notebook.ipynb`],
      ["kernel", "info", "--prefix", `no${ESCAPE}prefix`],
      ["audit", `no${ESCAPE}folder`, ...model],
    ]) {
      const { stdout, stderr, code } = await sightline(...args);
      assert.notEqual(code, 0, args.join(" "));
      assert.doesNotMatch(stdout + stderr, OBEYED, args.join(" "));
    }
  });

  it("preprocessing can be said as a preset, as JSON and as a file", async () => {
    await writeFile(at("how.json"), '{"mean": 0.5, "std": 0.5}');
    const predict = async (how: string) => {
      const { stdout } = await sightline("predict", at("0.png"), ...model, "--top", "1", "--json", "--preprocess", how);
      return JSON.parse(stdout)[0].probability as number;
    };
    const preset = await predict("-1..1");
    assert.equal(await predict(at("how.json")), preset);
    assert.equal(await predict('{"mean": 0.5, "std": 0.5}'), preset);
    assert.notEqual(await predict("0..255"), preset);
    for (const how of ["no-such-file.json", "{", '{"meen": 1}']) {
      const { code, stderr } = await sightline("predict", at("0.png"), ...model, "--preprocess", how, "--json");
      assert.equal(code, 1);
      assert.match(JSON.parse(stderr).error.code, /file-not-found|bad-config|unknown-option/);
    }
  });

  it("models info shows shape, layout, outputs and operators", async () => {
    const { stdout } = await sightline("models", "info", model[1]);
    assert.match(stdout, /^input +\S+ \[any, 3, 64, 64\] float$/m);
    assert.match(stdout, /^layout +nchw$/m);
    assert.match(stdout, /^output +\S+ \[any, 8\] float$/m);
    assert.match(stdout, /^operators +.*Conv × \d+/m);
  });
});

it("text for a terminal keeps every letter and writes out what a terminal would obey", () => {
  assert.equal(visible("é 猫 🐈\n\tx"), "é 猫 🐈\n\tx");
  assert.equal(visible("\u001b]0;t\u0007\u009b\u202e\r"), "\\u001b]0;t\\u0007\\u009b\\u202e\\u000d");
  const value = { name: "a\u009b\u202e\u007f" };
  assert.doesNotMatch(visibleJson(value), OBEYED);
  assert.deepEqual(JSON.parse(visibleJson(value)), value);
});
