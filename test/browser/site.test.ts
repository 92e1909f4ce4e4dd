import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { buildSite } from "../../src/export/site/build-site.js";
import { Finger } from "./finger.js";
import { FrontEnd, ours, type ShownCell } from "./front-end.js";
import { differences, shownTexts, storedTexts } from "./lessons.js";
import { playClass } from "./site-class.js";
import { foreignRequests, ISOLATED, type StaticServer, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, root } from "./support.js";

const PHONE = { width: 390, height: 844 };
const ONE_NOTEBOOK = "notebooks/index.html";

/** Files that the first map of a model of the catalog needs. */
const NEEDED_FIRST = [
  /sightline\/models\/efficientnet-lite0-\w+\.onnx$/,
  /sightline\/learned\/\w{64}\.json$/,
  /sightline\/chunks\/load-\w+\.js$/,
  /sightline\/chunks\/opentype-\w+\.js$/,
  /assets\/model\/labels\/imagenet\.json$/,
  /assets\/image\/resample\.wasm$/,
  /assets\/render\/fonts\/inter-latin-600-normal\.woff$/,
];

describe("a site of notebooks, in the browser alone", { skip: missingForBrowser(), timeout: 600_000 }, () => {
  let folder: string;
  let plain: StaticServer;
  let isolated: StaticServer;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-site-"));
    await buildSite(folder, {
      notebooks: join(root, "notebooks"),
      model: "efficientnet-lite0",
      title: "Class 8b <looks>",
    });
    plain = await serveFolder(folder);
    isolated = await serveFolder(folder, ISOLATED);
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await plain?.stop();
    await isolated?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (server: StaticServer, notebook: string) =>
    FrontEnd.open(browser, `${server.url}lab/index.html?path=${notebook}`);

  test("the first page lists the notebooks by their headings, titles escaped; a phone gets the view of one notebook", async () => {
    const page = await browser.newPage();
    await page.goto(plain.url);
    assert.equal(await page.locator("h1").textContent(), "Class 8b <looks>");
    const links = page.locator("ol a").filter({ visible: true });
    assert.ok((await links.count()) >= 6);
    assert.equal(await links.first().getAttribute("href"), "lab/index.html?path=1-basic.ipynb");
    await page.setViewportSize(PHONE);
    assert.equal(await links.first().getAttribute("href"), `${ONE_NOTEBOOK}?path=1-basic.ipynb`);
    await page.close();
  });

  test("lesson 1 runs from its first to its last cell, prints what Node prints, and asks no other host", async () => {
    await using lab = await open(plain, "1-basic.ipynb");
    const foreign = foreignRequests(lab.page, plain);
    const cells = await lab.runAll();
    assert.deepEqual(differences(shownTexts(cells), await storedTexts("1-basic.ipynb")), []);
    const provenance = cells.find(({ source }) => source.trim() === "explanation.provenance;")?.outputs[0].text ?? "";
    assert.match(
      provenance,
      /runtime: \{\s+edition: 'browser',\s+engine: 'onnxruntime-web [\d.]+ \(wasm\)',\s+device: 'cpu',\s+threads: 1\s+\}/,
    );
    assert.ok(cells.some(({ outputs }) => outputs.some(({ mimes }) => mimes.includes("image/png"))));
    assert.deepEqual(foreign, []);
    await lab.page.locator(".sightline canvas").first().waitFor();
    await lab.keep("site-lesson-1");
  });

  test("the runtime and what the lesson's first map needs are loaded while JupyterLab is, and the first cell takes them", async () => {
    await using server = await serveFolder(folder);
    await using lab = await open(server, "1-basic.ipynb");
    const threads = () => lab.page.workers().filter((worker) => worker.url().endsWith("/thread.js")).length;
    const missing = () => {
      const sent = [...server.sent].map((path) => path.replaceAll("\\", "/"));
      return NEEDED_FIRST.filter((pattern) => !sent.some((path) => pattern.test(path)));
    };
    const deadline = Date.now() + 60_000;
    while ((threads() === 0 || missing().length > 0) && Date.now() < deadline) await lab.page.waitForTimeout(50);
    assert.deepEqual(missing(), []);
    await lab.run(0);
    assert.equal(threads(), 1);
  });

  test("only notebooks that load the site's model fetch it ahead", async () => {
    const settings = JSON.parse(await readFile(join(folder, "jupyter-lite.json"), "utf8"));
    const ahead = Object.keys(settings["jupyter-config-data"].sightlineFilesAhead).sort();
    const loading: string[] = [];
    for (const name of await readdir(join(root, "notebooks"))) {
      if (!name.endsWith(".ipynb")) continue;
      const { cells } = JSON.parse(await readFile(join(root, "notebooks", name), "utf8"));
      const code = cells.filter((cell: { cell_type: string }) => cell.cell_type === "code");
      if (JSON.stringify(code).includes('\\"efficientnet-lite0\\"')) loading.push(name);
    }
    assert.ok(loading.includes("1-basic.ipynb"));
    assert.deepEqual(ahead, loading.sort());
  });

  test("a phone and a school's server without https will do: there a browser gives a page fewer of its functions", async () => {
    const school = await launch(["--disable-gpu", "--host-resolver-rules=MAP school.test 127.0.0.1"]);
    try {
      const url = plain.url.replace("127.0.0.1", "school.test");
      await using view = await FrontEnd.open(school, `${url}${ONE_NOTEBOOK}?path=1-basic.ipynb`, PHONE);
      const { page } = view;
      assert.equal(await page.evaluate("isSecureContext"), false);
      await using finger = await Finger.on(page);
      const advance = page.getByTitle(/^Run this cell and advance/);
      while ((await view.cells())[0].state === "idle" && (await view.cells())[0].count === null)
        await finger.tap(advance);
      assert.match((await view.done(0)).outputs[0].text, /efficientnet-lite0/);
      const cells = await view.runAll();
      assert.deepEqual(differences(shownTexts(cells), await storedTexts("1-basic.ipynb")), []);
      await page.locator(".sightline canvas").first().waitFor();
      await view.keep("site-phone");
    } finally {
      await school.close();
    }
  });

  test("a picture that was uploaded is used in a cell; a restart forgets, a reload keeps the notebook and the picture", async () => {
    await using lab = await open(plain, "1-basic.ipynb");
    const { page } = lab;
    /** As a cell that has not run: after a restart counts begin anew. */
    const setCode = (code: string) =>
      page.evaluate(`{
        const { cells } = jupyterapp.shell.currentWidget.content.model.sharedModel;
        const cell = cells.find((one) => one.cell_type === "code");
        cell.setSource(${JSON.stringify(code)});
        cell.execution_count = null;
      }`);
    const run = async (code: string) => {
      await setCode(code);
      return (await lab.run(0)).outputs.map(({ text }) => text).join("\n");
    };
    const tab = await page.evaluate("jupyterapp.shell.currentWidget.id");
    const chosen = page.waitForEvent("filechooser");
    await page.getByTitle("Upload Files").first().click();
    const picture = await readFile(join(root, "notebooks/images/coffee.png"));
    await (await chosen).setFiles({ name: "mine.png", mimeType: "image/png", buffer: picture });
    await page.locator(".jp-DirListing-item", { hasText: "mine.png" }).waitFor();
    // the picture opens in a tab of its own
    await page.locator(".jp-ImageViewer").waitFor();
    await page.evaluate(`jupyterapp.shell.activateById("${tab}")`);
    await page.waitForFunction(`jupyterapp.shell.currentWidget?.id === "${tab}"`);
    const code = `import { loadModel } from "sightline";
const kept = (await (await loadModel("efficientnet-lite0")).predict("mine.png"))[0].label;
kept;`;
    assert.equal(await run(code), "'espresso'");
    await page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()");
    assert.match(await run("kept;"), /Cannot find name 'kept'/);
    await setCode(code);
    await page.evaluate("jupyterapp.commands.execute('docmanager:save')");
    await page.reload();
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
    await page.waitForFunction("jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'");
    assert.equal((await lab.cells())[0].source, code);
    const before = (await lab.cells())[0].count;
    await lab.start(0);
    assert.equal((await lab.done(0, before)).outputs.at(-1)?.text, "'espresso'");
  });

  test("what a pupil changes stays in the browser, and the file that Download saves has it", async () => {
    await using lab = await open(plain, "2-deep-dive.ipynb");
    const { page } = lab;
    const mine = "// what I found out: <b>ü</b>\n1 + 1;";
    const original = await readFile(join(folder, "files/2-deep-dive.ipynb"), "utf8");
    await lab.write(mine);
    assert.equal((await lab.run(0)).outputs[0].text, "2");
    await page.getByRole("menuitem", { name: "File", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Save Notebook( Ctrl\+S)?$/ }).click();
    await page.waitForFunction("!jupyterapp.shell.currentWidget.context.model.dirty");
    await page.reload();
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
    assert.equal((await lab.cells())[0].source, mine);
    await page.getByRole("menuitem", { name: "File", exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /^Download/ }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "2-deep-dive.ipynb");
    const saved = JSON.parse(await readFile(await download.path(), "utf8"));
    const cells = (notebook: { cells: { cell_type: string; source: string | string[] }[] }) =>
      notebook.cells.map(({ source }) => [source].flat().join(""));
    const changed = saved.cells.findIndex((cell: { cell_type: string }) => cell.cell_type === "code");
    assert.deepEqual(cells(saved), cells(JSON.parse(original)).with(changed, mine));
    assert.deepEqual(saved.cells[changed].outputs[0].data["text/plain"], "2");
    assert.equal(await readFile(join(folder, "files/2-deep-dive.ipynb"), "utf8"), original);

    // a notebook that is closed gives back its kernel's memory
    const kernels = () => page.workers().filter((worker) => worker.url().endsWith("/kernel.js")).length;
    assert.equal(kernels(), 1);
    await lab.close("2-deep-dive.ipynb");
    for (const deadline = Date.now() + 30_000; kernels() > 0 && Date.now() < deadline; ) await page.waitForTimeout(50);
    assert.equal(kernels(), 0);
  });

  test("a class plays in a page: guesses, stickers, a picture of one's own, a theatre, a training, an exercise, class mode", async () => {
    await using lab = await open(plain, "7-teach-and-catch.ipynb");
    const foreign = foreignRequests(lab.page, plain);
    await playClass(lab);
    // JupyterLite asks its server for folders that a static one need not have
    const problems = ours(lab.problems).filter((text) => !/^Failed to load resource: .* 404/.test(text));
    assert.deepEqual([foreign, problems], [[], []]);
  });

  test("DuckDB comes from the site with an audit's first query; what a page cannot do is an error that names the other edition", async () => {
    await using server = await serveFolder(folder);
    await using lab = await open(server, "1-basic.ipynb");
    const foreign = foreignRequests(lab.page, server);
    const run = async (code: string) => (await lab.runCode(code)).outputs.map((output) => output.text).join("\n");
    const duckDb = () => [...server.sent].map((path) => basename(path)).filter((name) => name.startsWith("duckdb"));
    const explained = await run(`import { audit, explain, loadModel, workOnAudits } from "sightline";
import { classroom } from "sightline/classroom";
import { writeFile } from "node:fs/promises";
const model = await loadModel(classroom.models.honest.url, classroom.models.honest.options);
await writeFile("/tmp/scan.tif", Uint8Array.of(0x49, 0x49, 0x2a, 0, 8, 0, 0, 0));
const e = await explain(model, "images/coffee.png");
e.map().width;`);
    assert.match(explained, /\d+$/);
    assert.deepEqual(duckDb(), []);
    // the report of an audit asks the first query
    assert.match(await run('(await audit(model, "images", { out: "audited" })).folder;'), /audited/);
    assert.deepEqual(
      duckDb()
        .filter((name) => /worker|wasm/.test(name))
        .sort(),
      ["duckdb-browser-eh.worker.js", "duckdb-eh.wasm"],
    );
    assert.deepEqual(foreign, []);
    const queue = "redis://127.0.0.1:6379";
    const tries: readonly (readonly [string, RegExp])[] = [
      [`await audit(model, "images", { out: "a", queue: "${queue}" });`, /over a queue is not in the browser edition/],
      [
        `await audit(model, "images", { out: "a", queue: "${queue}", shards: "s3://bucket/a" });`,
        /not in the browser edition/,
      ],
      ['await audit(model, "images", { out: "a", shards: "s3://bucket/a" });', /shards was given without a queue/],
      [`await workOnAudits(model, { queue: "${queue}" });`, /over a queue is not in the browser edition/],
      ['import express from "express";', /import "express" is not in the browser edition/],
      ['import { z } from "zod"; z.string();', /import "zod" is not in the browser edition/],
      ['import * as d3 from "@scope/d3"; d3;', /import "@scope\/d3" is not in the browser edition/],
      ['await import("express");', /import "express" is not in the browser edition/],
      [
        'import { execFileSync } from "node:child_process"; execFileSync("npx", ["sightline", "grade", "class"]);',
        /"node:child_process" is not in/,
      ],
      ['import { readFileSync } from "fs"; readFileSync("a");', /import "fs" is not in the browser edition/],
      ['import { helper } from "./helper.js"; helper();', /import ".\/helper.js" is not in the browser edition/],
      [
        'import { main } from "sightline/cli"; main();',
        /"sightline\/cli" is not in the browser edition: expected sightline, /,
      ],
      ['require("fs");', /require\("fs"\) is not in the browser edition/],
      [
        'await explain(model, "/tmp/scan.tif");',
        /the browser edition reads JPEG.*TIFF and others need the edition for Node/,
      ],
    ];
    for (const [code, words] of tries) {
      const said = await run(code);
      assert.match(said, words, code);
      assert.doesNotMatch(said, /TypeError|TS\d{4}|\[object/, code);
      if (/not in the browser/.test(said)) assert.match(said, /use the edition for Node: npx sightline start/, code);
    }
    assert.equal(await run("import { join } from 'node:path'; join('a', 'b')"), "'a/b'");
    assert.match(await run('import { nothing } from "sightline"; nothing;'), /TS2305.*nothing/);
  });

  for (const [name, server] of [
    ["without headers", () => plain],
    ["isolated", () => isolated],
  ] as const) {
    test(`errors, types, printing and interrupts, ${name}`, async () => {
      await using lab = await open(server(), "1-basic.ipynb");
      const { page } = lab;
      assert.equal(await page.evaluate("crossOriginIsolated"), name === "isolated");
      const run = (code: string) => lab.runCode(code);
      const text = ({ outputs }: ShownCell) => outputs.map((output) => output.text).join("\n");
      assert.equal(text(await run("console.log([1, { a: 2 }]); 6 * 7")), "[ 1, { a: 2 } ]\n42");
      assert.match(text(await run('const n: number = "seven";')), /TS2322/);
      assert.match(
        text(await run('const fail = () => { throw new RangeError("too far"); };\nfail();')),
        /too far[\s\S]*Cell \[\d+\]/,
      );

      const asked = (await page.evaluate(`(async () => {
        const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
        const code = "const seen = [1]; seen.len";
        const complete = await kernel.requestComplete({ code, cursor_pos: code.length });
        const inspect = await kernel.requestInspect({ code: "parseInt", cursor_pos: 3, detail_level: 0 });
        const isWhole = await kernel.requestIsComplete({ code: "for (;;) {" });
        const past = await kernel.requestHistory({ hist_access_type: "tail", n: 2, output: false, raw: true });
        return {
          completions: complete.content.matches,
          signature: JSON.stringify(inspect.content.data),
          whole: isWhole.content.status,
          past: past.content.history.map(([, , source]) => String(source)),
        };
      })()`)) as { completions: string[]; signature: string; whole: string; past: string[] };
      assert.deepEqual(asked.completions, ["length"]);
      assert.match(asked.signature, /parseInt\(string: string/);
      assert.equal(asked.whole, "incomplete");
      assert.match(asked.past.at(-1) ?? "", /too far/);

      const question = 'import { input } from "sightline/notebook";\nawait input("Who? ");';
      await lab.write(question);
      const { count } = (await lab.cells())[0];
      await lab.start(0);
      await page.locator(".jp-Stdin-input").fill("Ada <b>");
      await page.locator(".jp-Stdin-input").press("Enter");
      assert.match(text(await lab.done(0, count)), /'Ada <b>'/);

      const endless =
        name === "isolated" ? "while (true);" : "for (;;) await new Promise((done) => setTimeout(done, 5));";
      await lab.write(endless);
      const before = (await lab.cells())[0].count;
      await lab.start(0);
      await page.waitForTimeout(500);
      await page.evaluate("jupyterapp.commands.execute('notebook:interrupt-kernel')");
      assert.match(text(await lab.done(0, before)), /interrupted/);
      assert.equal(text(await run("'still here'")), "'still here'");
    });
  }
});
