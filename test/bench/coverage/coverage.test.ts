import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Covering, cover } from "./cover.js";
import { coveragePage, faultsOf } from "./page.js";
import type { Architecture, Row } from "./row.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const architectures = ["square", "unmade", "wrong"].map((name): Architecture => ({ name, size: 16, settings: {} }));

describe("npm run coverage, with networks whose gradient is known", () => {
  let covering: Covering;
  let said: string[] = [];
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "sightline-coverage-"));
    covering = {
      ...{ python: process.execPath, maker: fileURLToPath(new URL("./tiny-maker.js", import.meta.url)) },
      ...{ cache: join(folder, "cache"), rows: join(folder, "rows.json"), page: join(folder, "coverage.md") },
      ...{ methods: ["grad-cam", "gradient", "d-rise"], say: (line) => said.push(line) },
    };
    await cover(architectures, covering);
  });
  after(() => rm(join(covering.cache, ".."), { recursive: true, force: true }));
  const rows = async () => JSON.parse(await readFile(covering.rows, "utf8")) as Row[];

  it("finds the input, the layer, the gradient and what methods do", async () => {
    const [square] = await rows();
    assert.deepEqual(faultsOf(square), []);
    const { loaded, gradient, methods } = square.examined as Extract<Row["examined"], { loaded: object }>;
    assert.equal("input" in loaded && loaded.input, "nchw, 3 × 16 × 16");
    assert.ok(gradient && "relative" in gradient && gradient.relative < 1e-5 && gradient.cosine > 0.999999);
    assert.deepEqual(methods?.["grad-cam"], { kind: "ran", width: 16, height: 16, maps: 1 });
    assert.deepEqual(methods?.["d-rise"], { kind: "refused", reason: "it explains the boxes of detectors" });
  });

  it("shows what fails, first", async () => {
    const [, unmade, wrong] = await rows();
    assert.deepEqual(faultsOf(unmade), ["torch does not export it: RuntimeError: no such operator"]);
    assert.deepEqual(faultsOf(wrong), ["the gradient is another: relative error 2e0"]);
    const page = await readFile(covering.page, "utf8");
    assert.match(page, /^Of 3 networks of 1 family, 2 load, 2 have a layer for a CAM, and 1 has torch's gradient\./m);
    const networks = page.slice(page.indexOf("## Networks"));
    assert.ok(networks.indexOf("`wrong`") < networks.indexOf("`square`"));
  });

  it("goes on where it was cut off, and makes anew what is asked for", async () => {
    said = [];
    await rm(join(covering.cache, "square.json"));
    await writeFile(join(covering.cache, "wrong.json"), '{"name": "wr');
    await cover(architectures, covering);
    assert.deepEqual(said, ["square: all well", "wrong: the gradient is another: relative error 2e0"]);
    said = [];
    await cover(architectures, { ...covering, only: ["unmade"], again: true });
    assert.equal(said.length, 1);
    assert.deepEqual((await readdir(covering.cache)).sort(), ["square.json", "unmade.json", "wrong.json"]);
  });

  it("reads answers alone, and goes on with a new process where the one that makes networks ends", async () => {
    const names = ["chatty", "ends", "square"].map((name): Architecture => ({ name, size: 16, settings: {} }));
    const folder = join(covering.cache, "..", "talk");
    await cover(names, { ...covering, cache: folder, rows: join(folder, "rows.json"), page: join(folder, "page.md") });
    const made = JSON.parse(await readFile(join(folder, "rows.json"), "utf8")) as Row[];
    assert.deepEqual(made.map(faultsOf), [
      [],
      ["torch does not export it: the process that makes the networks ended"],
      [],
    ]);
  });

  it("makes a row of a process that takes too long", async () => {
    await cover(architectures, { ...covering, only: ["square"], again: true, seconds: 0.01 });
    assert.deepEqual(faultsOf((await rows())[0]), ["no result within 0.01 s"]);
  });
});

describe("docs/coverage.md", () => {
  it("is what the committed rows make, which are of architectures that the command knows", async () => {
    const read = async (path: string) => readFile(join(root, path), "utf8");
    const rows = JSON.parse(await read("test/fixtures/coverage/rows.json")) as Row[];
    const known = JSON.parse(await read("test/fixtures/coverage/architectures.json")) as Architecture[];
    assert.ok(known.length >= 100, `${known.length} architectures`);
    const pending = known.map(({ name }) => name).filter((name) => !rows.some((row) => row.name === name));
    assert.equal(rows.length + pending.length, known.length);
    assert.equal(await read("docs/coverage.md"), coveragePage(rows, pending));
  });
});
