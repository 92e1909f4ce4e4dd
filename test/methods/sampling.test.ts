import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { find, METHODS, type MethodName } from "../../src/methods/registry.js";
import { type Sampler, sample } from "../../src/methods/sampling.js";
import type { MaskedBatch } from "../../src/model/types.js";
import { analyticSubject } from "../support/analytic-subject.js";

/** A sampler that counts; its halves agree from `agreeAt` samples on. */
function counter(agreeAt = Number.POSITIVE_INFINITY) {
  const seen: number[] = [];
  const sampler: Sampler = {
    halves: true,
    batch: (_, count): MaskedBatch => {
      const zero = { data: new Float32Array(4), dims: [1, 1, 2, 2] };
      return { base: zero, delta: zero, count, masks: { kind: "dense", data: new Float32Array(4 * count) } };
    },
    take(scores, from) {
      for (let n = 0; n < scores.dims[0]; n++) seen.push(from + n);
    },
    maps(half) {
      const sign = half === 1 && seen.length < agreeAt ? -1 : 1;
      return [{ data: Float32Array.of(0, sign, 2 * sign, 4 * sign), width: 2, height: 2 }];
    },
  };
  return { seen, sampler };
}

const subject = (batch = 4) => analyticSubject({ width: 2, height: 2, batch, score: () => [0.5] });
const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("sample", () => {
  it("takes every sample once and in order, whatever the batch size", async () => {
    for (const batch of [1, 3, 64, 1000]) {
      const { seen, sampler } = counter();
      const run = subject(batch);
      const { passes, stopped } = await sample(run, 517, {}, sampler);
      assert.deepEqual(seen, inOrder(517));
      assert.deepEqual([passes, run.passes, stopped], [517, 517, "complete"]);
    }
  });

  it("throws no pass away when it converges", async () => {
    for (const batch of [1, 64, 1000]) {
      const { seen, sampler } = counter(500);
      const run = subject(batch);
      const { passes, stopped, notes } = await sample(run, 2000, { until: { correlation: 0.9 } }, sampler);
      assert.deepEqual([passes, run.passes, seen.length, stopped], [512, 512, 512, "converged"]);
      assert.match(notes[0], /stopped after 512 of 2000 passes/);
    }
  });

  it("throws no pass away when the time is up", async () => {
    const { seen, sampler } = counter();
    const run = subject();
    const slow = {
      ...run,
      masked: async (batch: MaskedBatch) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return run.masked(batch);
      },
    };
    const { passes, stopped } = await sample(slow, 100_000, { budget: { milliseconds: 30 } }, sampler);
    assert.equal(stopped, "budget");
    assert.equal(passes, run.passes);
    assert.deepEqual(seen, inOrder(passes));
  });

  it("says how far it came when it did not converge", async () => {
    const { sampler } = counter();
    const { notes, convergence } = await sample(subject(), 300, { until: { correlation: 0.9 } }, sampler);
    assert.equal(convergence, -1);
    assert.match(notes[0], /not converged after 300 passes/);
  });
});

/** All that run in the loop above; AISE searches in a loop of its own and needs six passes at least. */
describe("every sampling method", () => {
  const names = (Object.keys(METHODS) as MethodName[]).filter((name) => {
    const { needs, options, unsupported } = find(name);
    const black = needs.every((need) => need === "forward") && options.includes("budget");
    return black && name !== "aise" && unsupported?.(picture().info, []) === undefined;
  });
  function picture() {
    return analyticSubject({
      width: 40,
      height: 30,
      score: (image) => [image.reduce((sum, value) => sum + value, 0) / 1200],
    });
  }

  it("is among those tested", () => {
    for (const name of ["gp-rise", "rise", "occlusion", "lime", "kernel-shap", "sobol", "hsic"] as const) {
      assert.ok(names.includes(name), name);
    }
  });

  for (const name of names) {
    it(`has a finite map after any number of passes, and says beforehand what they are: ${name}`, async () => {
      const method = find(name);
      const own = name === "occlusion" ? { window: 10, stride: 10 } : {};
      for (const passes of [1, 2, 3, 20]) {
        const subject = picture();
        const options = { ...method.defaults, ...method.presets.speed, ...own, budget: { passes } };
        const { maps } = await method.explain(subject, options);
        assert.ok(maps[0].data.every(Number.isFinite), `${passes} passes`);
        assert.equal(subject.passes, method.cost(options, subject.info).forward);
      }
    });
  }
});
