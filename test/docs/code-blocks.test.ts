import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandLines, complaintAbout } from "../support/command-lines.js";
import { blocksOf, documentationPages, pageText } from "../support/markdown.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const blocks = documentationPages.flatMap(blocksOf);
const { scripts, peerDependencies } = JSON.parse(await readFile(`${root}package.json`, "utf8"));

/** What is shown and not run: the page, and the test that holds it. */
const TEXT: Readonly<Record<string, string>> = {
  "README.md": "readme.test",
  "docs/architecture.md": "architecture.test",
  "docs/browser.md": "docs/code-blocks.test",
  "docs/how-to/morning.md": "docs/morning.long.test",
};

/** Languages, and the test that runs or reads every block in one. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ts: "docs/page-code.test",
  sh: "docs/code-blocks.test",
  python: "docs/code-blocks.test",
  json: "docs/code-blocks.test",
  text: "docs/code-blocks.test",
};

test("every code block says its language, and a test knows it", () => {
  assert.ok(blocks.length > 50, `${blocks.length} blocks`);
  const unknown = blocks.filter(({ language }) => !(language in LANGUAGES));
  assert.deepEqual(unknown, []);
  for (const name of [...Object.values(LANGUAGES), ...Object.values(TEXT)])
    assert.ok(existsSync(`${root}test/${name}.ts`), name);
});

test("every fence on a page is read as a block", () => {
  for (const page of documentationPages) {
    const fences = pageText(page).match(/^ *```/gm)?.length ?? 0;
    assert.equal(fences, 2 * blocksOf(page).length, page);
  }
});

test("text that is shown and not run is held by a test", () => {
  const pages = blocks.filter(({ language }) => language === "text").map(({ page }) => page);
  assert.deepEqual([...new Set(pages)].sort(), Object.keys(TEXT).sort());
});

test("JSON can be read", () => {
  const all = blocks.filter(({ language }) => language === "json");
  assert.ok(all.length >= 3);
  for (const { code } of all) assert.equal(typeof JSON.parse(code), "object");
});

test("Python is what a committed script ran", async () => {
  const names = await readdir(`${root}test/fixtures`, { recursive: true });
  const hashes = new Set<string>();
  for (const name of names.filter((file) => file.endsWith("answers.json"))) {
    const answers = JSON.parse(await readFile(`${root}test/fixtures/${name}`, "utf8"));
    for (const { code } of Object.values<{ code: string }>(answers)) hashes.add(code);
  }
  const all = blocks.filter(({ language }) => language === "python");
  assert.ok(all.length >= 10);
  const changed = all.filter(({ code }) => !hashes.has(createHash("sha256").update(code).digest("hex")));
  assert.deepEqual(
    changed.map(({ page, heading }) => `${page}: ${heading}`),
    [],
    "run the make.py beside answers.json again",
  );
});

test("the provenance that the page on the browser shows is that of the runtime that we ship", async () => {
  const [{ code }] = blocksOf("docs/browser.md").filter(({ language }) => language === "text");
  const shown = new Function(`return (${code})`)();
  const { version } = JSON.parse(await readFile(`${root}node_modules/onnxruntime-web/package.json`, "utf8"));
  assert.deepEqual(shown, {
    edition: "browser",
    engine: `onnxruntime-web ${version} (wasm)`,
    device: "cpu",
    threads: 1,
  });
});

/** Programs that are not ours. Whatever else stands first in a line is a mistake, or belongs here with its check. */
async function complaintAboutLine(words: readonly string[]): Promise<string | undefined> {
  const [program, ...rest] = words;
  if (program === "npx") return complaintAboutLine(rest);
  if (program === "sightline") return complaintAbout(rest);
  if (program === "npm" && rest[0] === "run") return rest[1] in scripts ? undefined : "package.json has no such script";
  if (program === "npm" && (rest[0] === "start" || rest[0] === "test")) return undefined;
  if (program === "npm" && rest[0] === "install")
    return rest.slice(1).every((name) => name in peerDependencies) ? undefined : "not an optional package of ours";
  if (program === "node" && blocks.some(({ code }) => code.startsWith(`// ${rest[0]}\n`))) return undefined;
  if (program === "node" && rest.includes("--test")) {
    const source = rest
      .at(-1)!
      .replace(/^dist\//, "")
      .replace(/\.js$/, ".ts");
    return existsSync(root + source) ? undefined : `there is no ${source}`;
  }
  return "no check of this program";
}

for (const { page, heading, code } of blocks.filter(({ language }) => language === "sh")) {
  for (const words of commandLines(code)) {
    test(`${page}, ${heading}: ${words.join(" ")}`, async () => {
      assert.equal(await complaintAboutLine(words), undefined);
    });
  }
}

test("every command in the running text is one, with options that it has", async () => {
  const named = documentationPages.flatMap((page) =>
    [...pageText(page).matchAll(/`(?:npx )?sightline (?!\/)([^`]+)`/g)].map(([, line]) => ({ page, line })),
  );
  assert.ok(named.length > 10);
  const wrong: string[] = [];
  for (const { page, line } of named) {
    const words = commandLines(line.replace(/\s+/g, " "))[0];
    const said = words && !words.includes("…") ? await complaintAbout(words) : undefined;
    // a command may be named without its arguments, and a group without its command
    if (said && !/missing required argument|names no command|required option/.test(said))
      wrong.push(`${page}: ${line}: ${said}`);
  }
  assert.deepEqual(wrong, []);
});

test("a command line that is wrong is found", async () => {
  for (const line of [
    "audit",
    "audit photos --modle x",
    "frobnicate",
    "explain cat.png --method",
    "site OUT --port x y",
  ]) {
    assert.notEqual(await complaintAbout(commandLines(line)[0]), undefined, line);
  }
});
