import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { PlaygroundSite } from "./playground-site.js";
import type { PlaygroundPage } from "./playground-support.js";
import { missingForBrowser, root, SWIFTSHADER } from "./support.js";

/** As far as graphics cards may be from the processor. */
const TOLERANCE = 1e-3;

const cup = () => classroom.pictures({ count: 1, seed: 1, labels: ["cup"], watermark: true })[0].image;

describe("device: 'webgpu' in a page", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  const site = new PlaygroundSite();
  const choose = async (playground: PlaygroundPage, device: string) => {
    await playground.page.getByLabel("Device").selectOption(device);
    await playground.settled();
  };

  test("is loaded when it is asked for, says how near it is to the processor, and shows the same", async () => {
    await using playground = await site.open({ gpu: SWIFTSHADER });
    const { sent } = await site.server();
    const runtimes = () => [...sent].map((path) => basename(path)).filter((name) => name.endsWith(".wasm"));
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
    await using playground = await site.open({ gpu: ["--disable-gpu"] });
    await choose(playground, "webgpu");
    assert.match((await playground.error()) ?? "", /'webgpu' cannot be used here.*no graphics card.*device: 'cpu'/i);
    await choose(playground, "cpu");
    assert.equal(await playground.error(), undefined);
    assert.deepEqual(playground.problems, []);
  });
});
