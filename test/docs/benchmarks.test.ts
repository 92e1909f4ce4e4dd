import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { benchmarks, ELSEWHERE, OWN_PAGE, PAGE, writeBench } = await import(join(root, "scripts/bench-page.mjs"));

test("every benchmark has its section of the page, a page of its own, or a machine of its own", async () => {
  const names = [...(await benchmarks()).keys()];
  assert.deepEqual(names.sort(), [...Object.keys(PAGE), ...OWN_PAGE, ...ELSEWHERE].sort());
});

test("what a benchmark prints becomes its section, with its command, the machine and the load; the others stay", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-page-"));
  const page = join(folder, "benchmarks.md");
  const { log } = console;
  try {
    await writeFile(page, "# Benchmarks\n\nold words\n\n## aaa\n\nkept\n\n## mmm\n\nold figures\n");
    console.log = () => {};
    await writeBench("mmm", () => console.log("| what |\n| --- |\n| 7 |"), ["--rounds=3", "--write"], page);
    const text = await readFile(page, "utf8");
    assert.match(text, /^# Benchmarks\n\nEach section is written by/);
    assert.match(
      text,
      /## aaa\n\nkept\n\n## mmm\n\n`npm run bench mmm -- --rounds=3 --write`, \d{4}-\d\d-\d\d, on .+ cores, \d+ GiB/,
    );
    assert.match(text, /load average before it \d+\.\d, after it \d+\.\d\.\n\n\| what \|\n\| --- \|\n\| 7 \|\n$/);
    assert.doesNotMatch(text, /old (?:words|figures)/);
    await assert.rejects(
      writeBench("zzz", () => {}, [], page),
      /zzz printed nothing/,
    );
    await assert.rejects(
      writeBench("mmm", () => Promise.reject(new Error("no Chromium")), [], page),
      /no Chromium/,
    );
    assert.equal(await readFile(page, "utf8"), text, "a benchmark that fails leaves the page as it is");
  } finally {
    console.log = log;
    await rm(folder, { recursive: true, force: true });
  }
});
