import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cli = fileURLToPath(new URL("../../../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sightline-hostile-class-"));
const temporary = join(folder, "temporary");
after(() => rmSync(folder, { recursive: true, force: true }));

interface Graded {
  readonly pupil: string;
  readonly exercises: readonly { readonly name: string; readonly passed: boolean | null }[];
  readonly notes: readonly string[];
}

const RULES = {
  id: "rules",
  tags: ["exercise"],
  source: `import { check, exercise } from "sightline/classroom";
exercise("first", { answer: () => 1 });
exercise("second", { answer: () => 2 });`,
};

const notebook = (cells: readonly { id: string; source: string; tags?: readonly string[] }[]) =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: cells.map(({ id, source, tags }) => ({
      cell_type: "code",
      id,
      metadata: tags ? { tags } : {},
      source,
      execution_count: null,
      outputs: [],
    })),
  });

function put(path: string, content: string | Uint8Array): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** What a pupil's notebook does between its two right answers. */
const DEEDS = {
  "an endless loop": "for (;;) {}",
  "an endless loop of promises": "for (;;) await null;",
  "a wait that nothing interrupts": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  "a memory hog": "const all: Buffer[] = []; for (;;) all.push(Buffer.alloc(2 ** 26, 1));",
  "a hog at one stroke": "const all = Array.from({ length: 40 }, () => Buffer.alloc(2 ** 26, 1)); all.length",
  "a child that is a hog":
    'import { spawn } from "node:child_process";\nspawn(process.execPath, ["-e", "const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 26, 1)), 50)"]);\nawait new Promise((done) => setTimeout(done, 60_000));',
  "prints gigabytes":
    'const line = "x".repeat(2 ** 24);\nfor (let i = 0; i < 128; i++) { console.log(line); await new Promise((done) => setTimeout(done, 5)); }',
  "prints without end": 'for (;;) console.log("again");',
  "prints more than a message holds": 'console.log("\\u0001".repeat(100_000_000));',
  "shows pages without end":
    'import { display, displaySymbol } from "sightline/notebook";\nfor (let i = 0; i < 400; i++) { await display({ [displaySymbol]: () => ({ "text/html": "<b>" + "x".repeat(2 ** 22) }) }); }',
  "ends the kernel": "process.exit(0);",
  "kills the kernel": 'process.kill(process.pid, "SIGKILL");',
  "deletes its folder": 'import { rmSync } from "node:fs";\nrmSync(process.cwd(), { recursive: true, force: true });',
  "leaves a program behind":
    'import { spawn } from "node:child_process";\nspawn("sleep", ["98765"], { detached: true, stdio: "ignore" }).unref();',
  "sets exercises without end":
    'for (let i = 0; i < 5_000; i++) exercise("mine " + i, { test: () => "x".repeat(20_000) });\ncheck("mine 0", 1); check("m".repeat(5), 1);',
} as const;

type Deed = keyof typeof DEEDS;

const NAMED = `"><script>document.title='taken'<`;
const CONTROL = "a\u001b[2Jb\nc";

let graded: readonly Graded[];
let page = "";
let table = "";
before(async () => {
  const cells = (deed: string) => [
    RULES,
    { id: "a1", source: 'check("first", 1)' },
    { id: "deed", source: deed },
    { id: "a2", source: 'check("second", 2)' },
  ];
  for (const [name, deed] of Object.entries(DEEDS)) put(`class/${name}.ipynb`, notebook(cells(deed)));
  for (const name of [NAMED, CONTROL]) put(`class/${name}/lesson.ipynb`, notebook(cells("1 + 1")));
  put("class/a/deep/folder/of/pupils/lesson.ipynb", notebook(cells("1 + 1")));
  put("class/CAPITALS.IPYNB", notebook(cells("1 + 1")));
  put("class/torn.ipynb", '{"nbformat": 4, "cells": [');
  put("class/empty.ipynb", "");
  put(
    "class/no text.ipynb",
    Uint8Array.from({ length: 4_096 }, (_, i) => (i * 37) % 256),
  );
  put("class/a list.ipynb", "[1, 2, 3]");
  put("class/old format.ipynb", JSON.stringify({ nbformat: 3, nbformat_minor: 0, metadata: {}, worksheets: [] }));
  put("class/nested.ipynb", "[".repeat(1_000_000));
  symlinkSync(join(folder, "nowhere"), join(folder, "class/a link to nothing.ipynb"));
  symlinkSync(join(folder, "class"), join(folder, "class/in a circle"));
  const lesson = put("lesson/lesson.ipynb", notebook(cells("1 + 1")));
  const out = join(folder, "grades");
  const args = [
    "grade",
    join(folder, "class"),
    "--lesson",
    lesson,
    "--out",
    out,
    "--timeout",
    "15",
    "--memory",
    "1500",
  ];
  mkdirSync(temporary);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, ...args, "--json"], {
    env: { ...env, TMPDIR: temporary },
    maxBuffer: 2 ** 28,
  }).catch((error: { stdout: string; stderr: string }) => error);
  assert.ok(stdout, stderr);
  graded = JSON.parse(stdout);
  page = readFileSync(join(out, "grades.html"), "utf8");
  table = readFileSync(join(out, "grades.csv"), "utf8");
});

const rowOf = (pupil: string) => {
  const row = graded.find((each) => each.pupil === pupil);
  assert.ok(row, `no row for ${pupil}: ${graded.map((each) => each.pupil).join(" | ")}`);
  return row;
};

const solved = (pupil: string) =>
  rowOf(pupil)
    .exercises.filter(({ passed }) => passed)
    .map(({ name }) => name);

/** Deeds after which the rest of the notebook still runs. */
const HARMLESS: readonly Deed[] = [
  "an endless loop",
  "an endless loop of promises",
  "prints gigabytes",
  "prints without end",
  "prints more than a message holds",
  "deletes its folder",
  "leaves a program behind",
  "sets exercises without end",
];

for (const deed of Object.keys(DEEDS) as Deed[]) {
  test(`${deed}: what was solved before counts, and it has its row`, () => {
    const right = solved(deed);
    assert.equal(right[0], "first", `notes: ${rowOf(deed).notes}`);
    if (HARMLESS.includes(deed)) assert.equal(right[1], "second", `notes: ${rowOf(deed).notes}`);
    else assert.ok(rowOf(deed).notes.length > 0);
    assert.ok(rowOf(deed).notes.every((note) => note.length < 1_000));
  });
}

test("limits that were passed are said", () => {
  assert.match(rowOf("an endless loop").notes.join(), /code cell 3: took too long/);
  for (const hog of ["a memory hog", "a hog at one stroke", "a child that is a hog"]) {
    assert.match(rowOf(hog).notes.join(), /took more than 1500 MB and was ended/, hog);
  }
  for (const deed of ["prints gigabytes", "shows pages without end"]) {
    assert.match(rowOf(deed).notes.join(), /code cell 3: put out too much/, deed);
  }
});

test("what is no notebook has a row that says so", () => {
  for (const pupil of ["torn", "empty", "no text", "nested"]) assert.match(rowOf(pupil).notes[0], /is not JSON/, pupil);
  for (const pupil of ["a list", "old format"]) assert.match(rowOf(pupil).notes[0], /no.* notebook of format 4/, pupil);
  assert.match(rowOf("a link to nothing").notes[0], /cannot be read/);
});

test("names are text wherever they stand, folders are searched to their end, links once", () => {
  for (const pupil of [`${NAMED}/lesson`, `${CONTROL}/lesson`, "a/deep/folder/of/pupils/lesson", "CAPITALS"]) {
    assert.deepEqual(solved(pupil), ["first", "second"], pupil);
  }
  assert.equal(new Set(graded.map(({ pupil }) => pupil)).size, graded.length);
  assert.equal(graded.length, Object.keys(DEEDS).length + 4 + 6 + 1);
  assert.doesNotMatch(page, /<script/);
  for (const { pupil } of graded) {
    assert.ok(table.includes(`\r\n${/[",\n]/.test(pupil) ? `"${pupil.replaceAll('"', '""')}"` : pupil},first,`), pupil);
  }
  assert.ok(page.length < 3e6 && table.length < 3e6, `${page.length} and ${table.length} characters`);
});

test("nothing is left: no folder, no program", async () => {
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith("sightline-")),
    [],
  );
  const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
  assert.doesNotMatch(stdout, /sleep 98765/);
});
