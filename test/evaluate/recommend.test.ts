import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { random } from "../../src/core/random.js";
import { averageRanks, bootstrap } from "../../src/evaluate/rank-statistics.js";
import { recommend } from "../../src/evaluate/recommend.js";
import { Recommendation } from "../../src/evaluate/recommendation.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { analyticModel, blobModel } from "../support/analytic-model.js";
import { plain } from "../support/explanations.js";

describe("average ranks", () => {
  it("are 1 for the largest, shared by equals, and averaged over metrics", () => {
    const rows = averageRanks([
      [
        [9, 1, 5],
        [2, 2, 0],
      ],
    ]);
    assert.deepEqual(rows, [[1.25, 2.25, 2.5]]);
  });
});

describe("bootstrap intervals", () => {
  it("hold the mean of a normal sample about as often as they say", () => {
    let held = 0;
    for (let trial = 0; trial < 200; trial++) {
      const source = random(trial);
      const { low, high } = bootstrap(
        Array.from({ length: 30 }, () => source.normal()),
        random(1000 + trial),
      );
      if (low <= 0 && high >= 0) held++;
    }
    assert.ok(held >= 176 && held <= 199, `${held} of 200`);
  });

  it("are a point for values that are alike, and the same for a seed", () => {
    assert.deepEqual(bootstrap([3, 3, 3], random(0)), { mean: 3, low: 3, high: 3 });
    assert.deepEqual(bootstrap([1, 2, 5], random(7)), bootstrap([1, 2, 5], random(7)));
  });
});

describe("recommend", () => {
  let honest: Model;
  let found: Recommendation;
  const images = classroom.pictures({ count: 8, seed: 41 }).map(({ image }) => image);
  before(async () => {
    const { url, options } = classroom.models.honest;
    honest = await loadModel(url, { ...options, threads: 1 });
    found = await recommend(honest, images, {
      methods: ["recipro-cam", "activation-map", "gradient", "occlusion", "contrast"],
    });
  });
  after(() => honest.close());

  const verdictOf = (name: string) => found.rows.find((row) => row.name === name)?.verdict;

  it("ranks methods beside random maps and a Gaussian, with an interval around each mean", () => {
    assert.deepEqual(found.rows.map(({ name }) => name).toSorted(), [
      "activation-map",
      "centred Gaussian",
      "gradient",
      "occlusion",
      "random maps",
      "recipro-cam",
    ]);
    for (const { rank, metrics, name } of found.rows) {
      assert.ok(rank.low <= rank.mean && rank.mean <= rank.high && rank.low >= 1 && rank.high <= 6, name);
      for (const metric of ["insertion", "deletion", "srg", "road", "infidelity"]) assert.ok(metric in metrics, metric);
    }
    const sum = found.rows.reduce((total, { rank }) => total + rank.mean, 0);
    assert.ok(Math.abs(sum - 21) < 1e-9);
  });

  it("recommends the cheapest of those that cannot be told from the best, and none that ignores the weights", () => {
    const chosen = found.rows.find(({ name }) => name === found.method);
    assert.ok(chosen && ["best", "as good"].includes(chosen.verdict as string), JSON.stringify(found.rows, null, 1));
    for (const other of found.rows.filter(({ verdict }) => verdict === "best" || verdict === "as good"))
      assert.ok(chosen.metrics.cost <= other.metrics.cost);
    assert.equal(verdictOf("activation-map"), "ignores the weights");
    assert.equal(verdictOf("gradient"), "no better than chance");
  });

  it("says in three sentences what to use, what is as good, and what not to trust", () => {
    const [choice, others, warnings] = found.sentences;
    assert.match(
      choice,
      new RegExp(`^Use ${found.method}: over 8 pictures its mean rank among 6 is [\\d.]+ \\(95 % interval`),
    );
    assert.match(choice, /random maps [\d.]+/);
    assert.match(others, /passes a map are the fewest|No other method/);
    assert.match(warnings, /activation-map \(ignores the weights\); .*gradient \(no better than chance\)/);
    assert.deepEqual(
      found.leftOut.map(({ method }) => method),
      ["contrast"],
    );
  });

  it("shows itself, every row in the table, and survives JSON", async () => {
    const bundle = found[displaySymbol]();
    for (const { name } of found.rows) assert.ok((bundle["text/html"] as string).includes(name), name);
    const again = new Recommendation(JSON.parse(JSON.stringify(found)));
    assert.equal(again.markdown(), found.markdown());
  });

  it("is what auto takes when told, with a note; of another model it is refused", async () => {
    const explained = await explain(honest, images[0], { recommendation: found });
    assert.equal(explained.provenance.method, found.method);
    assert.ok(explained.provenance.notes.some((note) => note.includes("recommended for this model over 8 pictures")));
    const other = { ...found.toJSON(), model: { name: "other", sha256: "1".repeat(64) } };
    await assert.rejects(explain(honest, images[0], { recommendation: other }), { code: "bad-config" });
    const none = { ...found.toJSON(), method: undefined };
    await assert.rejects(explain(honest, images[0], { recommendation: none }), /recommends no method/);
  });

  it("gives the same answer for a seed", async () => {
    const settings = { methods: ["gradient", "recipro-cam"] as const, nulls: 2, seed: 3 };
    const [one, other] = [
      await recommend(honest, images.slice(0, 3), settings),
      await recommend(honest, images.slice(0, 3), settings),
    ];
    const rows = ({ rows }: Recommendation) => rows;
    assert.deepEqual(rows(one), rows(other));
  });

  it("recommends nothing where no map can be better than chance", async () => {
    const size = 12;
    const model = analyticModel({ width: size, height: size, labels: ["a", "b"], score: () => [1, 0] });
    const pictures = [plain(size, size, 10), plain(size, size, 99), plain(size, size, 200)];
    const result = await recommend(model, pictures, { methods: ["occlusion", "rise"], nulls: 2 });
    assert.equal(result.method, undefined);
    assert.match(result.sentences[0], /^None of the 2 methods/);
    for (const name of ["occlusion", "rise"])
      assert.equal(result.rows.find((row) => row.name === name)?.verdict, "no better than chance");
  });

  it("leaves out what is beyond the budget or does not suit the model, with reasons, and tells how far it is", async () => {
    const model = blobModel(24, 24, { x: 3, y: 14, width: 6, height: 5 });
    const pictures = [plain(24, 24), plain(24, 24, 240), plain(24, 24, 230)];
    const seen: number[] = [];
    const result = await recommend(model, pictures, {
      budget: 300,
      nulls: 1,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    const reasons = new Map(result.leftOut.map(({ method, reason }) => [method, reason]));
    assert.match(reasons.get("rise") ?? "", /beyond the budget of 300/);
    assert.ok(reasons.has("recipro-cam"));
    assert.equal(seen.at(-1), 1);
    assert.ok(result.rows.some(({ name }) => name === "occlusion"));
  });

  it("refuses too few pictures, methods that there are not, and stops when told", async () => {
    const model = blobModel(8, 8, { x: 1, y: 1, width: 3, height: 3 });
    const three = [plain(8, 8), plain(8, 8), plain(8, 8)];
    await assert.rejects(recommend(model, three.slice(1)), /2 pictures are too few/);
    await assert.rejects(recommend(model, three, { methods: ["occlusoin" as "occlusion"] }), {
      code: "unknown-method",
    });
    await assert.rejects(recommend(model, three, { budget: 1, methods: ["contrast"] }), { code: "bad-config" });
    await assert.rejects(recommend(model, three, { signal: AbortSignal.abort() }), { code: "aborted" });
  });
});
