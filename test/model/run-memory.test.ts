import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type LoadHooks, loadModel } from "../../src/model/load.js";
import { lessonName, RunMemory } from "../../src/model/run-memory.js";
import { SessionHost } from "../../src/model/session.js";
import { TrialInput } from "../../src/model/trial-input.js";
import { savedModel, temporaryFolder, tinyCnn } from "../support/models.js";
import { noise } from "../support/tensors.js";

const { SIGHTLINE_CACHE } = process.env;
let cache: string;
before(() => {
  cache = mkdtempSync(join(temporaryFolder(), "cache-"));
  process.env.SIGHTLINE_CACHE = cache;
});
after(() => {
  if (SIGHTLINE_CACHE === undefined) delete process.env.SIGHTLINE_CACHE;
  else process.env.SIGHTLINE_CACHE = SIGHTLINE_CACHE;
});

const input = noise([2, 3, 32, 32]);
const options = { threads: 1, isolate: false } as const;

const learned = (model: string) =>
  readdirSync(join(cache, "learned"))
    .filter((name) => name.startsWith(model))
    .map((name) => join(cache, "learned", name));

/** What loading a model gave, and how many sessions it opened. */
async function loaded(path: string, hooks: LoadHooks = {}) {
  const { open } = SessionHost.prototype;
  let sessions = 0;
  SessionHost.prototype.open = function (graph) {
    sessions += 1;
    return open.call(this, graph);
  };
  try {
    await using model = await loadModel(path, options, hooks);
    const { info } = model;
    return { sessions, info, layers: model.layers(), scores: (await model.run(input)).data };
  } finally {
    SessionHost.prototype.open = open;
  }
}

describe("what running a model has taught", () => {
  it("is remembered: the next load opens one session, and gives the same model", async () => {
    for (const graph of [tinyCnn(), tinyCnn({ seed: 3, batch: 1 }), tinyCnn({ seed: 4, batch: 4 })]) {
      const path = savedModel(graph);
      const { sessions, ...first } = await loaded(path);
      const { sessions: again, ...second } = await loaded(path);
      assert.ok(sessions > 1);
      assert.equal(again, 1);
      assert.deepEqual(second, first);
    }
  });

  it("is asked for by what a picture is called: the next load makes none up", async () => {
    const path = savedModel(tinyCnn({ seed: 11 }));
    const { get, ...property } = Object.getOwnPropertyDescriptor(TrialInput.prototype, "data") as PropertyDescriptor;
    let made = 0;
    const counted = function (this: TrialInput) {
      made += 1;
      return get?.call(this);
    };
    Object.defineProperty(TrialInput.prototype, "data", { ...property, get: counted });
    try {
      await loaded(path);
      assert.ok(made > 0);
      made = 0;
      await loaded(path);
      assert.equal(made, 0);
    } finally {
      Object.defineProperty(TrialInput.prototype, "data", { ...property, get });
    }
  });

  it("is learned again where the file was cut short, changed, or is none of ours", async () => {
    const path = savedModel(tinyCnn({ seed: 6 }));
    const first = await loaded(path);
    const [file] = learned(first.info.sha256);
    const text = readFileSync(file, "utf8");
    const damaged = [text.slice(0, text.length / 2), text.replace(/[0-9](?=[^0-9]*$)/, "x"), "", "[]", `\0\n${text}`];
    for (const content of damaged) {
      writeFileSync(file, content);
      assert.deepEqual(await loaded(path), first);
      assert.equal(readFileSync(file, "utf8"), text);
    }
    assert.equal((await loaded(path)).sessions, 1);
  });

  it("is of this very file: another model's weights are run", async () => {
    const one = await loaded(savedModel(tinyCnn({ seed: 7 })));
    const other = await loaded(savedModel(tinyCnn({ seed: 8 })));
    assert.equal(other.sessions, one.sessions);
    assert.notDeepEqual(other.scores, one.scores);
  });

  it("is kept of the last hundred models", async () => {
    const folder = join(cache, "learned");
    for (let i = 0; i < 120; i++) {
      const file = join(folder, `old-${i}.json`);
      writeFileSync(file, "");
      utimesSync(file, i, i);
    }
    const { info } = await loaded(savedModel(tinyCnn({ seed: 9 })));
    const names = readdirSync(folder);
    assert.equal(names.length, 100);
    assert.equal(learned(info.sha256).length, 1);
    assert.ok(names.includes("old-119.json"));
    assert.ok(!names.includes("old-0.json"));
  });

  it("may come with a model of ours, answers alone; with any other file it is not believed", async () => {
    const path = savedModel(tinyCnn({ seed: 12 }));
    const memory = new RunMemory();
    memory.learn("threads of 8", 8);
    const { info, sessions } = await loaded(path, { memory });
    assert.ok(sessions > 1);
    writeFileSync(join(cache, lessonName(info.sha256)), memory.lesson());
    assert.equal((await RunMemory.of({ sha256: info.sha256 })).lesson(), new RunMemory().lesson());
    const came = await RunMemory.of({ sha256: info.sha256, trusted: true });
    assert.equal(came.recall("threads of 8"), undefined);
    assert.equal((await loaded(path, { memory: came })).sessions, 1);
    assert.equal(learned(info.sha256).length, 2, "it is this machine's own from then on");
  });

  it("is not needed: a cache that cannot be written costs time alone", async () => {
    const path = savedModel(tinyCnn({ seed: 10 }));
    const first = await loaded(path);
    process.env.SIGHTLINE_CACHE = path;
    try {
      assert.deepEqual(await loaded(path), first);
    } finally {
      process.env.SIGHTLINE_CACHE = cache;
    }
  });
});
