import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { compareAudits, openAudit } from "../../src/audit/index.js";
import { folder } from "../audit/pictures.js";
import { openExplorer } from "../browser/explorer-page.js";
import { launch, missingForBrowser, root } from "../browser/support.js";
import { commandLines } from "../support/command-lines.js";
import { fixture } from "../support/fixtures.js";
import { blocksOf } from "../support/markdown.js";

const program = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const blocks = blocksOf("docs/how-to/morning.md");
const NUMBER = /\d*\.\d+|\d+/g;

/** Lines that a page shows, among those that came: the same words, and numbers as near as processors let them be. */
function assertShown(shown: string, came: string): void {
  const words = (line: string) => line.replace(NUMBER, "#").replace(/\s+/g, " ").trim();
  const numbers = (line: string) => (line.match(NUMBER) ?? []).map(Number);
  const near = (a: number, b: number) => Math.abs(a - b) <= (Number.isInteger(b) ? Math.max(2, 0.05 * b) : 0.05);
  for (const line of shown.trimEnd().split("\n")) {
    const alike = came.split("\n").filter((one) => words(one) === words(line));
    assert.ok(
      alike.some((one) => numbers(one).every((value, i) => near(value, numbers(line)[i]))),
      `the page shows\n${line}\nand there came\n${came}`,
    );
  }
}

describe("an audit in a morning", { skip: missingForBrowser() }, () => {
  let desk: string;
  let browser: Browser;
  before(async () => {
    desk = await folder();
    for (const name of ["brick", "grass", "gravel"])
      await cp(fixture(`morning/${name}.png`), join(desk, `${name}.png`));
    await mkdir(join(desk, "node_modules"));
    await symlink(root, join(desk, "node_modules/sightline"), "junction");
    await symlink(join(root, "node_modules/sharp"), join(desk, "node_modules/sharp"), "junction");
    for (const { code } of blocks) {
      const [, name] = /^\/\/ (\w+\.mjs)\n/.exec(code) ?? [];
      if (name) await writeFile(join(desk, name), code);
    }
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await rm(desk, { recursive: true, force: true });
  });

  const start = (words: readonly string[]): ChildProcess => {
    const own = words[0] === "npx" ? [program, ...words.slice(2)] : words.slice(1);
    return spawn(process.execPath, own, { cwd: desk, stdio: ["ignore", "pipe", "pipe"] });
  };

  /** @returns what a command printed, having ended with this code */
  async function run(words: readonly string[], code: number): Promise<string> {
    const child = start(words);
    const [said, errors] = [text(child.stdout!), text(child.stderr!)];
    const [ended] = await once(child, "close");
    const all = `${await said}\n${await errors}`;
    assert.equal(ended, code, `${words.join(" ")}\n${all}`);
    return all;
  }

  /** A picture of the page; UPDATE_GALLERY=1 takes it into the docs. */
  async function keepPicture(name: string, png: Buffer): Promise<void> {
    const file = `${root}/${process.env.UPDATE_GALLERY ? "docs/images" : "reports/docs"}/morning-${name}.png`;
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, await sharp(png).png({ palette: true }).toBuffer());
  }

  /** Proves the first finding as the page says, and takes the page's pictures. @returns the verdict */
  async function prove(words: readonly string[]): Promise<string> {
    const child = start([...words, "--no-browser"]);
    try {
      const [url] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
      const { page, finding, problems } = await openExplorer(browser, url);
      await page.getByRole("radio", { name: "Overview" }).check();
      const shortcut = finding("shortcut");
      const schemes = ["light", "dark"] as const;
      const take = async (name: string, from: { screenshot(): Promise<Buffer> }) => {
        await page.waitForFunction(() =>
          [...document.querySelectorAll<HTMLCanvasElement>(".sl-x-finding canvas")].every(
            (canvas) => canvas.getContext("2d")!.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[3] > 0,
          ),
        );
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          await keepPicture(`${name}-${colorScheme}`, await from.screenshot());
        }
      };
      await shortcut.getByRole("button", { name: "Prove it" }).waitFor();
      await take("overview", page);
      await shortcut.getByRole("button", { name: "Prove it" }).click();
      const verdict = shortcut.locator(".sl-verdict").filter({ hasText: /^Proven both ways/ });
      await verdict.waitFor({ timeout: 240_000 });
      await page.setViewportSize({ width: 1280, height: 1600 });
      await take("proof", shortcut);
      assert.deepEqual(problems, []);
      return await verdict.innerText();
    } finally {
      child.kill();
    }
  }

  test("every command of the page runs, ends as the page says, and says what the page shows", async () => {
    let came = "";
    for (const { language, code } of blocks) {
      if (language === "text") assertShown(code, came);
      if (language !== "sh") continue;
      came = "";
      for (const line of code.trim().split("\n")) {
        const [words] = commandLines(line);
        came += words[2] === "view" ? await prove(words) : await run(words, line.includes("# fails") ? 1 : 0);
      }
    }
  });

  test("the mistakes are the gravel without a stamp, all of it; mended, there are none and no shortcut", async () => {
    const [audit, mended] = [await openAudit(join(desk, "audit")), await openAudit(join(desk, "audit-mended"))];
    const wrong = await audit.query("select path from results where not correct order by path");
    const bare = await audit.query("select path from results where path like 'gravel/%0.png' order by path");
    assert.equal(bare.length, 6);
    assert.deepEqual(wrong, bare);
    assert.equal((await readFile(join(desk, "mistakes.csv"), "utf8")).trim().split("\r\n").length, 1 + bare.length);
    const { fixed, regressed, findings } = await compareAudits(audit, mended);
    assert.deepEqual([fixed, regressed], [6, 0]);
    assert.deepEqual(
      findings.gone.map(({ kind, label }) => [kind, label]),
      [["shortcut", "gravel"]],
    );
  });
});
