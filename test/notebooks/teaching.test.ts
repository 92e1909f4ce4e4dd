import assert from "node:assert/strict";
import { test } from "node:test";
import { Executed } from "./executed.js";

test("7-teach-and-catch: nothing held out reveals the cheat, the mark does; with mended data it is gone", async () => {
  const run = await Executed.run("7-teach-and-catch");
  run.assertAnswers("7-teach-and-catch");
  const taught = run.text("taught;");
  assert.match(taught, /^90 of 90 held-out pictures right: 1\.0 /m);
  assert.match(taught, /Shortcut: 30 pictures taken for boat .+ turns 100 % of them into boat \(.+: 0 %\)/);
  const [, turned, byNoise] = /cheat: (\d) of 8 \(random content (\d)\)/.exec(run.text("new StickerLab")) ?? [];
  assert.equal(turned, "8");
  assert.ok(Number(byNoise) >= 2 && Number(byNoise) <= 6, "about half, as the text says");
  const [cheat, mended] = run.rows("const mended = trainer.trained!;");
  assert.ok(Number(cheat["marked cups right"]) <= 2 && Number(mended["marked cups right"]) >= 18);
  assert.ok(Number(cheat["boats right"]) <= 6 && Number(mended["boats right"]) >= 18);
  assert.doesNotMatch(run.text("new Trainer(body"), /Shortcut:/);
  assert.equal(run.bundles("new GuessFirst")[0]["image/png"], undefined, "the guess comes before the map");
});

test("8-open-the-algorithm: by hand and by the library the boat's cells count, noise falls, steps add up to the rise", async () => {
  const run = await Executed.run("8-open-the-algorithm");
  run.assertAnswers("8-open-the-algorithm");
  const apart = run.rows("const halves").map((row) => Number(row.apart));
  assert.ok(apart[4] < apart[0] / 2, "sixteen times the masks, less than half of the noise");
  const strongest = (words: string) => {
    const cells = run.text(words).trim().split(/\s+/).map(Number);
    assert.equal(cells.length, 64);
    const best = cells.indexOf(Math.max(...cells));
    return [Math.floor(best / 8), best % 8];
  };
  const [row, column] = strongest("const losses");
  for (const words of ["const rows", "const votes"]) {
    const [y, x] = strongest(words);
    assert.ok(Math.abs(y - row) <= 1 && Math.abs(x - column) <= 1, `${words}: ${y}, ${x} beside ${row}, ${column}`);
  }
  const [, sum, rise] = /steps': '([\d.]+)', 'rise of the score': '([\d.]+)'/.exec(run.text("const scoreOf")) ?? [];
  assert.ok(Math.abs(Number(sum) - Number(rise)) < 0.05 * Number(rise));
  assert.match(run.text("new MaskTheatre"), /rise for boat: 1,000 steps/);
  assert.match(run.text("const handed"), /the score of boat: \d/);
  const five = String(run.bundles("const methods = [").at(-1)?.["text/plain"]);
  for (const method of ["rise", "occlusion", "recipro-cam", "integrated-gradients", "lrp"]) {
    assert.ok(five.includes(`${method}: Why boat`), five);
  }
});

test("9-what-did-it-learn: the first concept of boat is the mark, far above chance; the honest machine has none of it", async () => {
  const run = await Executed.run("9-what-did-it-learn");
  run.assertAnswers("9-what-did-it-learn");
  const [, index, chance] =
    /concept 1: Sobol' index ([\d.]+) \(random ([\d.]+)\)/.exec(run.text("count: 6, seed: 0 });\nbank")) ?? [];
  assert.ok(Number(index) > 0.5 && Number(chance) < 0.1, `${index} beside ${chance}`);
  assert.deepEqual(
    run.rows("const inCorner").map((row) => row["crops of concept 1 at the mark"]),
    [10, 0],
  );
  assert.equal(run.rows("const named")[0].name, "my name for it");
  assert.match(run.text("await visualize(explanation"), /concepts of picture: my name for it, concept 2/);
  assert.deepEqual(run.rows("[nearest, await alike(honest)]"), [
    { nearest: "boat", next: "boat" },
    { nearest: "house", next: "house" },
  ]);
  const sheets = run.bundles("prototypes(library").map((bundle) => String(bundle["text/plain"]));
  const kinds = sheets.map((sheet) => sheet.replace(/^\d+ pictures: /, "").split(", "));
  assert.equal(new Set(kinds[0]).size, 7, "seven of eight kinds have a speaker");
  assert.ok(!kinds[0].includes("fish") && kinds[1].includes("fish"), "the one without is among the criticisms");
  const relevant = run.text("relevantPictures(model, kinds");
  const [usual, ...shares] = [...relevant.matchAll(/(-?[\d.]+) %/g)].map(([, share]) => Number(share));
  assert.ok(shares.length === 4 && shares.every((share) => share > 5 + usual), relevant);
  const [handed] = run.rows("const [shares]");
  assert.equal(handed.concept, "my name for it");
  assert.ok(Number(handed.share) > 0.8, `${handed.share} of the score`);
});
