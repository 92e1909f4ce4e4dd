import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pictures } from "#platform/pictures";
import { classroom } from "../../src/classroom/index.js";
import { metric } from "../../src/evaluate/metric.js";
import type { Model } from "../../src/index.js";
import { loadModel } from "../../src/load-model.js";
import { promisedLines, runCode } from "../support/run-code.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Pages whose TypeScript runs in a folder with the files below. How-to pages on other tools' models have a test of their own. */
const PAGES = [
  "how-to/classroom",
  "how-to/metric",
  "how-to/widget",
  "migration/openvino-xai",
  "migration/google",
  "errors",
  "black-box-method",
  "audit",
  "exercises",
];

/** Pages whose blocks go on where the one before ended. */
const CONTINUED = new Set(["audit", "exercises"]);

let folder: string;
let model: Model;
const home = process.cwd();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-pages-"));
  process.chdir(folder);
  const { url, options } = classroom.models.honest;
  await cp(fileURLToPath(url), "model.onnx");
  await writeFile("labels.txt", options.labels.join("\n"));
  const [{ image }] = classroom.pictures({ count: 1, labels: ["boat"] });
  for (const name of ["cat.png", "cat.jpg"]) await writeFile(name, await pictures.encode(image, { format: "png" }));
  for (const [i, drawn] of classroom.pictures({ count: 96, seed: 5 }).entries()) {
    await mkdir(`photos/${drawn.label}`, { recursive: true });
    await writeFile(`photos/${drawn.label}/${i}.png`, await pictures.encode(drawn.image, { format: "png" }));
  }
  // a class that the page on errors misspells stands in for the last of the eight
  model = await loadModel(url, { ...options, labels: [...options.labels.slice(0, -1), "tiger cat"] });
  const google = await readFile(`${root}docs/migration/google.md`, "utf8");
  await writeFile("explanation_metadata.json", /```json\n([\s\S]*?)```/.exec(google)![1]);
});

after(async () => {
  await model.close();
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

for (const page of PAGES) {
  const text = await readFile(`${root}docs/${page}.md`, "utf8");
  const all = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  const blocks = CONTINUED.has(page) ? [all.join("\n")] : all;
  blocks.forEach((code, i) => {
    test(`${page}: block ${i + 1} runs and prints what it says`, async () => {
      const exported = code.replace(/^export /gm, "");
      assert.deepEqual(await runCode(exported, { metric, model }), promisedLines(code));
    });
  });
  test(`${page} has code, and its JSON can be read`, () => {
    assert.ok(blocks.length > 0);
    for (const [, json] of text.matchAll(/^```json\n([\s\S]*?)^```$/gm)) JSON.parse(json);
  });
}
