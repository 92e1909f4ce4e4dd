import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Verdict } from "../support/page/contract-page.js";
import { ISOLATED, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, openPage } from "./support.js";
import { writePage } from "./worker-page.js";

describe("the page keeps the platform's contract", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-contract-"));
    await writePage(folder, { contract: "contract-page", thread: "contract-thread" });
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [name, headers] of [
    ["without shared memory", {}],
    ["with shared memory", ISOLATED],
  ] as const) {
    test(name, async (context) => {
      await using server = await serveFolder(folder, headers);
      const { page } = await openPage(browser);
      await page.goto(server.url);
      assert.equal(await page.evaluate("crossOriginIsolated"), headers === ISOLATED);
      const verdicts = (await page.evaluate(`new Promise((resolve, reject) => {
        const worker = new Worker("contract.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      })`)) as Verdict[];
      await page.context().close();
      assert.ok(verdicts.length >= 30, `${verdicts.length} sentences`);
      for (const { what, sentence, failure } of verdicts) {
        await context.test(`${what}: ${sentence}`, () => assert.equal(failure, undefined));
      }
    });
  }
});
