import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { buildSite } from "../../src/export/site/build-site.js";
import { loadModel } from "../../src/load-model.js";
import { PlaygroundPage } from "./playground-support.js";
import { type StaticServer, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, root } from "./support.js";

const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const FOLDERS = ["gradients", "grids"];
const PICTURES = ["chelsea.png", "coffee.png", "camera.png"];

describe("the playground, with models of many kinds", { skip: missingForBrowser(), timeout: 1_200_000 }, async () => {
  let folder: string;
  let browser: Browser;
  const servers: StaticServer[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-playground-"));
    const model = "efficientnet-lite0";
    await buildSite(folder, { notebooks: join(root, "notebooks"), model, title: "Looks", playground: "alone" });
    servers.push(await serveFolder(folder), await serveFolder(folder, ISOLATED));
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const picture = (i: number) => join(root, "notebooks/images", PICTURES[i % PICTURES.length]);

  for (const fixtures of FOLDERS) {
    for (const name of (await readdir(join(root, "test/fixtures", fixtures))).filter((each) =>
      each.endsWith(".onnx"),
    )) {
      test(`${name} says and looks at what it does in Node`, async () => {
        await using playground = await PlaygroundPage.open(browser, servers[0]);
        await playground.settled();
        const path = join(root, "test/fixtures", fixtures, name);
        await playground.drop([path, picture(name.length)]);
        await using model = await loadModel(path);
        await playground.agrees(model, picture(name.length));
      });
    }
  }

  for (const [name, at] of [
    ["without headers", 0],
    ["isolated", 1],
  ] as const) {
    test(`the site's EfficientNet-Lite0 is there to begin with, ${name}`, async () => {
      await using playground = await PlaygroundPage.open(browser, servers[at], { path: "playground/" });
      await playground.settled();
      await playground.page.getByLabel("Model", { exact: true }).selectOption({ label: OFFER });
      await playground.settled();
      await using model = await loadModel("efficientnet-lite0");
      await playground.agrees(model, picture(2));
    });
  }
});

const OFFER = "EfficientNet-Lite0, ImageNet (ILSVRC 2012), 224 × 224 (19 MB)";
