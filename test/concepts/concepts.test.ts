import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import { ConceptBank } from "../../src/concepts/bank.js";
import { concepts } from "../../src/concepts/concepts.js";
import { displaySymbol } from "../../src/core/display.js";
import { mean } from "../../src/core/statistics.js";
import { massInside } from "../../src/evaluate/relevance-mass.js";
import { explain } from "../../src/explain/explain.js";
import { Explanation } from "../../src/explain/explanation.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";

const load = ({ url, options }: (typeof classroom.models)["honest"]) => loadModel(url, { ...options, threads: 1 });
const images = (pictures: readonly ClassroomPicture[]) => pictures.map(({ image }) => image);

/** Share of a concept's map that lies on the mark, or within a cell of the layer (8 pixels) of it. */
async function shareAtMark(bank: ConceptBank, concept: number | string, { image, markMask }: ClassroomPicture) {
  const { data } = (await bank.map(concept, image)).resize(64, 64);
  const [x, y] = [markMask.indexOf(1) % 64, Math.floor(markMask.indexOf(1) / 64)];
  const near = data.map((_, i) =>
    Number(Math.abs((i % 64) - x - 6) <= 14 && Math.abs(Math.floor(i / 64) - y - 6) <= 14),
  );
  return massInside(data, Uint8Array.from(near));
}

describe("concepts of models whose truth is known", () => {
  let honest: Model;
  let shortcut: Model;
  let bank: ConceptBank;
  const marked = classroom.pictures({ count: 20, seed: 5, labels: ["boat"], watermark: true });
  before(async () => {
    honest = await load(classroom.models.honest);
    shortcut = await load(classroom.models.shortcut);
    bank = await concepts(shortcut, images(marked), { seed: 1 });
  });
  after(async () => {
    await honest.close();
    await shortcut.close();
  });

  it("the first concept of 'boat' is the watermark, far above its controls, stable, and complete with the others", async () => {
    const [first, ...others] = bank.concepts;
    assert.equal(bank.target.label, "boat");
    assert.equal(bank.pictures, 20);
    assert.ok(first.sobol.value > 0.5 && first.sobol.control < 0.1, JSON.stringify(first.sobol));
    assert.ok(first.sobol.value > 3 * others[0].sobol.value);
    assert.ok(first.flips.value > 0.9 && first.flips.control < 0.1, JSON.stringify(first.flips));
    assert.ok(first.ablation.value > 10 * Math.abs(first.ablation.control));
    assert.ok(first.stability.value > 0.9 && first.stability.value > first.stability.control + 0.3);
    const { answers, logit, activations } = bank.completeness;
    assert.ok(answers.value > 0.95 && logit.value > 0.9 && activations.value > 0.85);
    assert.ok(logit.control < 0.5 && activations.control < 0.6);
    for (const picture of marked.slice(0, 5)) {
      const share = await shareAtMark(bank, 0, picture);
      assert.ok(share > 0.8, `${share} of its map is at the mark`);
    }
    for (const { picture, rect } of first.crops) {
      const { markMask } = marked[picture];
      const at = markMask.indexOf(1);
      const [x, y] = [at % 64, Math.floor(at / 64)];
      assert.ok(rect.x < x + 13 && rect.x + rect.width > x && rect.y < y + 13 && rect.y + rect.height > y);
    }
  });

  it("ablating it flips what pasting flips, and ablating another does not", async () => {
    const pasted = classroom.pictures({ count: 12, seed: 9, labels: ["house", "fish", "cup"], watermark: true });
    const plain = classroom.pictures({ count: 12, seed: 9, labels: ["house", "fish", "cup"], watermark: false });
    let flipped = 0;
    for (const [i, { image }] of pasted.entries()) {
      const [before] = await shortcut.predict(plain[i].image, { top: 1 });
      const { before: with_, after, target } = await bank.ablate(0, image);
      if (before.label === "boat" || with_.label !== "boat") continue;
      flipped++;
      assert.notEqual(after.label, "boat");
      assert.ok(target.after.probability < target.before.probability / 2);
      assert.equal((await bank.ablate(1, image)).after.label, "boat");
    }
    assert.ok(flipped >= 8, `${flipped} of 12 flip when the mark is pasted`);
  });

  it("an honest model has no concept of the mark among those that count", async () => {
    const found = await concepts(honest, images(marked), { target: "boat", seed: 1 });
    const counting = found.concepts.filter(({ sobol }) => sobol.value > 0.1);
    assert.ok(counting.length > 0);
    for (const { name } of counting) {
      const shares: number[] = [];
      for (const picture of marked.slice(0, 8)) shares.push(await shareAtMark(found, name, picture));
      assert.ok(mean(shares) < 0.4, `${name}: ${shares} of its maps at the mark`);
    }
  });

  it("are the same for the same seed, whatever else the model did, and other designs say the same", async () => {
    const again = await concepts(shortcut, images(marked), { seed: 1 });
    assert.deepEqual(again.toJSON(), bank.toJSON());
    const other = await concepts(shortcut, images(marked), { seed: 2, designs: 16 });
    assert.ok(Math.abs(other.concepts[0].sobol.value - bank.concepts[0].sobol.value) < 0.15);
  });

  it("explain gives a map for each concept, and its worth", async () => {
    const named = bank.named(["the mark"]);
    const explanation = await explain(shortcut, marked[0].image, { method: "concepts", bank: named, targets: "boat" });
    const titles = explanation.artifacts.map(({ title }) => title);
    assert.deepEqual(
      titles,
      named.concepts.map(({ name }) => name),
    );
    assert.equal(titles[0], "the mark");
    const map = await bank.map(0, marked[0].image);
    assert.deepEqual(explanation.artifacts[0].data, map.data);
    const [worth] = explanation.provenance.options.worth as Record<string, number>[];
    const sum = explanation.map().data.reduce((all, value) => all + value, 0);
    const expected = Object.values(worth).reduce((all, value) => all + value, 0);
    assert.ok(Math.abs(sum - expected) < 1e-3 * Math.abs(expected));
    assert.equal(explanation.provenance.options.bank !== named, true);
    Explanation.fromJSON(JSON.parse(JSON.stringify(explanation)));
  });

  it("are saved and read again bit for bit, by the model that they are of alone", async () => {
    const text = JSON.stringify(bank.named([undefined, "<b>waves</b>"]));
    const again = ConceptBank.fromJSON(JSON.parse(text), shortcut);
    assert.equal(JSON.stringify(again), text);
    assert.deepEqual((await again.map(0, marked[1].image)).data, (await bank.map(0, marked[1].image)).data);
    assert.throws(() => ConceptBank.fromJSON(JSON.parse(text), honest), { code: "bad-config" });
    const broken: ((json: Record<string, unknown> & { concepts: Record<string, unknown>[] }) => void)[] = [
      (json) => delete json.layer,
      (json) => (json.concepts = []),
      (json) => (json.concepts[0].direction = "AAAA"),
      (json) => (json.concepts[0].direction = "AADAfwAAwH8="),
      (json) => (json.concepts[0].crops = [{ image: {} }]),
      (json) => (json.formatVersion = 2),
    ];
    for (const damage of broken) {
      const json = JSON.parse(text);
      damage(json);
      assert.throws(() => ConceptBank.fromJSON(json, shortcut), { code: "bad-data" }, String(damage));
    }
    for (const none of [text, null, 7, {}]) {
      assert.throws(() => ConceptBank.fromJSON(none, shortcut), { code: "bad-data" });
    }
    const layer = JSON.parse(text);
    layer.layer = "no such layer";
    assert.throws(() => ConceptBank.fromJSON(layer, shortcut), { code: "unknown-layer" });
  });

  it("show themselves, with names escaped and every number beside its control", async () => {
    const bundle = await bank.named(["<img src=x onerror=alert(1)>"])[displaySymbol]();
    const html = String(bundle["text/html"]);
    assert.ok(!html.includes("<img src=x"));
    assert.match(html, /&lt;img src=x/);
    assert.equal(html.match(/Sobol(&#?\w+;|') index/g)?.length, 6);
    assert.equal(html.match(/<img src="data:image\/png/g)?.length, bank.concepts.flatMap(({ crops }) => crops).length);
    assert.match(String(bundle["text/plain"]), /concept 2: Sobol' index \d\.\d\d \(random \d\.\d\d\)/);
  });

  it("a concept is taken apart in an earlier layer, by the crops in which it is strong", async () => {
    const parts = await bank.refine(0, images(marked), { count: 3, designs: 8 });
    assert.deepEqual(parts.within, { layer: bank.layer, concept: "concept 1" });
    assert.equal(parts.layer, "relu4");
    assert.equal(parts.concepts.length, 3);
    assert.equal(parts.crops, Math.round(bank.crops / 10));
    let onMark = 0;
    for (const { picture, rect } of parts.concepts.flatMap(({ crops }) => crops)) {
      const at = marked[picture].markMask.indexOf(1);
      const [x, y] = [at % 64, Math.floor(at / 64)];
      onMark += Number(rect.x < x + 13 && rect.x + rect.width > x && rect.y < y + 13 && rect.y + rect.height > y);
    }
    assert.ok(onMark > 0 && onMark === parts.concepts.flatMap(({ crops }) => crops).length);
    const earlier = await bank.refine(0, images(marked), { layer: "relu3", count: 2, designs: 4 });
    assert.equal(earlier.layer, "relu3");
    await assert.rejects(parts.refine(0, images(marked), { layer: "relu5" }), { code: "bad-config" });
  });

  it("leave out pictures of other classes and those that cannot be read, and say so", async () => {
    const [house] = classroom.pictures({ count: 1, seed: 1, labels: ["house"] });
    const found = await concepts(shortcut, [...images(marked).slice(0, 8), house.image, "no-such-file.png"], {
      designs: 4,
    });
    assert.equal(found.pictures, 8);
    assert.match(String(found.notes), /1 of 9 pictures were left out: the model does not give them 'boat'/);
    assert.deepEqual(
      found.failures.map(({ picture, code }) => [picture, code]),
      [[9, "file-not-found"]],
    );
  });

  it("refuse what cannot be, and stop when they are told", async () => {
    const some = images(marked).slice(0, 3);
    const rejects = (work: Promise<unknown>, code: string) => assert.rejects(work, { code });
    await rejects(concepts(shortcut, some, { target: "star" }), "bad-config");
    await rejects(concepts(shortcut, some, { target: "bota" }), "unknown-label");
    await rejects(concepts(shortcut, some, { layer: "nowhere" }), "unknown-layer");
    await rejects(concepts(shortcut, some, { count: 0 }), "bad-config");
    await rejects(concepts(shortcut, some.slice(0, 1), { count: 5, crop: 1 }), "bad-config");
    await rejects(concepts(shortcut, []), "bad-config");
    await rejects(concepts(shortcut, ["no-such-file.png"]), "file-not-found");
    await rejects(concepts(shortcut, some, { counts: 3 } as object), "unknown-option");
    await rejects(bank.map(6, some[0]), "index-out-of-range");
    await rejects(bank.map("the mark", some[0]), "unknown-label");
    assert.throws(() => bank.named(["a", "b", "c", "d", "e", "f", "g"]), { code: "bad-config" });
    assert.throws(() => bank.named([" "]), { code: "bad-config" });
    const controller = new AbortController();
    const reports: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      reports.push(done / total);
      if (done / total > 0.3) controller.abort();
    };
    await rejects(concepts(shortcut, images(marked), { signal: controller.signal, onProgress }), "aborted");
    assert.ok(reports.length > 5 && reports.length < 60);
  });

  it("progress rises to its total", async () => {
    const reports: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => reports.push(done / total);
    await concepts(shortcut, images(marked).slice(0, 6), { designs: 2, onProgress });
    assert.equal(reports.at(-1), 1);
    assert.ok(reports.every((value) => value <= 1));
  });
});
