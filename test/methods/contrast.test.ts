import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { contrasted, contrastOf } from "../../src/methods/contrast.js";
import { find } from "../../src/methods/registry.js";
import { cellValues, segmentSubject } from "../support/segment-subject.js";

const contrast = contrastOf(find);
/** Both classes live on cell 0; only class 0 needs cell 4, only class 1 cell 8. Class 2 is far behind. */
const classes = [
  (shown: readonly number[]) => 0.4 * shown[0] + 0.2 * shown[4],
  (shown: readonly number[]) => 0.4 * shown[0] + 0.1 * shown[8],
  (shown: readonly number[]) => 0.05 * shown[2],
];
const ablation = { segments: "grid", count: 9, fill: "black" };
const by = { by: "feature-ablation", effort: "balance", options: ablation } as const;

describe("contrast", () => {
  it("cancels what speaks for both classes and keeps what sets them apart, with its sign", async () => {
    const subject = segmentSubject(3, classes);
    const { maps, resolved, notes } = await contrast.explain({ ...subject, targets: [0] }, { ...by, against: 1 });
    assert.deepEqual(notes, ["class 0 (+) rather than class 1 (−), by feature-ablation"]);
    const values = cellValues(maps[0].data, 3);
    const expected = [0, 0, 0, 0, 0.2, 0, 0, 0, -0.1];
    assert.ok(
      values.every((value, s) => Math.abs(value - expected[s]) < 1e-6),
      values.join(" "),
    );
    assert.deepEqual(resolved?.against, [1]);
    assert.equal(subject.passes, 9);
  });

  it("takes the most probable other class of each target when none is named", async () => {
    const { resolved } = await contrast.explain(segmentSubject(3, classes), { ...by });
    assert.deepEqual(resolved?.against, [1, 0, 0]);
  });

  it("works with every black-box method", async () => {
    for (const name of ["rise", "gp-rise", "occlusion", "lime", "kernel-shap", "sobol", "hsic"]) {
      const subject = { ...segmentSubject(3, classes), targets: [0] };
      const options: Record<string, unknown> =
        name === "occlusion" ? { window: 8, stride: 4, fill: "black" } : { budget: { passes: 160 } };
      if (name === "lime" || name === "kernel-shap") Object.assign(options, ablation);
      const { maps } = await contrast.explain(subject, { ...by, by: name, against: 1, options });
      const { data, width, height } = maps[0];
      const middle = data[Math.floor(height / 2) * width + Math.floor(width / 2)];
      assert.ok(middle > 0, `${name}: ${middle} in the middle`);
      assert.ok(middle > data[0] + 0.01 * Math.abs(middle), `${name}: the shared corner does not cancel`);
    }
  });

  it("asks gradients for the difference of the two classes", async () => {
    const asked: unknown[] = [];
    const subject = contrasted(
      {
        ...segmentSubject(3, classes),
        gradient: async (_batch, request) => {
          asked.push(request.target);
          return { scores: { data: new Float32Array(3), dims: [1, 3] }, gradients: new Map(), activations: new Map() };
        },
      },
      [
        [0, 1],
        [2, 0],
      ],
    );
    await subject.gradient(subject.input, { target: 1 });
    await subject.gradient(subject.input, { target: Float32Array.of(1, 0.5) });
    assert.deepEqual(asked, [Float32Array.of(-1, 0, 1), Float32Array.of(0.5, -1, 0.5)]);
  });

  it("costs what its method costs, and refuses nonsense by name", async () => {
    assert.deepEqual(contrast.cost({ ...by }), { forward: 9, backward: 0 });
    const refuses = (options: object, code: string) =>
      assert.rejects(
        async () => contrast.explain(segmentSubject(3, classes), { ...by, ...options }),
        (error: SightlineError) => error instanceof SightlineError && error.code === code,
      );
    await refuses({ against: 0 }, "bad-config");
    await refuses({ by: "contrast" }, "bad-config");
    await refuses({ by: "lyme", options: {} }, "unknown-method");
    await refuses({ options: { widow: 3 } }, "unknown-option");
    await refuses({ by: "recipro-cam", options: {} }, "not-supported");
  });
});
