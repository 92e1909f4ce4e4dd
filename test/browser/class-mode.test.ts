import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { exportHtml } from "../../src/export/export-html.js";
import { seriousFindings } from "./axe.js";
import { FrontEnd, ours } from "./front-end.js";
import { describeLessonPages, openFile } from "./lesson-pages.js";
import { type Jupyter, keep, launch, missingForBrowser, root, startJupyter } from "./support.js";

const text = (source: string, ...tags: string[]) => ({ cell_type: "markdown", metadata: { tags }, source });
const code = (source: string, output: string, ...tags: string[]) => ({
  cell_type: "code",
  metadata: { tags },
  source,
  execution_count: 1,
  outputs: [{ output_type: "execute_result", data: { "text/html": output }, metadata: {}, execution_count: 1 }],
});
const HELD = '<details class="sightline-held"><summary>Reveal</summary><p>the held map</p></details>';
const cells = [
  text("# A lesson\n\nEvery seed gives <b>one</b> map; a seed is a number."),
  text('Say nothing about the **mark** <b onclick="alert(1)">at all</b>', "notes"),
  code("const rules = 1;", "set", "exercise"),
  text("## Step 1\n\nGuess where the logit comes from."),
  code("const map = 2;", HELD),
  text("It was the corner.", "answer"),
  text("How many?"),
  code('check("how many", undefined);', "no answer yet", "question"),
  text("Your turn"),
  code("const own = 3;", "", "parameters"),
].map((cell, i) => ({ ...cell, id: `cell-${i}` }));
const metadata = { kernelspec: { name: "sightline", display_name: "TypeScript (Sightline)", language: "typescript" } };
const notebook = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells });

/** What of the page can be seen, in its order. */
const seen = (page: Page, words: readonly string[]) =>
  page.evaluate((all) => {
    type Seen = { innerText: string };
    const shown = (globalThis as unknown as { document: { body: Seen } }).document.body.innerText;
    return all.filter((one) => shown.includes(one));
  }, words as string[]);

const WORDS = [
  "A lesson",
  "const rules",
  "Guess where",
  "const map",
  "the held map",
  "the corner",
  "How many?",
  "check(",
  "Your turn",
  "const own",
];

describe("class mode", { skip: missingForBrowser() }, () => {
  let browser: Browser;
  let folder: string;
  before(async () => {
    browser = await launch();
    folder = await mkdtemp(join(tmpdir(), "sightline-class-mode-"));
    await writeFile(join(folder, "lesson.ipynb"), notebook);
    await exportHtml(join(folder, "lesson.ipynb"), join(folder, "class.html"), { classMode: true });
    await exportHtml(join(folder, "lesson.ipynb"), join(folder, "handout.html"));
  });
  after(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const opened = (name: string) => openFile(browser, join(folder, name));

  test("a page goes one step a screen: code folded, answers behind R, notes in the presenter's window alone", async () => {
    const { page, problems } = await opened("class.html");
    assert.deepEqual(await seen(page, WORDS), ["A lesson"]);
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await seen(page, WORDS), ["Guess where", "How many?", "check("]);
    await page.keyboard.press("r");
    assert.deepEqual(await seen(page, WORDS), ["Guess where", "the held map", "the corner", "How many?", "check("]);
    await page.keyboard.press("c");
    assert.deepEqual(await seen(page, ["const map", "const rules"]), ["const map"]);
    await page.keyboard.press("c");
    assert.deepEqual(await seen(page, ["How many?", "check("]), ["How many?", "check("], "the question stands beside");
    await page.keyboard.press("PageDown");
    assert.deepEqual(await seen(page, WORDS), ["Your turn", "const own"], "where the reader writes, code is shown");
    assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
    await page.keyboard.press("ArrowLeft");

    const popup = page.waitForEvent("popup");
    await page.keyboard.press("p");
    const presenter = await popup;
    await presenter.getByText("Say nothing about the mark").waitFor();
    assert.match((await presenter.locator("body").textContent()) ?? "", /2 of 3.*Step 1.*Next: Step 1/s);
    assert.equal(await presenter.locator("[onclick]").count(), 0, "notes are cleaned");
    await presenter.getByRole("button", { name: "Next" }).click();
    assert.deepEqual(await seen(page, ["Your turn"]), ["Your turn"], "both windows go on together");
    await presenter.keyboard.press("ArrowLeft");
    assert.deepEqual(await seen(page, ["Guess where", "Your turn"]), ["Guess where"]);
    assert.deepEqual(await seriousFindings(page, "body"), []);
    const closed = presenter.waitForEvent("close");
    await page.keyboard.press("Escape");
    await closed;
    assert.deepEqual(problems, []);
  });

  test("words of the glossary are dotted once a cell; G lists them all", async () => {
    const { page } = await opened("class.html");
    const dotted = page.locator(".sl-term");
    assert.deepEqual(await dotted.allTextContents(), ["seed"]);
    await dotted.first().click();
    const panel = page.getByRole("dialog", { name: "Glossary" });
    assert.equal(await panel.locator(".sl-term-current dt").textContent(), "seed");
    await page.keyboard.press("g");
    await panel.waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    assert.equal(await dotted.count(), 0, "the handout has the text as it was");
    assert.deepEqual(
      await seen(page, WORDS),
      WORDS.filter((one) => !/corner|held map|const rules/.test(one)),
    );
    await page.getByRole("button", { name: "Class mode" }).click();
    assert.deepEqual(await seen(page, WORDS), ["A lesson"]);
  });

  test("a handout has answers and rules folded, and neither notes nor scripts", async () => {
    const { page } = await opened("handout.html");
    assert.deepEqual(
      await seen(page, WORDS),
      WORDS.filter((one) => !/corner|held map|const rules/.test(one)),
    );
    await page.getByText("Answer", { exact: true }).click();
    assert.deepEqual(await seen(page, ["the corner"]), ["the corner"]);
    const html = await page.content();
    assert.ok(!html.includes("Say nothing") && !html.includes("<script"));
  });
});

describeLessonPages(["1-basic"]);

describe("class mode in JupyterLab", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let browser: Browser;
  let jupyter: Jupyter;
  before(async () => {
    browser = await launch();
    jupyter = await startJupyter("lab");
  });
  after(async () => {
    await browser?.close();
    await jupyter?.[Symbol.asyncDispose]();
  });

  test("answers, notes and rules stay folded until they are asked for; the command goes through a notebook screen by screen and leaves it as it was", async () => {
    const from = await mkdtemp(join(tmpdir(), "sightline-class-lab-"));
    try {
      await writeFile(join(from, "lesson.ipynb"), notebook);
      await using front = await FrontEnd.open(browser, await jupyter.executed("lesson.ipynb", relative(root, from)));
      const { page } = front;
      const words = [...WORDS, "Say nothing"];
      const folded = words.filter((one) => !/corner|held map|const rules|Say nothing/.test(one));
      await page.getByRole("button", { name: "Answer" }).waitFor();
      assert.deepEqual(await seen(page, words), folded, "who scrolls down guesses first");
      await keep(page, "class-mode-lab-folded");
      const above = async (one: Locator, other: Locator) =>
        ((await one.boundingBox())?.y ?? NaN) < ((await other.boundingBox())?.y ?? NaN);
      const rules = page.getByRole("button", { name: "Rules of an exercise" });
      assert.ok(await above(rules, page.getByText("set", { exact: true })), "above what it prints");
      await page.getByRole("button", { name: "For the teacher" }).click();
      await rules.press("Enter");
      assert.deepEqual(await seen(page, ["const rules", "the corner", "Say nothing"]), ["const rules", "Say nothing"]);
      for (const name of ["For the teacher", "Rules of an exercise"]) {
        await page.getByRole("button", { name, expanded: true }).press(" ");
      }
      assert.deepEqual(await seen(page, words), folded, "and folds again");
      await page.locator(".jp-Cell", { hasText: "It was the corner" }).focus();
      await page.keyboard.press("Enter");
      await page.locator(".jp-mod-editMode").waitFor();
      assert.deepEqual(await seen(page, ["the corner"]), ["the corner"], "what is edited is open");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+Enter");
      await page.evaluate("void jupyterapp.commands.execute('sightline:class-mode')");
      await page.locator(".sl-class-bar").waitFor();
      const place = page.locator(".sl-class-place");
      await page.keyboard.press("Home");
      assert.equal(await place.textContent(), "1 / 3");
      await page.locator(".jp-RenderedMarkdown .sl-term", { hasText: "seed" }).waitFor();
      await page.keyboard.press("ArrowRight");
      assert.deepEqual(await seen(page, ["Guess where", "const map", "the corner"]), ["Guess where"]);
      await keep(page, "class-mode-lab");
      await page.keyboard.press("r");
      assert.deepEqual(await seen(page, ["the held map", "the corner"]), ["the held map", "the corner"]);
      await keep(page, "class-mode-lab-revealed");
      await page.keyboard.press("ArrowRight");
      assert.deepEqual(await seen(page, ["Your turn", "const own"]), ["Your turn", "const own"]);
      await page.keyboard.press("Escape");
      await page.locator(".sl-class-bar").waitFor({ state: "detached" });
      assert.equal(await page.locator(".sl-class-off, .sl-class-folded, .sl-term").count(), 0);
      assert.deepEqual(ours(front.problems), []);
    } finally {
      await rm(from, { recursive: true, force: true });
    }
  });
});
