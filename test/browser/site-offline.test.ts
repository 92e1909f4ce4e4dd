import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { buildSite } from "../../src/export/site/build-site.js";
import { FrontEnd } from "./front-end.js";
import { type StaticServer, serveFolder } from "./site-support.js";
import { launch, missingForBrowser } from "./support.js";

const CLASSROOM = `import { explain, loadModel, visualize } from "sightline";
import { classroom } from "sightline/classroom";
const model = await loadModel(classroom.models.honest.url, classroom.models.honest.options);
const [{ image }] = classroom.pictures({ count: 1, seed: 1 });
const maps = await explain(model, image);
await visualize(maps);
console.log(maps.prediction.label);`;

/** Writes a site of one notebook. @param code of its cell */
async function write(folder: string, title: string, code: string): Promise<void> {
  const notebooks = join(folder, "notebooks");
  await mkdir(notebooks, { recursive: true });
  const notebook = {
    cells: [{ cell_type: "code", id: "only", execution_count: null, metadata: {}, outputs: [], source: code }],
    metadata: { kernelspec: { name: "sightline", display_name: "TypeScript (Sightline)", language: "typescript" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  await writeFile(join(notebooks, "one.ipynb"), JSON.stringify(notebook));
  await buildSite(join(folder, "site"), { notebooks, title });
}

/** Waits until the whole site is kept, and returns the title of the page that is kept. */
async function kept(page: Page): Promise<string | undefined> {
  await page.waitForFunction("navigator.serviceWorker.controller !== null");
  return page.evaluate<string | undefined>(`(async () => {
    navigator.serviceWorker.controller.postMessage("keep");
    for (let before = -1, same = 0; same < 10; ) {
      const [name] = (await caches.keys()).filter((each) => each.startsWith("sightline site "));
      const { length } = await (await caches.open(name)).keys();
      same = length === before ? same + 1 : 0;
      before = length;
      await new Promise((done) => setTimeout(done, 200));
    }
    const front = await caches.match(new URL("../index.html", location.href).href);
    return /<title>(.*?)<\\/title>/.exec(await front?.text() ?? "")?.[1];
  })()`);
}

const shown = async (lab: FrontEnd) => (await lab.runAll()).flatMap(({ outputs }) => outputs.map(({ text }) => text));

const standing = async (page: Page) => {
  await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
  await page.waitForFunction("jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'");
};

/** Waits until the service worker, too, knows that no other page is open. */
async function aloneIn(page: Page): Promise<void> {
  const workers = page.context().serviceWorkers();
  const count = "clients.matchAll({ type: 'window' }).then(({ length }) => length)";
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await page.waitForTimeout(100)) {
    const counts = await Promise.all(workers.map((worker) => worker.evaluate<number>(count).catch(() => 0)));
    if (Math.max(...counts) === 1) return;
  }
  throw new Error("another page is still open");
}

describe("a site that was visited before", { skip: missingForBrowser(), timeout: 600_000 }, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-offline-"));
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [view, path] of [
    ["lab", "lab/index.html"],
    ["notebook", "notebooks/index.html"],
  ]) {
    test(`runs every cell without a network, in the ${view} view, isolated`, async () => {
      await write(folder, "First", CLASSROOM);
      const server: StaticServer = await serveFolder(join(folder, "site"));
      await using lab = await FrontEnd.open(browser, `${server.url}${path}?path=one.ipynb`);
      const { page } = lab;
      const before = await shown(lab);
      assert.equal(before.at(-1), "star");
      assert.equal(await kept(page), "First");
      await server.stop();
      await page.reload();
      await standing(page);
      assert.equal(await page.evaluate("crossOriginIsolated"), true);
      assert.deepEqual(await shown(lab), before);
      await page.goto(`${server.url}`);
      assert.equal(await page.locator("h1").textContent(), "First");
      await page.locator("ol a").first().click();
      await standing(page);
    });
  }

  test("a new version takes over whole, at the next visit with no other page open", async () => {
    await write(folder, "First", 'console.log("first")');
    await using server = await serveFolder(join(folder, "site"));
    const url = `${server.url}lab/index.html?path=one.ipynb`;
    await using lab = await FrontEnd.open(browser, url);
    const { page } = lab;
    assert.equal(await kept(page), "First");
    await write(folder, "Second", 'console.log("second")');
    const titleNow = () =>
      page.evaluate(
        "fetch('../index.html').then((answer) => answer.text()).then((text) => /<title>(.*?)</.exec(text)[1])",
      );
    const codeNow = () =>
      page.evaluate(
        "fetch('../files/one.ipynb').then((answer) => answer.json()).then(({ cells }) => String(cells[0].source))",
      );
    const other = await page.context().newPage();
    await other.goto(`${server.url}index.html`);
    await other.evaluate(`(async () => {
      const registration = await navigator.serviceWorker.ready;
      while (!registration.waiting) await new Promise((done) => setTimeout(done, 100));
    })()`);
    assert.deepEqual([await titleNow(), await codeNow()], ["First", 'console.log("first")']);
    await page.reload();
    await standing(page);
    assert.deepEqual([await titleNow(), await codeNow()], ["First", 'console.log("first")'], "two pages were open");
    await other.close();
    await aloneIn(page);
    await page.reload();
    await standing(page);
    assert.deepEqual([await titleNow(), await codeNow()], ["Second", 'console.log("second")']);
    await server.stop();
    await page.reload();
    await standing(page);
    assert.deepEqual([await titleNow(), await codeNow()], ["Second", 'console.log("second")']);
  });
});
