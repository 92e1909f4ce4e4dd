import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { classroom } from "../../src/classroom/index.js";
import { correlation } from "../../src/core/ranks.js";
import { explain } from "../../src/explain/explain.js";
import { insertXai } from "../../src/export/insert-xai.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/migration/", import.meta.url));

/** What OpenVINO XAI gives for the page's Python: maps of 8 × 8. */
const answers: Record<string, { map: number[] }> = JSON.parse(await readFile(`${fixtures}answers.json`, "utf8"));
const boat = `${fixtures}boat.png`;

/** As OpenVINO XAI scales a map, which it does by itself. */
function scaled(map: Float32Array): number[] {
  const [low, high] = [Math.min(...map), Math.max(...map)];
  return [...map].map((value) => (255 * (value - low)) / (high - low));
}

const furthest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe("coming from OpenVINO XAI", () => {
  const { url, options } = classroom.models.honest;
  let folder: string;
  let model: Model;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-migration-"));
    model = await loadModel(url, options);
  });
  after(async () => {
    await model.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("white box: our raw map is its map, once it is scaled as there", async () => {
    const { data } = (await explain(model, boat, { method: "recipro-cam", targets: ["boat"] })).map("boat");
    assert.ok(furthest(scaled(data), answers["1. White box"].map) <= 1.5);
  });

  it("black box: maps of random masks are alike", async () => {
    const { data, width } = (await explain(model, boat, { method: "rise", masks: 1000, targets: ["boat"] })).map(
      "boat",
    );
    const side = width / 8;
    const means = Float32Array.from({ length: 64 }, (_, cell) => {
      let sum = 0;
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) sum += data[(Math.floor(cell / 8) * side + y) * width + (cell % 8) * side + x];
      return sum / side ** 2;
    });
    const likeness = correlation(means, Float32Array.from(answers["2. Black box"].map));
    assert.ok(likeness > 0.9, `correlation ${likeness}`);
  });

  it("a branch inside the model gives the map of its branch", async () => {
    const output = join(folder, "model-xai.onnx");
    await insertXai(model, { method: "recipro-cam", output });
    await using inside = await loadModel(output, options);
    const { data } = (await explain(inside, boat, { method: "embedded", targets: ["boat"] })).map("boat");
    assert.ok(furthest([...data], answers["3. A branch inside the model"].map) <= 1.5);
  });
});
