import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { displaySymbol } from "../../src/core/display.js";
import { type CompareOptions, type Comparison, compare } from "../../src/evaluate/compare.js";
import type { RawImage } from "../../src/image/types.js";
import { METHODS } from "../../src/methods/registry.js";
import { analyticModel } from "../support/analytic-model.js";

const WIDTH = 16;
const HEIGHT = 12;
const picture: RawImage = {
  data: Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => 100 + (i % 97)),
  width: WIDTH,
  height: HEIGHT,
};
const model = () =>
  analyticModel({
    width: WIDTH,
    height: HEIGHT,
    labels: ["left", "right"],
    probabilities: "as given",
    score(image) {
      const sums = [0, 0];
      for (let p = 0; p < WIDTH * HEIGHT; p++) sums[p % WIDTH < WIDTH / 2 ? 0 : 1] += image[p] / 96;
      return sums;
    },
  });
const some = [
  { method: "occlusion", window: 4, stride: 4, fill: "zero" },
  { method: "rise", masks: 400, cells: 4 },
  { method: "lime", segments: "grid", count: 12, fill: "black", samples: 100 },
] as const;

describe("compare", () => {
  it("explains one picture by several methods, each with its own options, and shares the first pass", async () => {
    const subject = model();
    const { explanations, failures } = await compare(subject, picture, { methods: some, targets: "left" });
    assert.deepEqual(
      explanations.map(({ provenance }) => provenance.method),
      ["occlusion", "rise", "lime"],
    );
    assert.deepEqual(failures, []);
    assert.equal(subject.passes, 1 + 12 + 400 + 100);
    for (const explanation of explanations) {
      const { x } = explanation.map("left").peak();
      assert.ok(x < 0.5, `${explanation.provenance.method} peaks at ${x}`);
    }
  });

  it("says how far they agree and what each cost", async () => {
    const comparison = await compare(model(), picture, { methods: some, targets: "left" });
    const { names, spearman } = comparison.agreement();
    assert.deepEqual(names, ["occlusion", "rise", "lime"]);
    assert.ok(spearman[0][1] > 0.5 && spearman[0][2] > 0.5);
    const table = comparison.table();
    assert.deepEqual(
      table.rows.map((row) => row.slice(0, 3).map(({ text }) => text)),
      [
        ["occlusion", "13", "0"],
        ["rise", "401", "0"],
        ["lime", "101", "0"],
      ],
    );
    const shown = String((await comparison[displaySymbol]())["text/html"]);
    assert.match(shown, /<figure[\s\S]*<th scope="row"[^>]*>lime<\/th>/);
  });

  it("reports a method that fails beside the rest", async () => {
    const { explanations, failures } = await compare(model(), picture, {
      methods: ["eigen-cam", { method: "occlusion", window: 99 }, some[2]],
    });
    assert.deepEqual(
      explanations.map(({ provenance }) => provenance.method),
      ["lime"],
    );
    assert.deepEqual(
      failures.map(({ method, code }) => [method, code]),
      [
        ["eigen-cam", "not-supported"],
        ["occlusion", "bad-config"],
      ],
    );
    assert.match(failures[1].message, /window of 99/);
  });

  it("refuses what no model could do", async () => {
    const cases: [CompareOptions, string][] = [
      [{ methods: ["lime", "rize" as "rise"] }, "unknown-method"],
      [{ methods: [{ method: "rise", mask: 3 } as { method: "rise" }] }, "unknown-option"],
      [{ methods: [null as never] }, "unknown-method"],
    ];
    for (const [options, code] of cases) await assert.rejects(compare(model(), picture, options), { code });
  });

  it("takes every method that suits the model and names the others", async () => {
    const comparison: Comparison = await compare(model(), picture, { preset: "speed" });
    const names = [...comparison.explanations.map(({ provenance }) => provenance.method)];
    for (const name of ["rise", "gp-rise", "lime", "kernel-shap", "sobol", "hsic"])
      assert.ok(names.includes(name), name);
    const all = [...names, ...comparison.failures.map(({ method }) => method)].sort();
    assert.deepEqual(
      all,
      Object.keys(METHODS)
        .filter((name) => name !== "contrast")
        .sort(),
    );
    assert.ok(comparison.failures.some(({ method }) => method === "recipro-cam"));
  });

  it("stops when the reader cancels, and refuses an empty list", async () => {
    const controller = new AbortController();
    const stopped = compare(model(), picture, {
      methods: some,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await assert.rejects(stopped, { code: "aborted" });
    await assert.rejects(compare(model(), picture, { methods: [] }), { code: "bad-config" });
  });
});
