import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { classroom } from "../../src/classroom/index.js";
import { buildSite } from "../../src/export/site/build-site.js";
import { loadModel } from "../../src/load-model.js";
import { PlaygroundPage } from "./playground-support.js";
import { type StaticServer, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, root, SWIFTSHADER } from "./support.js";

/** As far as graphics cards may be from the processor. */
const TOLERANCE = 1e-3;

const cup = () => classroom.pictures({ count: 1, seed: 1, labels: ["cup"], watermark: true })[0].image;

describe("device: 'webgpu' in a page", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-webgpu-"));
    await buildSite(folder, { notebooks: join(root, "notebooks"), title: "GPU", playground: "alone" });
    server = await serveFolder(folder);
  });

  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    await browser?.close();
    browser = undefined;
  });

  const open = async (args: readonly string[]) => {
    browser = await launch(args);
    const playground = await PlaygroundPage.open(browser, server);
    await playground.settled();
    return playground;
  };
  const choose = async (playground: PlaygroundPage, device: string) => {
    await playground.page.getByLabel("Device").selectOption(device);
    await playground.settled();
  };

  test("is loaded when it is asked for, says how near it is to the processor, and shows the same", async () => {
    await using playground = await open(SWIFTSHADER);
    const runtimes = () => [...server.sent].map((path) => basename(path)).filter((name) => name.endsWith(".wasm"));
    assert.ok(!runtimes().includes("ort-wasm-simd-threaded.asyncify.wasm"), "nobody asked for it yet");
    await choose(playground, "webgpu");
    assert.equal(await playground.error(), undefined);
    assert.ok(runtimes().includes("ort-wasm-simd-threaded.asyncify.wasm"));
    assert.match(
      await playground.found(),
      /Runs on webgpu, checked against the processor: values differ by at most \de-\d of the largest, gradients' cosine is 1\.0000/,
    );
    const { url, options } = classroom.models.shortcut;
    await using model = await loadModel(url, options);
    await playground.agrees(model, cup(), {}, TOLERANCE);
    await playground.page.screenshot({ path: join(root, "reports/widgets/playground-webgpu.png"), fullPage: true });
    await choose(playground, "cpu");
    assert.doesNotMatch(await playground.found(), /webgpu/);
    assert.deepEqual(playground.problems, []);
  });

  test("is refused with words where there is no graphics card, and the page goes on", async () => {
    await using playground = await open(["--disable-gpu"]);
    await choose(playground, "webgpu");
    assert.match((await playground.error()) ?? "", /'webgpu' cannot be used here.*no graphics card.*device: 'cpu'/i);
    await choose(playground, "cpu");
    assert.equal(await playground.error(), undefined);
    assert.deepEqual(playground.problems, []);
  });
});
