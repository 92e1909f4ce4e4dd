import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { find, type MethodName } from "../../src/methods/registry.js";
import { fixture } from "../support/fixtures.js";
import type { MethodOutcome } from "../support/page/methods-page.js";
import { serveFolder } from "./site-support.js";
import { launch, missingForBrowser, openPage, SWIFTSHADER } from "./support.js";
import { writePage } from "./worker-page.js";

const NETWORK = fixture("gradients/resnet.legacy.onnx");

describe("every method on a page's graphics card", { skip: missingForBrowser(), timeout: 900_000 }, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-methods-"));
    await writePage(folder, { methods: "methods-page", thread: "methods-thread" });
    browser = await launch(SWIFTSHADER);
  });

  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("gives the processor's map", async (context) => {
    await using server = await serveFolder(folder);
    const { page } = await openPage(browser);
    await page.goto(server.url);
    const bytes = (await readFile(NETWORK)).toString("base64");
    const outcomes = (await page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker("methods.js", { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(Uint8Array.from(atob("${bytes}"), (c) => c.charCodeAt(0)));
    })`)) as MethodOutcome[];
    await page.context().close();
    const whiteBox = outcomes.filter(({ method }) =>
      find(method as MethodName).needs.some((need) => need !== "forward"),
    );
    assert.ok(whiteBox.length >= 20, `${whiteBox.length} white-box methods`);
    for (const { method, device, apart, failure } of outcomes) {
      await context.test(method, () => {
        assert.equal(failure, undefined);
        assert.equal(device, "webgpu");
        assert.ok(apart !== undefined && apart < 1e-3, `${apart}`);
      });
    }
  });
});
