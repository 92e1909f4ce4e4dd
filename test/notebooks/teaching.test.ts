import assert from "node:assert/strict";
import { test } from "node:test";
import { Executed } from "./executed.js";

test("7-teach-and-catch: nothing held out reveals the cheat, the mark does; with mended data it is gone", async () => {
  const run = await Executed.run("7-teach-and-catch");
  run.assertAnswers("7-teach-and-catch");
  const taught = run.text("taught;");
  assert.match(taught, /^1\.0 of 90 held-out pictures right/m);
  assert.match(taught, /Shortcut: 30 pictures taken for boat .+ turns 1\.0 of them into boat \(.+: \.00\)/);
  const [, turned, byNoise] = /cheat: (\d) of 8 \(random content (\d)\)/.exec(run.text("new StickerLab")) ?? [];
  assert.equal(turned, "8");
  assert.ok(Number(byNoise) >= 2 && Number(byNoise) <= 6, "about half, as the text says");
  const [cheat, mended] = run.rows("const mended = trainer.trained!;");
  assert.ok(Number(cheat["marked cups right"]) <= 2 && Number(mended["marked cups right"]) >= 18);
  assert.ok(Number(cheat["boats right"]) <= 6 && Number(mended["boats right"]) >= 18);
  assert.doesNotMatch(run.text("new Trainer(body"), /Shortcut:/);
  assert.equal(run.bundles("new GuessFirst")[0]["image/png"], undefined, "the guess comes before the map");
});
