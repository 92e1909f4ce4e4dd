import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import sharp from "sharp";
import { audit, findShortcuts } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { answersOf } from "../../src/model/ranking.js";
import { folder } from "./pictures.js";

const { url, options } = classroom.models.binary;

/** Pictures of the classroom in folders `boat` and `not boat`. */
async function boatsAndOthers(count: number): Promise<string> {
  const root = await folder();
  for (const name of ["boat", "not boat"]) await mkdir(join(root, name));
  for (const [i, { image, label }] of classroom.pictures({ count, seed: 5 }).entries()) {
    const file = join(root, label === "boat" ? "boat" : "not boat", `${String(i).padStart(3, "0")}.png`);
    await sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } }).toFile(file);
  }
  return root;
}

describe("a model of one class", () => {
  it("says its label or that it is not, the more probable first", () => {
    const said = (probability: number) =>
      answersOf([{ index: 0, label: "boat", probability }]).map(({ label }) => label);
    assert.deepEqual(
      [said(0.5), said(0.25)],
      [
        ["boat", "not boat"],
        ["not boat", "boat"],
      ],
    );
    assert.equal(answersOf([{ index: 0, label: "boat", probability: 0.25 }])[0].probability, 0.75);
    const two = ["cup", "boat"].map((label, index) => ({ index, label, probability: 0.25 }));
    assert.equal(answersOf(two), two);
  });

  it("is right when it denies what is not there, and its region for yes is tried on pictures it denies", async () => {
    await using model = await loadModel(url, { ...options, threads: 1 });
    const root = await boatsAndOthers(96);
    const lines = ["path,label"];
    const all = await audit(model, root, { method: "recipro-cam", shortcuts: false, out: await folder() });
    for (const { path } of await all.query("select path from results")) {
      lines.push(`${path},${String(path).startsWith("boat/") ? "boat" : "not boat"}`);
    }
    await writeFile(join(root, "truth.csv"), lines.join("\n"));
    const truth = join(root, "truth.csv");
    const result = await audit(model, root, { method: "recipro-cam", shortcuts: false, truth, out: await folder() });
    const rows = await result.query("select * from results");
    assert.ok(rows.filter(({ correct }) => correct).length / rows.length > 0.95);
    for (const { prediction, probability, second, second_probability, truth_probability, truth: label } of rows) {
      assert.ok(Number(probability) >= 0.5);
      assert.deepEqual(new Set([prediction, second]), new Set(["boat", "not boat"]));
      assert.equal(truth_probability, label === prediction ? probability : second_probability);
    }
    const { groups } = await findShortcuts(model, result, { share: 0 });
    assert.deepEqual([...new Set(groups.map(({ prediction }) => prediction))], ["boat"]);
    assert.ok(groups.every(({ flips }) => flips !== null));
    assert.ok(groups.every(({ flagged }) => !flagged));
  });
});
