import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { buildSite } from "../../src/export/site/build-site.js";
import { loadModel } from "../../src/load-model.js";
import { Firefox, findFirefox } from "./firefox.js";
import { CELLS, type ShownCell } from "./front-end.js";
import { differences, shownTexts, storedTexts } from "./lessons.js";
import { ISOLATED, type StaticServer, serveFolder } from "./site-support.js";
import { root } from "./support.js";

const LESSON = "1-basic.ipynb";

describe("the site in Firefox", { skip: findFirefox() ? false : "no Firefox", timeout: 900_000 }, () => {
  let folder: string;
  const servers: StaticServer[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-firefox-site-"));
    const model = "efficientnet-lite0";
    await buildSite(folder, { notebooks: join(root, "notebooks"), model, title: "Lessons", playground: "first" });
    servers.push(await serveFolder(folder), await serveFolder(folder, ISOLATED));
  });

  after(async () => {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const keep = async (firefox: Firefox, name: string) => {
    await mkdir(join(root, "reports/widgets"), { recursive: true });
    await writeFile(join(root, `reports/widgets/firefox-${name}.png`), await firefox.screenshot());
  };

  test("the playground says what Node says, and shows a map", async () => {
    await using firefox = await Firefox.open();
    await firefox.goto(servers[0].url);
    const state = "document.querySelector('#playground').dataset.state";
    await firefox.until(`["done", "failed"].includes(${state})`);
    await keep(firefox, "playground");
    assert.equal(
      await firefox.evaluate("document.querySelector('#playground > .sl-error:not([hidden])')?.textContent ?? ''"),
      "",
    );
    const titles = await firefox.evaluate<string[]>(
      "[...document.querySelectorAll('.pg-answers button')].map((button) => button.title)",
    );
    const { url, options } = classroom.models.shortcut;
    await using model = await loadModel(url, options);
    const [{ image }] = classroom.pictures({ count: 1, seed: 1, labels: ["cup"], watermark: true });
    const expected = await model.predict(image, { top: 5 });
    assert.deepEqual(
      titles.map((title) => /^Why (.*)\?/.exec(title)?.[1]),
      expected.map(({ label }) => label),
    );
    for (const [i, { probability }] of expected.entries()) {
      const said = Number(/\((.*)\)$/.exec(titles[i])?.[1]);
      assert.ok(Math.abs(said - probability) < 1e-5, `${titles[i]} beside ${probability}`);
    }
    assert.match(await firefox.evaluate("document.querySelector('.pg-map .sl-caption').textContent"), /recipro-cam/);
  });

  for (const [name, at] of [
    ["without headers", 0],
    ["isolated", 1],
  ] as const) {
    test(`lesson 1 prints what Node prints, ${name}`, async () => {
      await using firefox = await Firefox.open();
      await firefox.goto(`${servers[at].url}lab/index.html?path=${LESSON}`);
      await firefox.until(
        "globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
      );
      await firefox.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')");
      await firefox.until(`${CELLS}.every(({ count, state }) => count !== null && state === "idle")`, 400_000);
      const cells = await firefox.evaluate<ShownCell[]>(CELLS);
      await keep(firefox, `lesson-${at}`);
      assert.deepEqual(differences(shownTexts(cells), await storedTexts(LESSON)), []);
    });
  }
});
