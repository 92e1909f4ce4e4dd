import assert from "node:assert/strict";
import { audit, findShortcuts } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "./pictures.js";

/** Maps of the method bring the planted watermark out first, and nothing is flagged on the honest model. */
export async function plantedWatermark(method: "recipro-cam" | "occlusion"): Promise<void> {
  const pictures = await pictureFolder(160, 11);
  for (const name of ["shortcut", "honest"] as const) {
    const { url, options } = classroom.models[name];
    await using model = await loadModel(url, { ...options, threads: 1 });
    const result = await audit(model, pictures, { out: await folder(), method, shortcuts: false });
    const { groups } = await findShortcuts(model, result);
    const flagged = groups.filter((group) => group.flagged);
    if (name === "honest") {
      assert.deepEqual(
        flagged.map(({ prediction }) => prediction),
        [],
      );
      continue;
    }
    assert.deepEqual(
      flagged.map(({ prediction }) => prediction),
      ["boat"],
    );
    assert.equal(groups[0], flagged[0]);
    const { box, flips, control, purity, mean, share } = flagged[0];
    assert.ok(purity > 0.8 && purity <= 1, `${purity} of the cluster are boats`);
    const inBox = (i: number) => {
      const [x, y] = [(i % 32) / 32, Math.floor(i / 32) / 32];
      return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
    };
    const total = mean.reduce((sum, value) => sum + value, 0);
    const inside = mean.reduce((sum, value, i) => sum + (inBox(i) ? value : 0), 0);
    assert.ok(Math.abs(inside / total - share) < 1e-4, "the share is that of the mean map in the box");
    assert.ok(box.x < 0.15 && box.y > 0.6, "the region is the lower left, where the mark lies");
    assert.ok(Number(flips) >= 0.72 && Number(control) <= 0.1);
  }
}
