import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RawMap } from "../../src/core/raw-map.js";
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

/** How the smallest of the presets is made small enough for these tests, and large enough to be cut. */
const SMALL: Readonly<Record<string, object>> = {
  occlusion: { window: 8, stride: 1, fill: "black" },
  aise: { iterations: 60 },
  "feature-ablation": { segments: "grid", count: 100, fill: "black" },
  lime: { segments: "grid", count: 48, fill: "black" },
  "kernel-shap": { segments: "grid", count: 48, fill: "black" },
  "score-cam": { channels: 4096 },
};
/** With these a map is never exact, so two halves can be compared and the run stopped. */
const EXACT = ["feature-ablation"];
const LEAST_PASSES: Readonly<Record<string, number>> = { aise: 6 };

describe("every sampling method", () => {
  const names = (Object.keys(METHODS) as MethodName[]).filter((name) => {
    const { limits, unsupported } = find(name);
    return "budget" in limits && unsupported?.(picture().info, picture().layers()) === undefined;
  });

  /** Brightness of a block on the left, of one on the right, and of both. */
  function picture({
    targets = [0],
    batch = 4,
    seed = 0,
  }: {
    targets?: readonly number[];
    batch?: number;
    seed?: number;
  } = {}) {
    const channels = 600;
    const shape = [1, channels, 6, 8];
    return analyticSubject({
      width: 40,
      height: 30,
      targets,
      batch,
      seed,
      layers: [
        {
          name: "features",
          kind: "feature-map",
          shape,
          operator: "Relu",
          geometry: { layout: "nchw", channels, height: 6, width: 8, offset: 0 },
        },
      ],
      activations: {
        features: {
          data: Float32Array.from({ length: channels * 48 }, (_, i) => ((i * 7919) % 101) / 101),
          dims: shape,
        },
      },
      input: Float32Array.from({ length: 1200 }, (_, p) => 0.5 + ((p * 37) % 50) / 100),
      score(image) {
        const sums = [0, 0];
        image.forEach((value, p) => {
          const [x, y] = [p % 40, Math.floor(p / 40)];
          if (y >= 10 && y < 20 && x >= 5 && x < 15) sums[0] += value / 100;
          if (y >= 5 && y < 15 && x >= 25 && x < 35) sums[1] += value / 100;
        });
        return [...sums, (sums[0] + sums[1]) / 2];
      },
    });
  }
  const optionsOf = (name: MethodName) => ({ ...find(name).defaults, ...SMALL[name] });

  it("is among those tested", () => {
    const sampling = [
      "gp-rise",
      "rise",
      "aise",
      "occlusion",
      "feature-ablation",
      "lime",
      "kernel-shap",
      "sobol",
      "hsic",
      "score-cam",
    ];
    assert.deepEqual([...names].sort(), sampling.sort());
  });

  for (const name of names) {
    it(`has a finite map after any number of passes, and says beforehand what they are: ${name}`, async () => {
      const method = find(name);
      for (const passes of [1, 2, 3, 20].map((few) => Math.max(few, LEAST_PASSES[name] ?? 1))) {
        const subject = picture();
        const options = { ...optionsOf(name), budget: { passes } };
        const { maps } = await method.explain(subject, options);
        assert.ok(maps[0].data.every(Number.isFinite), `${passes} passes`);
        assert.ok(subject.passes <= passes);
        if (name !== "aise") assert.equal(subject.passes, method.cost(options, subject.info).forward);
      }
    });

    it(`has a map of every target from the first batch on, told while it works: ${name}`, async () => {
      const subject = picture({ targets: [0, 1] });
      const seen: { done: number; total: number; maps: Promise<RawMap[]> }[] = [];
      subject.progress = ({ done, total, maps }) => {
        const made = Promise.resolve(maps?.() ?? []);
        seen.push({ done, total, maps: made });
      };
      await find(name).explain(subject, { ...optionsOf(name), budget: { passes: 240 } });
      assert.ok(seen.length > 2 && seen[0].done < 0.4 * seen[0].total);
      assert.ok(seen.every(({ done, total }, i) => done <= total && (i === 0 || done > seen[i - 1].done)));
      for (const { maps } of seen) {
        const made = await maps;
        assert.equal(made.length, 2);
        assert.ok(made.every(({ data }) => data.every(Number.isFinite)));
      }
      const early = await Promise.all(seen.filter(({ done, total }) => done <= total / 2).map(({ maps }) => maps));
      const telling = ({ data }: RawMap) => data.some((value) => value !== data[0]);
      assert.ok(
        early.some((maps) => maps.every(telling)),
        "early maps are flat",
      );
    });

    it(`stops when the time is up, throws no pass away and says so: ${name}`, async () => {
      const subject = picture();
      const masked = subject.masked.bind(subject);
      subject.masked = async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return masked(batch);
      };
      const options = { ...optionsOf(name), budget: { milliseconds: 30 } };
      const { resolved, notes } = await find(name).explain(subject, options);
      assert.ok(subject.passes < find(name).cost(options, subject.info).forward, `${subject.passes}`);
      assert.equal(resolved?.passes, subject.passes);
      assert.match(String(notes), /stopped by the budget after \d+ .*cut by time/);
    });

    it(`shares its batches among the targets, and a target's map does not depend on the others: ${name}`, async () => {
      const options = { ...optionsOf(name), budget: { passes: 240 } };
      const [alone, together] = [picture(), picture({ targets: [0, 1, 2], batch: 32 })];
      const [one] = (await find(name).explain(alone, options)).maps;
      const shared = await find(name).explain(
        together,
        name === "aise" ? { ...options, budget: { passes: 720 } } : options,
      );
      assert.equal(shared.maps.length, 3);
      if (name === "aise") assert.ok(together.passes < 3 * alone.passes);
      else assert.equal(together.passes, alone.passes);
      assert.deepEqual(shared.maps[0].data, one.data);
    });

    if (EXACT.includes(name)) continue;
    it(`measures its convergence by halves, and stops when it has converged: ${name}`, async () => {
      const whole = picture();
      const { resolved } = await find(name).explain(whole, optionsOf(name));
      const { forward } = find(name).cost(optionsOf(name), whole.info);
      if (name === "score-cam") assert.ok(whole.passes <= forward);
      else assert.equal(whole.passes, forward);
      assert.ok(Number(resolved?.convergence) > 0.2, `halves correlate at ${resolved?.convergence}`);
      const stopped = picture();
      const until = { correlation: Number(resolved?.convergence) / 2 };
      const { notes } = await find(name).explain(stopped, { ...optionsOf(name), until });
      assert.ok(stopped.passes < whole.passes, `${stopped.passes} of ${whole.passes} passes`);
      assert.match(String(notes), /stopped after \d+ .*converged/);
    });
  }
});
