import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Progress, workHost } from "../../src/core/work.js";
import { testClaim } from "../../src/evaluate/claim.js";
import { compare } from "../../src/evaluate/compare.js";
import { evaluate } from "../../src/evaluate/evaluate.js";
import { topRegion } from "../../src/evaluate/region.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { savedModel, tinyCnn } from "../support/models.js";

const { watch } = workHost;
after(() => Object.assign(workHost, { watch }));

const picture = { data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37) % 256), width: 32, height: 32 };

/** What a notebook shows of some work: each piece with its title and how far it was, as it went. */
async function shown(work: () => Promise<unknown>): Promise<{ title: string; states: Progress[]; ended: boolean }[]> {
  const pieces: { title: string; states: Progress[]; ended: boolean }[] = [];
  workHost.watch = (title) => {
    const piece = { title, states: [] as Progress[], ended: false };
    pieces.push(piece);
    return {
      progress: (state) => piece.states.push(state),
      end() {
        piece.ended = true;
      },
    };
  };
  await work();
  return pieces;
}

test("an explanation says how long it will take before its method begins", async () => {
  await using model = await loadModel(savedModel(tinyCnn()));
  const [piece] = await shown(() => explain(model, picture, { method: "rise", masks: 64, preset: "speed" }));
  const [first, second] = piece.states;
  assert.deepEqual([first.done, first.total], [0, 64]);
  assert.ok(first.secondsLeft! > 0 && first.secondsLeft! < 60, `${first.secondsLeft}`);
  assert.ok(second.done > 0 && second.total === 64);
});

test("measuring, comparing and testing a claim show themselves once, with all that is within them", async () => {
  await using model = await loadModel(savedModel(tinyCnn()));
  const explanation = await explain(model, picture);
  const { name } = model.info;
  const pieces = await shown(async () => {
    await evaluate(model, picture, explanation, { metrics: ["stability", "deletion"], nulls: 3 });
    await compare(model, picture, { methods: ["rise", "occlusion"], preset: "speed" });
    await testClaim(model, picture, topRegion(explanation.map(), 0.1, model.info.input), { controls: 40 });
  });
  assert.deepEqual(
    pieces.map(({ title, ended }) => [title, ended]),
    ["evaluation", "comparison", "claim"].map((what) => [`${what} on ${name}`, true]),
  );
  for (const { title, states } of pieces) {
    const shares = states.map(({ done, total }) => done / total);
    assert.ok(shares.length > 1, title);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
      title,
    );
    assert.ok(
      shares.every((share) => share >= 0 && share <= 1),
      title,
    );
  }
});

test("what a reader cancels ends with aborted", async () => {
  await using model = await loadModel(savedModel(tinyCnn()));
  const explanation = await explain(model, picture);
  workHost.watch = () => {
    const controller = new AbortController();
    return { signal: controller.signal, progress: () => controller.abort(), end: () => {} };
  };
  const region = topRegion(explanation.map(), 0.1, model.info.input);
  await assert.rejects(evaluate(model, picture, explanation, { metrics: ["deletion"] }), { code: "aborted" });
  await assert.rejects(compare(model, picture, { methods: ["rise"] }), { code: "aborted" });
  await assert.rejects(testClaim(model, picture, region, { controls: 200 }), { code: "aborted" });
});
