import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { explain } from "../../src/explain/explain.js";
import type { ExplainOptions } from "../../src/explain/options.js";
import { loadModel } from "../../src/load-model.js";
import { METHODS, type MethodName } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";
import { fixture } from "../support/fixtures.js";
import { useSwiftShader } from "../support/swiftshader.js";

useSwiftShader();

/** As many samples of each kind as a card in software has patience for. */
const FEW = { budget: { passes: 24 }, masks: 24, steps: 4, samples: 4, iterations: 2 };
/** Which networks cannot show: one without attention, one without a map inside, no detector. */
const ELSEWHERE = new Set<string>(["embedded", "d-rise", "det-class-probability-map"]);

/** What rounding leaves of a map that is zero, such as HiRes-CAM's in front of a layer norm, which no scale passes. */
const ROUNDING = 1e-6;

/** The largest difference of a value, as a share of the largest value. */
function difference(a: Float32Array, b: Float32Array): number {
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const apart = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
  return apart < ROUNDING ? 0 : apart / largest;
}

describe("maps on a graphics card in software are the processor's", () => {
  const shown = new Set<string>();
  for (const network of ["resnet", "transformer"]) {
    describe(network, () => {
      let own: Model;
      let card: Model;
      before(async () => {
        const file = fixture(`gradients/${network}.legacy.onnx`);
        own = await loadModel(file, { threads: 1 });
        card = await loadModel(file, { device: "webgpu" });
      });
      after(() => Promise.all([own?.close(), card?.close()]));
      for (const method of Object.keys(METHODS) as MethodName[]) {
        test(method, async (context) => {
          const { supported, reason } = own.info.methods.find((each) => each.method === method) ?? {};
          if (!supported) return context.skip(reason);
          const known = Object.keys(METHODS[method].limits);
          const options = Object.fromEntries(Object.entries(FEW).filter(([name]) => known.includes(name)));
          const x = own.fill([200, 90, 20]);
          x.data.forEach((_, i) => {
            x.data[i] += 0.5 * Math.sin(0.37 * i);
          });
          const settings = { method, targets: 3, preset: "speed", ...options } as unknown as ExplainOptions<"rise">;
          const [here, there] = [await explain(own, x, settings), await explain(card, x, settings)];
          assert.equal(there.provenance.runtime?.device, "webgpu");
          assert.ok(difference(here.map(3).data, there.map(3).data) < 1e-3);
          shown.add(method);
        });
      }
    });
  }
  test("every method was shown by one network or the other", () => {
    assert.deepEqual(
      Object.keys(METHODS).filter((name) => !shown.has(name) && !ELSEWHERE.has(name)),
      [],
    );
  });
});

test("the classroom's models answer on the card as on the processor", async () => {
  const { url, options } = classroom.models.honest;
  await using own = await loadModel(url, { ...options, threads: 1 });
  await using card = await loadModel(url, { ...options, device: "webgpu" });
  const [{ image }] = classroom.pictures({ count: 1, seed: 5 });
  const [here, there] = [await own.predict(image), await card.predict(image)];
  assert.deepEqual(
    there.map(({ label }) => label),
    here.map(({ label }) => label),
  );
  for (const [i, { probability }] of there.entries()) assert.ok(Math.abs(probability - here[i].probability) < 1e-4);
});
