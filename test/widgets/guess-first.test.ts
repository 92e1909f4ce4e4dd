import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import sharp from "sharp";
import { displaySymbol } from "../../src/core/display.js";
import { testClaim } from "../../src/evaluate/claim.js";
import { boxRegion, type Region, topRegion } from "../../src/evaluate/region.js";
import { probability } from "../../src/render/format.js";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { regionFromRuns } from "../../src/widgets/region-runs.js";
import { shareCells, shareRegion } from "../../src/widgets/share-region.js";
import { blobModel } from "../support/analytic-model.js";
import { plain } from "../support/explanations.js";
import { FakeHost, settle } from "./fake-host.js";

const HOSTILE = '<img src=x onerror="alert(1)">';
const SIDE = 16;
const grid = { width: SIDE, height: SIDE };
/** "blob" is the mean brightness of 4 × 4 pixels: a region that holds them takes it from 1 to 0. */
const blob = { x: 4, y: 4, width: 4, height: 4 };
const white = plain(SIDE, SIDE, 255);
const SHARE = 1 / 16;
const at = (x: number, y: number) => shareRegion(SHARE, { x: x / SIDE, y: y / SIDE }, grid);

const make = (options = {}) => {
  const model = blobModel(SIDE, SIDE, blob);
  const guess = new GuessFirst(model, white, {
    target: "blob",
    share: SHARE,
    method: "occlusion",
    fill: "black",
    controls: 20,
    ...options,
  });
  return { model, guess };
};

async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(ready());
}

let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

test("boxes of a share cover exactly that share, wherever they lie and whatever their shape and the grid", () => {
  for (const share of [0.01, 0.0437, 0.15, 1 / 3, 0.5]) {
    for (const [width, height] of [
      [224, 224],
      [64, 64],
      [48, 192],
      [17, 5],
    ]) {
      for (const aspect of [0.01, 0.25, 0.7, 1, 3, 100]) {
        for (const [x, y] of [
          [0, 0],
          [1, 1],
          [0.5, 0.31],
          [-4, 9],
        ]) {
          const { mask } = shareRegion(share, { x, y, aspect }, { width, height });
          const covered = mask.reduce((sum, inside) => sum + inside, 0);
          assert.equal(covered, shareCells(share, { width, height }), `${share} of ${width} × ${height}, ${aspect}`);
        }
      }
    }
  }
});

test("guesses are ranked by what the model says without them, beside the map's region and random ones", async () => {
  const { model, guess } = make();
  guess.add("Ada", at(2, 12));
  guess.add("", at(6, 6));
  guess.add("Cleo", at(6, 4));
  assert.equal(guess.describe(), "3 guesses, not revealed yet");
  assert.equal(await guess.reveal(), true);
  assert.deepEqual(
    guess.results.map(({ name, before, after, rank }) => [name, before, after, rank]),
    [
      ["2", 1, 0, 1],
      ["Cleo", 1, 0.5, 2],
      ["Ada", 1, 1, 3],
    ],
  );
  const [answer] = guess.get("answer");
  const region = topRegion(guess.explanation!.map(), SHARE, grid);
  const claim = await testClaim(model, white, region, { target: "blob", fill: "black", controls: 0 });
  assert.deepEqual(regionFromRuns(SIDE, SIDE, answer.map.runs), region);
  assert.equal(answer.map.after, 1 + claim.change);
  assert.deepEqual([answer.random.length, answer.randomOfMap.length], [20, 20]);
  assert.ok(answer.random.every((after) => after >= 0 && after <= 1) && new Set(answer.random).size > 1);
  assert.equal(
    guess.describe(),
    `hiding 6 % of the picture (black) takes blob from 1.0 to .00 by 2's guess, the best of 3, and to ${probability(answer.map.after)} by the map's region; the median of 20 random regions is 1.0`,
  );
});

test("equal guesses share a rank", async () => {
  const { guess } = make({ controls: 0 });
  for (const [x, y] of [
    [2, 12],
    [6, 6],
    [12, 12],
  ])
    guess.add("", at(x, y));
  await guess.reveal();
  assert.deepEqual(
    guess.results.map(({ name, rank }) => [name, rank]),
    [
      ["2", 1],
      ["1", 2],
      ["3", 2],
    ],
  );
});

test("one guess and its random regions are what testClaim says of it, and each costs one pass", async () => {
  const { model, guess } = make({ fill: "blur" });
  const region = at(6, 5);
  guess.add("Ada", region);
  await guess.prepare();
  await guess.reveal();
  const explained = guess.explanation?.provenance.forwardPasses ?? Number.NaN;
  const passes = model.passes;
  const claim = await testClaim(model, white, region, { target: "blob", fill: "blur", controls: 20 });
  const [answer] = guess.get("answer");
  assert.deepEqual(
    [answer.guesses[0].after - 1, answer.random.map((after) => after - 1)],
    [claim.change, claim.controls],
  );
  assert.equal(passes, 1 + explained + 1 + 1 + 20 + 20);
});

test("nothing that a page is sent before Reveal tells of the map or of an earlier guess", async () => {
  const { guess } = make();
  await guess[displaySymbol]();
  const region = at(6, 6);
  host.say(guess.modelId, { method: "custom", content: { type: "guess", name: "Ada" } }, [region.mask]);
  await settle();
  const sent = host.take();
  const opened = sent.find(({ data }) => (data.state as { kind?: string } | undefined)?.kind === "guess-first");
  const state = opened?.data.state as Record<string, unknown>;
  assert.deepEqual([state.answer, state.names, opened?.buffers.length], [[], [], 1]);
  const pixels = await sharp(opened?.buffers[0]).raw().toBuffer();
  assert.ok(
    pixels.every((value) => value === 255),
    "the one buffer is the plain photograph",
  );
  const [update, ...more] = sent.filter(({ data }) => data.method === "update");
  assert.deepEqual([update.data.state, update.buffers.length, more], [{ names: ["Ada"] }, 0, []]);
  assert.deepEqual([guess.results, guess.explanation], [[], undefined]);

  host.say(guess.modelId, { method: "custom", content: { type: "reveal" } });
  await until(() => guess.get("state") === "revealed");
  await guess.flush();
  const states = host
    .take()
    .map(({ data }) => data.state as { answer?: { guesses: { runs: number[] }[] }[] } | undefined);
  const [answer] = states.flatMap((state) => state?.answer ?? []);
  assert.deepEqual(regionFromRuns(SIDE, SIDE, answer.guesses[0].runs), region);
});

test("names are text of at most 40 characters, rounds have at most 30 guesses", async () => {
  const { guess } = make({ controls: 0 });
  guess.add(HOSTILE, at(6, 6));
  guess.add(`\u202e${"é".repeat(500)}\n\u0007`, at(6, 6));
  assert.deepEqual(guess.names, [HOSTILE, "é".repeat(40)]);
  for (let i = 2; i < 30; i++) guess.add("", at(6, 6));
  assert.equal(guess.names[29], "30");
  assert.throws(() => guess.add("late", at(6, 6)), { code: "bad-config", message: /30 guesses already/ });
  await guess.reveal();
  const bundle = await guess[displaySymbol]();
  assert.doesNotMatch(String(bundle["text/html"]), /<img src=x/);
});

test("regions of another area or size are refused, also when a page sends them", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  const { guess } = make();
  const small: Region = boxRegion({ x: 0, y: 0, width: 0.2, height: 0.2 }, grid);
  assert.throws(() => guess.add("", small), { code: "bad-config", message: /a guess of 9 pixels: expected 16/ });
  assert.throws(() => guess.add("", { mask: new Uint8Array(4), width: 2, height: 2 }), { code: "shape-mismatch" });
  await guess[displaySymbol]();
  for (const [content, buffers] of [
    [{ type: "guess", name: 7 }, [small.mask]],
    [{ type: "guess", name: {} }, []],
    [{ type: "guess" }, [new Uint8Array(1e6).fill(1)]],
    [{ type: "forget", index: 0, name: "Ada" }, []],
    [{ type: "forget", index: "__proto__" }, []],
    [{ type: "reveal" }, []],
    [null, []],
    ["guess", []],
  ] as const) {
    host.say(guess.modelId, { method: "custom", content }, [...buffers]);
    await settle();
  }
  assert.deepEqual([guess.names, guess.get("state")], [[], "guessing"]);
  assert.match(guess.get("message"), /^nobody has guessed yet/);
  assert.equal(printed.mock.callCount(), 0);
  host.say(guess.modelId, { method: "update", state: { answer: [{}], names: ["x"], cells: 9, state: "revealed" } });
  assert.deepEqual([guess.get("answer"), guess.names, guess.get("cells")], [[], [], 16]);
});

test("a guess can be taken back; a new round hides the answer again", async () => {
  const { guess } = make({ controls: 1 });
  await guess[displaySymbol]();
  guess.add("Ada", at(6, 6));
  guess.add("Bob", at(2, 2));
  host.say(guess.modelId, { method: "custom", content: { type: "forget", index: 0, name: "Ada" } });
  await settle();
  assert.deepEqual(guess.names, ["Bob"]);
  await guess.reveal();
  assert.throws(() => guess.add("late", at(6, 6)), { message: /on the page already/ });
  host.say(guess.modelId, { method: "custom", content: { type: "restart" } });
  await settle();
  assert.deepEqual([guess.get("state"), guess.get("answer"), guess.names, guess.results], ["guessing", [], [], []]);
});

test("guesses taken back in one go are those that the page named, whatever became of their numbers", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  const { guess } = make();
  await guess[displaySymbol]();
  for (const name of ["Ada", "Bob", "Cy", "Dee"]) guess.add(name, at(6, 6));
  for (const [index, name] of [
    [0, "Ada"],
    [0, "Ada"],
    [2, "Cy"],
    [3, "nobody"],
    [9, { toString: 1 }],
  ] as const) {
    host.say(guess.modelId, { method: "custom", content: { type: "forget", index, name } });
  }
  await settle();
  assert.deepEqual([guess.names, printed.mock.callCount()], [["Bob", "Dee"], 0]);
});

test("Reveal cancelled and pressed again at once is answered; nothing of the first is left", async () => {
  const { model, guess } = make();
  guess.add("Ada", at(6, 6));
  await guess[displaySymbol]();
  const say = (type: string) => host.say(guess.modelId, { method: "custom", content: { type } });
  const masked = model.masked.bind(model);
  let calls = 0;
  model.masked = async (batch, control) => {
    calls += 1;
    if (calls === 1) for (const type of ["cancel", "reveal"]) say(type);
    await new Promise((done) => setTimeout(done, 1));
    return masked(batch, control);
  };
  assert.equal(await guess.reveal(), false);
  for (let i = 0; i < 2000 && guess.get("state") !== "revealed"; i++) await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual([guess.get("state"), guess.results.length, guess.get("progress")], ["revealed", 1, null]);
  say("cancel");
  await settle();
  assert.equal(guess.get("state"), "revealed");
});

test("Reveal can be cancelled and asked for again; a failing model leaves the guesses", async () => {
  const { model, guess } = make();
  guess.add("Ada", at(6, 6));
  await guess[displaySymbol]();
  const masked = model.masked.bind(model);
  let calls = 0;
  model.masked = async (batch, control) => {
    calls += 1;
    if (calls === 1) host.say(guess.modelId, { method: "custom", content: { type: "cancel" } });
    await new Promise((done) => setTimeout(done, 1));
    control?.signal?.throwIfAborted();
    return masked(batch, control);
  };
  assert.equal(await guess.reveal(), false);
  assert.deepEqual(
    [guess.get("state"), guess.get("answer"), guess.get("progress"), guess.names],
    ["guessing", [], null, ["Ada"]],
  );
  model.masked = async () => {
    throw new Error("out of coffee");
  };
  await assert.rejects(guess.reveal(), /out of coffee/);
  assert.deepEqual([guess.get("state"), guess.explanation], ["guessing", undefined]);
  model.masked = masked;
  assert.equal(await guess.reveal(), true);
});

test("a map without evidence has a note that its region is no claim", async () => {
  const model = blobModel(SIDE, SIDE, blob);
  const guess = new GuessFirst(model, plain(SIDE, SIDE, 0), {
    share: SHARE,
    method: "occlusion",
    fill: "black",
    controls: 0,
    target: "blob",
  });
  guess.add("", at(6, 6));
  await guess.reveal();
  assert.ok(guess.get("answer")[0].notes.includes("the map has no evidence above noise: its region is no claim"));
});

test("unknown classes and shares out of range are refused at once", () => {
  assert.throws(() => make({ target: "blub" }), { code: "unknown-label" });
  assert.throws(() => make({ share: 15 }), { code: "bad-config" });
  assert.throws(() => make({ fill: "glitter" }), { code: "bad-config" });
});
