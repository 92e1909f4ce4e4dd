import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { visualize } from "../../src/render/visualize.js";
import { assertAlike } from "./method-pictures.js";
import { CASES, COLLECTIONS } from "./methods.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { pictures } = COLLECTIONS.photographs;

test("the picture at the top of the README shows the five cases (UPDATE_GALLERY=1 accepts a change)", async () => {
  await using model = await loadModel("efficientnet-lite0");
  const files = pictures.map(({ file }) => root + file);
  const figure = await visualize(await explain(model, files, { method: "recipro-cam" }), { columns: 3 });
  const file = `${root}docs/images/cases.png`;
  if (process.env.UPDATE_GALLERY) await writeFile(file, figure.png());
  await assertAlike(figure.png(), await readFile(file));
});

test("what the README says of it is what it shows, in its order", async () => {
  const readme = await readFile(`${root}README.md`, "utf8");
  const [, alt] = /!\[([^\]]*)\]\(docs\/images\/cases\.png\)/.exec(readme) ?? [];
  assert.equal(
    alt,
    `Five photographs and what the model looked at: ${pictures.map((one) => CASES[one.case]).join("; ")}`,
  );
});
