import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { answerHash } from "../../../src/classroom/index.js";

const cli = fileURLToPath(new URL("../../../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sightline-class-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Graded {
  pupil: string;
  exercises: { name: string; passed: boolean | null; attempts: number; answer: string; feedback: string }[];
  notes: string[];
}

async function grade(...args: string[]): Promise<{ graded: Graded[]; stderr: string; code: number }> {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  const env = { ...rest, SECRET_OF_THE_TEACHER: "hunter2" };
  const done = await promisify(execFile)(process.execPath, [cli, "grade", ...args, "--json"], { env }).then(
    (out) => ({ ...out, code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, code }),
  );
  return { graded: done.stdout ? JSON.parse(done.stdout) : [], stderr: done.stderr, code: done.code };
}

interface Source {
  id: string;
  source: string;
  tags?: string[];
}

function write(path: string, cells: readonly Source[]): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const written = cells.map(({ id, source, tags }) => {
    return { cell_type: "code", id, metadata: tags ? { tags } : {}, source, execution_count: null, outputs: [] };
  });
  writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: written }));
  return file;
}

const rules: Source = {
  id: "rules",
  tags: ["exercise"],
  source: `import { check, exercise } from "sightline/classroom";
exercise("sum", { answer: () => list.reduce((a, b) => a + b) });
exercise("class", { hash: "${answerHash("class", "boat")}", hints: ["It floats."] });`,
};
const list: Source = { id: "list", source: "const list = [1, 2, 3];" };
const answers = (sum: string, label: string): Source[] => [
  { id: "a1", source: `check("sum", ${sum})` },
  { id: "a2", source: `check("class", ${label}); "not shown"` },
];

const of = (graded: Graded[], pupil: string) => {
  const { exercises, notes } = graded.find((one) => one.pupil === pupil)!;
  return { exercises: Object.fromEntries(exercises.map(({ name, passed }) => [name, passed])), notes };
};

test("a class is graded by the teacher's rules, whatever its notebooks do", async () => {
  const lesson = write("lesson/lesson.ipynb", [list, rules, ...answers("undefined", "undefined")]);
  writeFileSync(join(folder, "lesson/data.txt"), "6");
  write("class/ada.ipynb", [list, rules, ...answers("6", '"Boat"')]);
  write("class/by folder/bob.ipynb", [list, rules, ...answers("7", '"<img src=x>"')]);
  write("class/=cmd.ipynb", [list, ...answers('"6"', "=1".slice(1))]);
  const easy = { ...rules, source: rules.source.replace(/hash: "[0-9a-f]+"/, "test: () => true") };
  write("class/changed the rules.ipynb", [list, easy, ...answers("6", '"cup"')]);
  write("class/fails.ipynb", [list, rules, { id: "x", source: "throw new Error('oops')" }, ...answers("6", '"boat"')]);
  write("class/endless.ipynb", [list, rules, { id: "x", source: "for (;;) {}" }, ...answers("6", '"boat"')]);
  write("class/reads.ipynb", [
    list,
    rules,
    {
      id: "x",
      source: `import { readFileSync, writeFileSync } from "node:fs";
writeFileSync("data.txt", "changed");
if (process.env.SECRET_OF_THE_TEACHER) throw new Error("the teacher's secret");`,
    },
    ...answers("6", '"boat"'),
  ]);
  mkdirSync(join(folder, "class/.ipynb_checkpoints"));
  writeFileSync(join(folder, "class/.ipynb_checkpoints/ada.ipynb"), "a copy");
  writeFileSync(join(folder, "class/torn.ipynb"), "{");
  const before = readFileSync(join(folder, "class/ada.ipynb"), "utf8");

  const out = join(folder, "grades");
  const args = ["--lesson", lesson, "--files", join(folder, "lesson"), "--out", out, "--timeout", "20"];
  const { graded, stderr, code } = await grade(join(folder, "class"), ...args);
  assert.equal(code, 1, "a notebook that cannot be read is not a graded one");
  assert.deepEqual(
    graded.map(({ pupil }) => pupil),
    ["=cmd", "ada", "by folder/bob", "changed the rules", "endless", "fails", "reads", "torn"],
  );
  const both = { sum: true, class: true };
  assert.deepEqual(of(graded, "ada"), { exercises: both, notes: [] });
  assert.deepEqual(of(graded, "by folder/bob").exercises, { sum: false, class: false });
  assert.deepEqual(
    of(graded, "=cmd").exercises,
    { sum: false, class: false },
    "the rules were left out, and are there",
  );
  assert.deepEqual(of(graded, "changed the rules").exercises, { sum: true, class: false });
  assert.deepEqual(of(graded, "fails").exercises, both);
  assert.match(of(graded, "fails").notes[0], /^code cell 3: Error: oops/);
  assert.deepEqual(of(graded, "endless"), { exercises: both, notes: ["code cell 3: took too long"] });
  assert.deepEqual(of(graded, "reads"), { exercises: both, notes: [] });
  assert.match(of(graded, "torn").notes[0], /is not JSON/);
  assert.match(stderr, /grades\.csv/);
  assert.equal(readFileSync(join(folder, "class/ada.ipynb"), "utf8"), before, "what was handed in stays as it is");
  assert.equal(readFileSync(join(folder, "lesson/data.txt"), "utf8"), "6");

  const csv = readFileSync(join(out, "grades.csv"), "utf8");
  assert.match(
    csv,
    /^pupil,exercise,solved,attempts,answer,feedback,notes\r\n'=cmd,sum,no,1,6,"a number is expected, a text came",/,
  );
  const page = readFileSync(join(out, "grades.html"), "utf8");
  assert.match(page, /&lt;img src=x&gt;/);
  assert.doesNotMatch(page, /<img/);
  assert.match(page, /solved by 5 of 8/);
});

test("a notebook that takes more memory than it may is ended, and says what it solved before", async () => {
  write("large/hog.ipynb", [
    list,
    rules,
    ...answers("6", '"boat"').map(({ id, source }) => ({ id, source: source.replace('; "not shown"', "") })),
    {
      id: "x",
      source: `const all: Uint8Array[] = [];
while (all.length < 100) { all.push(new Uint8Array(2 ** 26).fill(1)); await new Promise((done) => setTimeout(done, 30)); }`,
    },
  ]);
  const { graded } = await grade(join(folder, "large"), "--memory", "600");
  assert.deepEqual(of(graded, "hog").exercises, { sum: true, class: true });
  assert.match(of(graded, "hog").notes.at(-1)!, /^the notebook took more than 600 MB/);
});

test("nothing is left behind, and what cannot be graded is refused in words", async () => {
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith("sightline-grade-"));
  assert.deepEqual(left, []);
  const plain = write("plain/lesson.ipynb", [list]);
  const refused = await grade(join(folder, "plain"), "--lesson", plain);
  assert.match(refused.stderr, /sets no exercises.*tagged `exercise`/);
  mkdirSync(join(folder, "empty"));
  assert.match((await grade(join(folder, "empty"))).stderr, /there is no notebook/);
  assert.match((await grade(join(folder, "nowhere"))).stderr, /cannot be read/);
  assert.ok(!existsSync(join(folder, "empty/grades")));
});
