import assert from "node:assert/strict";
import { existsSync } from "node:fs";
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
import { fixture } from "../support/fixtures.js";
import { blocksOf, documentationPages } from "../support/markdown.js";
import { tinyCnn } from "../support/models.js";
import { promisedLines, runCode } from "../support/run-code.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Blocks that tests of their own run: of these pages all, or those below a heading. */
const ELSEWHERE: Readonly<Record<string, { readonly heading?: string; readonly test: string }>> = {
  "README.md": { heading: "The first ten lines", test: "readme.test" },
  "CONTRIBUTING.md": { test: "docs/contributing.test" },
  "docs/how-to/own-model.md": { test: "docs/recipes.test" },
  "docs/how-to/detectors.md": { test: "docs/recipes.test" },
  "docs/how-to/morning.md": { test: "docs/morning.long.test" },
};

/** Pages whose blocks go on where the one before ended. */
const CONTINUED = new Set(["docs/audit.md", "docs/exercises.md", "docs/how-to/words.md"]);

let folder: string;
let model: Model;
const home = process.cwd();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-pages-"));
  process.chdir(folder);
  const { url, options } = classroom.models.honest;
  await cp(fixture("zero-shot/clip"), ".", { recursive: true });
  await cp(fileURLToPath(url), "model.onnx");
  await writeFile("labels.txt", options.labels.join("\n"));
  await writeFile(
    "my-model.onnx",
    tinyCnn({ size: 224, classes: options.labels.length, output: "logits" }).serialize(),
  );
  const [{ image }] = classroom.pictures({ count: 1, labels: ["boat"] });
  for (const name of ["cat.png", "cat.jpg", "dog.png"])
    await writeFile(name, await pictures.encode(image, { format: "png" }));
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

for (const page of documentationPages) {
  const written = blocksOf(page).filter(({ language }) => language === "ts");
  const elsewhere = ELSEWHERE[page];
  const here = written.filter(({ heading }) => !elsewhere || (elsewhere.heading && elsewhere.heading !== heading));
  const all = here.map(({ code }) => code);
  const blocks = CONTINUED.has(page) ? [all.join("\n")] : all;
  blocks.forEach((code, i) => {
    test(`${page}: block ${i + 1} runs and prints what it says`, async () => {
      const exported = code.replace(/^export /gm, "");
      const opened = /^const model = await loadModel/m.test(code) ? ["model"] : [];
      const close = ({ model }: { model?: Model }) => model?.close();
      assert.deepEqual(await runCode(exported, { metric, model }, opened, close), promisedLines(code));
    });
  });
  if (elsewhere) {
    test(`${page} has code that ${elsewhere.test} runs`, () => {
      assert.ok(existsSync(`${root}test/${elsewhere.test}.ts`));
      assert.ok(written.length > here.length, "it has none any more: take it off the list");
    });
  }
}

test("there is code to run", () => {
  const pages = new Set(documentationPages.filter((page) => blocksOf(page).some(({ language }) => language === "ts")));
  assert.ok(pages.size >= 12, [...pages].join(", "));
});
