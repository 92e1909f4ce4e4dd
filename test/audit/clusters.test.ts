import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { audit, findShortcuts } from "../../src/audit/index.js";
import { umapCoordinates } from "../../src/audit/shortcuts/clusters.js";
import { classroom } from "../../src/classroom/index.js";
import { random } from "../../src/core/random.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "./pictures.js";

describe("UMAP coordinates", () => {
  const source = random(7);
  /** Two groups far from each other, every second row one of them. */
  const rows = Array.from({ length: 60 }, (_, i) =>
    Float32Array.from({ length: 16 }, (_, d) => source.normal() + (i % 2 && d < 4 ? 20 : 0)),
  );

  it("are finite, one pair a map, the same for a seed and others for another", async () => {
    const [one, again, other] = [
      await umapCoordinates(rows, { seed: 3 }),
      await umapCoordinates(rows, { seed: 3 }),
      await umapCoordinates(rows, { seed: 4 }),
    ];
    assert.equal(one.length, rows.length);
    assert.ok(one.flat().every(Number.isFinite));
    assert.deepEqual(one, again);
    assert.notDeepEqual(one, other);
  });

  it("put maps beside those that they are like", async () => {
    const places = await umapCoordinates(rows, { seed: 3 });
    const away = (a: number, b: number) => Math.hypot(places[a][0] - places[b][0], places[a][1] - places[b][1]);
    for (let i = 0; i < rows.length; i++) {
      const others = rows.map((_, j) => j).filter((j) => j !== i);
      const nearest = others.reduce((best, j) => (away(i, j) < away(i, best) ? j : best));
      assert.equal(nearest % 2, i % 2, `${i} lies beside ${nearest}`);
    }
  });

  it("are finite for equal maps, and 0 for fewer than four", async () => {
    const equal = await umapCoordinates(Array.from({ length: 12 }, () => new Float32Array(16).fill(1)));
    assert.ok(equal.length === 12 && equal.flat().every(Number.isFinite));
    assert.deepEqual(await umapCoordinates(rows.slice(0, 3)), [
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});

describe("clusters.parquet", () => {
  it("has one row a picture with finite coordinates, as the search for shortcuts finds them again", async () => {
    const { url, options } = classroom.models.honest;
    await using model = await loadModel(url, { ...options, threads: 1 });
    const pictures = await pictureFolder(60, 71);
    const result = await audit(model, pictures, { method: "recipro-cam", out: await folder(), shortcuts: true });
    const rows = await result.query("select path, cluster, x, y, u, v from clusters");
    const all = await result.query("select path from results order by path");
    assert.deepEqual(
      rows.map(({ path }) => path).toSorted(),
      all.map(({ path }) => path),
    );
    for (const { x, y, u, v } of rows) assert.ok([x, y, u, v].every(Number.isFinite));
    const { points, clusters } = await findShortcuts(model, result);
    assert.deepEqual(rows, points);
    const numbers = [...new Set(points.map(({ cluster }) => cluster))].toSorted();
    assert.deepEqual(
      numbers,
      Array.from({ length: clusters }, (_, i) => i),
    );
  });
});
