import assert from "node:assert/strict";
import { test } from "node:test";
import { LatestOnly } from "../../src/widgets/latest-only.js";

const turn = () => new Promise<void>((done) => setImmediate(done));

test("of many questions the first and the last are answered, and everybody who asked is told when", async () => {
  const answered: number[] = [];
  const latest = new LatestOnly<number>(async (question) => {
    await turn();
    answered.push(question);
  });
  await Promise.all([1, 2, 3, 4].map((question) => latest.ask(question)));
  assert.deepEqual(answered, [1, 4]);
  await latest.rest();
});

test("a question is answered whenever it comes, also in the very turn in which the last one was", async () => {
  const answered: number[] = [];
  const latest = new LatestOnly<number>(async (question) => {
    await turn();
    answered.push(question);
  });
  for (let hops = 0; hops < 8; hops++) {
    const first = latest.ask(2 * hops);
    await turn();
    await turn();
    for (let hop = 0; hop < hops; hop++) await undefined;
    await latest.ask(2 * hops + 1);
    await first;
  }
  assert.deepEqual(
    answered,
    Array.from({ length: 16 }, (_, i) => i),
  );
});

test("a failure is told, the question after it is answered; one that was dropped is not", async () => {
  const answered: string[] = [];
  const latest = new LatestOnly<string>(async (question) => {
    await turn();
    if (question === "bad") throw new Error("no answer");
    answered.push(question);
  });
  await assert.rejects(latest.ask("bad"), /no answer/);
  const both = [latest.ask("bad"), latest.ask("good")];
  await Promise.all(both);
  const last = latest.ask("kept");
  latest.ask("dropped");
  latest.drop();
  await last;
  assert.deepEqual(answered, ["good", "kept"]);
});
