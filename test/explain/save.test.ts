import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { Explanation } from "../../src/explain/explanation.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import { visualize } from "../../src/render/visualize.js";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-save-"));
});
after(() => rm(folder, { recursive: true }));

function explained(labels: readonly string[], name = "cat.jpeg"): Explanation {
  const targets = labels.map((label, index) => ({ index, label, probability: 0.3916 }));
  const map = new SaliencyMap({ data: Float32Array.of(0, 1, 2, 3), width: 2, height: 2, signed: false });
  return new Explanation({
    image: {
      name,
      pixels: { data: new Uint8Array(48), width: 4, height: 4 },
      view: { x: 0, y: 0, width: 4, height: 4 },
    },
    prediction: targets[0],
    predictions: targets,
    targets,
    maps: targets.map(() => map),
    defaults: { type: "pixels" },
    provenance: {
      model: { name: "net", sha256: "" },
      method: "rise",
      options: {},
      seed: 0,
      score: "probability",
      forwardPasses: 1,
      backwardPasses: 0,
      milliseconds: 1,
      notes: [],
      version: "0",
    },
  });
}

const isPng = async (path: string) => (await readFile(path)).subarray(1, 4).toString() === "PNG";

const failed = (words: RegExp) => (error: unknown) =>
  error instanceof SightlineError && error.code === "write-failed" && words.test(error.message);

test("save writes one PNG a target and names picture, target, prediction and probability", async () => {
  const out = join(folder, "new", "folder");
  const paths = await explained(["tiger cat", "Egyptian cat"]).save(out, {
    prefix: "a-",
    postfix: "-z",
    confidence: true,
  });
  assert.deepEqual(
    paths.map((path) => basename(path)),
    ["a-cat_target_tiger_cat_pred_tiger_cat_0.39-z.png", "a-cat_target_Egyptian_cat_pred_tiger_cat_0.39-z.png"],
  );
  assert.deepEqual((await readdir(out)).sort(), paths.map((path) => basename(path)).sort());
  for (const path of paths) assert.ok(await isPng(path));
});

test("without confidence there is no number in the name; targets choose", async () => {
  const paths = await explained(["a", "b"]).save(folder, { targets: "b" });
  assert.deepEqual(paths, [join(folder, "cat_target_b_pred_a.png")]);
});

test("labels and names cannot leave the folder or grow without end", async () => {
  const out = join(folder, "hostile");
  const labels = ["../../etc/passwd", 'a/b\\c:d*?"<>|\u0000', "x".repeat(500), ".hidden", "猫".repeat(100)];
  const paths = await explained(labels, "../../../evil/../name.png").save(out, {
    confidence: true,
    prefix: "p".repeat(300),
    postfix: "z".repeat(300),
  });
  assert.equal((await readdir(out)).length, labels.length);
  for (const path of paths) {
    assert.equal(join(out, basename(path)), path);
    assert.ok(Buffer.byteLength(basename(path)) < 255);
    assert.ok([...basename(path)].every((character) => !'/\\:*?"<>|\0'.includes(character)));
  }
});

test("targets whose names become the same get their own files", async () => {
  const paths = await explained(["a b", "a_b", "A b"]).save(join(folder, "same"));
  assert.equal(new Set(paths.map((path) => path.toLowerCase())).size, 3);
});

test("an unknown key is refused before anything is written", async () => {
  const out = join(folder, "never");
  await assert.rejects(
    explained(["a"]).save(out, { confidense: true } as object),
    (error) => error instanceof SightlineError && error.code === "unknown-option",
  );
  await assert.rejects(readdir(out));
});

test("a folder that cannot be made is an error that says so", async () => {
  await writeFile(join(folder, "a-file"), "");
  await assert.rejects(
    explained(["a"]).save(join(folder, "a-file", "below")),
    failed(/folder '.*below' could not be created/),
  );
});

test("where a file cannot be replaced the old one stays, and no draft is left", async () => {
  const place = join(folder, "taken");
  const path = join(place, "cat.png");
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "inside"), "old");
  const figure = await visualize(explained(["a"]));
  await assert.rejects(
    figure.save(path),
    failed(/'.*cat\.png' could not be written \((EISDIR|ENOTEMPTY|EEXIST)\).*untouched/),
  );
  assert.deepEqual(await readdir(place), ["cat.png"]);
  assert.equal(await readFile(join(path, "inside"), "utf8"), "old");
  await assert.rejects(figure.save(join(folder, "missing", "cat.png")), failed(/ENOENT.*a folder that exists/));
});

test("when the disk is full the old file stays", { skip: process.platform === "win32" }, async () => {
  const place = join(folder, "full");
  await mkdir(place);
  const path = join(place, "cat.png");
  await writeFile(path, "old");
  const module = new URL("../../src/platform/node/files.js", import.meta.url).href;
  const script = `
    process.on("SIGXFSZ", () => {});
    const { files } = await import(${JSON.stringify(module)});
    await files.writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(1 << 20)).then(() => console.log("written"), (error) => console.log(error.code));`;
  const { stdout } = spawnSync(
    "sh",
    ["-c", 'ulimit -f 64; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    {
      encoding: "utf8",
    },
  );
  assert.equal(stdout.trim(), "write-failed");
  assert.equal(await readFile(path, "utf8"), "old");
  assert.deepEqual(await readdir(place), ["cat.png"]);
});

test("a figure can be saved as a page, and as nothing else than PNG and HTML", async () => {
  const figure = await visualize(explained(["<script>alert(1)</script>"]));
  const path = join(folder, "page.html");
  await figure.save(path);
  const page = await readFile(path, "utf8");
  assert.match(page, /^<!doctype html>.*<figure.*data:image\/png;base64,/s);
  assert.ok(!page.includes("<script>"));
  await assert.rejects(
    figure.save(join(folder, "cat.gif")),
    (error) => error instanceof SightlineError && error.code === "bad-config",
  );
});
