import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { type Evaluation, evaluate, summarise } from "../../src/evaluate/index.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { methods } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";

const load = ({ url, options }: (typeof classroom.models)["honest"]) => loadModel(url, { ...options, threads: 1 });

describe("maps of models whose truth is known", () => {
  let honest: Model;
  let shortcut: Model;
  before(async () => {
    honest = await load(classroom.models.honest);
    shortcut = await load(classroom.models.shortcut);
  });
  after(async () => {
    await honest.close();
    await shortcut.close();
  });

  it("lie on the watermark where the model decides by it, and on the object where it does not", async () => {
    const pictures = classroom.pictures({ count: 6, seed: 21, labels: ["house", "fish", "cup"], watermark: true });
    const found: Record<string, Evaluation[]> = { mark: [], object: [] };
    for (const { image, mask, markMask, label } of pictures) {
      const onMark = await explain(shortcut, image, { method: "recipro-cam", targets: "boat" });
      const onObject = await explain(honest, image, { method: "recipro-cam", targets: label });
      const options = { metrics: ["iou", "relevance-mass"], nulls: 50 } as const;
      found.mark.push(await evaluate(shortcut, image, onMark, { ...options, mask: markMask }));
      found.object.push(await evaluate(honest, image, onObject, { ...options, mask }));
    }
    for (const [truth, evaluations] of Object.entries(found)) {
      const [iou, mass] = summarise(evaluations).entries;
      assert.ok(iou.mean > 0.4, `${truth}: IoU ${iou.mean}`);
      assert.ok(
        mass.nulls && mass.mean > 2 * mass.nulls.regions,
        `${truth}: ${mass.mean} against ${mass.nulls?.regions}`,
      );
      assert.ok(iou.nulls && iou.nulls.chance < 0.05, `${truth}: chance ${iou.nulls?.chance}`);
    }
  });

  it("add up to the score where integrated gradients make them, and not where plain gradients do", async () => {
    const [{ image }] = classroom.pictures({ count: 1, seed: 3, labels: ["tree"] });
    const maps = [
      await explain(honest, image, { method: "integrated-gradients", baseline: "mean" }),
      await explain(honest, image, { method: "gradient" }),
    ];
    const result = await evaluate(honest, image, maps, { metrics: ["completeness"] });
    assert.ok(result.get("completeness").value < 0.01, `${result.get("completeness").value}`);
    assert.ok(result.get("completeness", "gradient").value > 0.3);
  });

  it("are measured by every method, or docs/truth.md says why not and the method itself says so, too", async () => {
    const page = await readFile(new URL("../../../docs/truth.md", import.meta.url), "utf8");
    const measured = [...page.matchAll(/^\| ([\w+-]+) \| \d/gm)].map(([, name]) => name);
    const leftOut = [...page.matchAll(/^- ([\w+, -]+): /gm)].flatMap(([, names]) => names.split(", "));
    const names = methods().map(({ name }) => name);
    // some have a row for each composite, and one on a transformer
    assert.deepEqual([...new Set([...measured, ...leftOut])].toSorted(), names.toSorted());
    const [{ image }] = classroom.pictures({ count: 1, seed: 21 });
    for (const method of leftOut.filter((name) => name !== "feature-visualization"))
      await assert.rejects(explain(honest, image, { method } as object), { code: "not-supported" }, method);
  });
});
