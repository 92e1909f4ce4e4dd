import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const names = ["README.md", "CONTRIBUTING.md", "test/fixtures/README.md"];
for (const name of await readdir(`${root}docs`, { recursive: true }))
  if (name.endsWith(".md")) names.push(`docs/${name}`);
const pages = await Promise.all(names.map(async (name) => ({ name, text: await readFile(root + name, "utf8") })));

/** Everything that a pattern finds on the pages, with the page's name. */
const mentions = (pattern: RegExp) =>
  pages.flatMap(({ name, text }) => [...text.matchAll(pattern)].map(([, found]) => ({ name, found })));

test("every path of the repository that a page names is there", () => {
  const named = mentions(/`((?:src|test|docs|scripts|widgets|notebooks|\.ci)\/[\w./-]*)`/g).filter(
    ({ name, found }) => name !== "CONTRIBUTING.md" || !found.includes("my-method"),
  );
  assert.ok(named.length > 30, `${named.length} paths`);
  assert.deepEqual(
    named.filter(({ found }) => !existsSync(root + found)),
    [],
  );
});

test("every command of package.json that a page names is there", async () => {
  const { scripts } = JSON.parse(await readFile(`${root}package.json`, "utf8"));
  const named = mentions(/npm run (?:-s )?([\w:-]+)/g);
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter(({ found }) => !(found in scripts)),
    [],
  );
});

// links that begin with "/" lead to pages of the site that are generated: `npm run docs` checks them
test("every link from page to page leads to a file", () => {
  const links = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\]\((?!https?:|#|\/)([^)#\s]+)/g)].map(([, to]) => ({ name, to: join(root, name, "..", to) })),
  );
  assert.deepEqual(
    links.filter(({ to }) => !existsSync(to)),
    [],
  );
});

test("every fixture is named in the README, which names nothing else", async () => {
  const readme = pages.find(({ name }) => name === "test/fixtures/README.md")!.text;
  const patterns = [...readme.matchAll(/^\| (.+?) \|/gm)]
    .flatMap(([, cell]) => [...cell.matchAll(/`([^`]+)`/g)])
    .map(([, pattern]) => pattern.replace(/(.*)-1…5(.*)/, "$1-*$2"))
    .map((pattern) => ({
      pattern,
      matcher: new RegExp(`^${pattern.replace(/[.+]/g, "\\$&").replaceAll("*", "[^/]*").replace(/\/$/, "/.*")}$`),
    }));
  const files = (await readdir(`${root}test/fixtures`, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(`${root}test/fixtures/`.length))
    .filter((file) => file !== "README.md");
  const isScript = (file: string) => /\.(py|mjs|ts)$/.test(file) && readme.includes(`\`python test/fixtures/${file}`);
  const unnamed = files.filter((file) => !isScript(file) && !patterns.some(({ matcher }) => matcher.test(file)));
  const idle = patterns
    .filter(({ matcher }) => !files.some((file) => matcher.test(file)))
    .map(({ pattern }) => pattern);
  assert.deepEqual({ unnamed, idle }, { unnamed: [], idle: [] });
});
