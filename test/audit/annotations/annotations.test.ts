import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { Annotations } from "../../../src/audit/annotations/annotations.js";
import { type Action, LONGEST, readLine } from "../../../src/audit/annotations/entry.js";
import { numbersOf, rangesOf } from "../../../src/audit/annotations/ranges.js";
import type { AuditManifest } from "../../../src/audit/index.js";

const PICTURES = 100;

/** A folder as far as notes are concerned. */
async function place(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "sightline-notes-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const manifest = { picturesSha256: "a".repeat(64), pictures: PICTURES } as AuditManifest;
  const log = join(folder, "annotations.log");
  return { folder, manifest, log, open: (by = "Ana") => Annotations.open({ folder, manifest }, by) };
}

const tag = (name: string, ...pictures: number[]): Action => ({ kind: "tag", tag: name, pictures: rangesOf(pictures) });
const untag = (name: string, ...pictures: number[]): Action => ({ ...tag(name, ...pictures), kind: "untag" }) as Action;
const note = (text: string, ...pictures: number[]): Action => ({ kind: "note", text, pictures: rangesOf(pictures) });
const tagsOf = ({ state }: Annotations) =>
  Object.fromEntries([...state.tags].map(([name, pictures]) => [name, [...numbersOf(pictures)]]));
const textsOf = ({ state }: Annotations) => [...state.notes.values()].map(({ text }) => text);

test("what was done is there when the audit is opened again, and can be taken back and done again", async (t) => {
  const { open } = await place(t);
  const first = await open();
  await first.do(tag("watermark", 3, 4, 5, 9));
  await first.do(untag("watermark", 4));
  const { id } = await first.do(note("  <b>seen</b> twice\nby me ", 3));
  await first.do({ kind: "edit-note", note: id, text: "seen once" });
  await first.do({ kind: "slice", name: "boats", pictures: [[0, 9]] });
  await first.do({ kind: "view", name: "wrong ones", state: "filter=…" });
  const again = await open();
  assert.deepEqual(tagsOf(again), { watermark: [3, 5, 9] });
  assert.deepEqual(textsOf(again), ["seen once"]);
  assert.deepEqual([...again.state.slices], [["boats", [[0, 9]]]]);
  assert.deepEqual([...again.state.views], [["wrong ones", "filter=…"]]);
  const undone = [];
  for (let deed = await again.undo(); deed; deed = await again.undo()) undone.push(deed.action.kind);
  assert.deepEqual(undone, ["view", "slice", "edit-note", "note", "untag", "tag"]);
  assert.deepEqual(tagsOf(await open()), {});
  assert.deepEqual(textsOf(await open()), []);
  const redone = [];
  for (let deed = await again.redo(); deed; deed = await again.redo()) redone.push(deed.action.kind);
  assert.deepEqual(redone, undone.toReversed());
  assert.deepEqual((await open()).state.tags, first.state.tags);
  assert.deepEqual(textsOf(await open()), ["seen once"]);
});

test("something new puts an end to doing again", async (t) => {
  const annotations = await (await place(t)).open();
  await annotations.do(tag("a", 1));
  await annotations.undo();
  await annotations.do(tag("b", 1));
  assert.equal(annotations.redoable, undefined);
  assert.equal(await annotations.redo(), undefined);
  assert.deepEqual(tagsOf(annotations), { b: [1] });
});

test("two people see each other's work, lose none of it, and each takes back their own", async (t) => {
  const { open } = await place(t);
  const [ana, ben] = [await open("Ana"), await open("Ben")];
  await ana.do(tag("watermark", 1, 2));
  await ben.do(tag("watermark", 2, 3));
  await ben.do(note("Ben's", 2));
  assert.deepEqual(textsOf(ana), []);
  assert.equal(await ana.refresh(), true);
  assert.equal(await ana.refresh(), false);
  assert.deepEqual(textsOf(ana), ["Ben's"]);
  assert.deepEqual(tagsOf(ana), { watermark: [1, 2, 3] });
  await ana.do(note("Ana's", 2));
  assert.deepEqual((await ana.undo())?.action.kind, "note");
  assert.deepEqual((await ana.undo())?.action.kind, "tag");
  assert.equal(await ana.undo(), undefined);
  await ben.refresh();
  assert.deepEqual(tagsOf(ben), { watermark: [2, 3] }, "what both tagged stays tagged by the other");
  assert.deepEqual(textsOf(ben), ["Ben's"]);
  assert.deepEqual(ben.entries, ana.entries);
});

test("whatever several people do, all see what the log's order says, and everything can be taken back", async (t) => {
  const action = fc.oneof(
    fc.record({
      kind: fc.constantFrom("tag", "untag"),
      tag: fc.constantFrom("a", "b"),
      on: fc.uniqueArray(fc.nat(9), { minLength: 1 }),
    }),
    fc.record({ kind: fc.constant("undo") }),
    fc.record({ kind: fc.constant("redo") }),
  );
  const deeds = fc.array(fc.tuple(fc.nat(2), action), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(deeds, async (all) => {
      const { open } = await place(t);
      const people = [await open("Ana"), await open("Ben"), await open("Cem")];
      for (const [who, deed] of all) {
        if ("tag" in deed)
          await people[who].do({ kind: deed.kind as "tag", tag: deed.tag, pictures: rangesOf(deed.on) });
        else await people[who][deed.kind as "undo" | "redo"]();
      }
      for (const one of people) await one.refresh();
      const fresh = await open("Dora");
      for (const one of people) assert.deepEqual(tagsOf(one), tagsOf(fresh));
      const expected: Record<string, Set<number>> = { a: new Set(), b: new Set() };
      for (const { id, action: done } of fresh.entries) {
        if (fresh.state.undone.has(id) || (done.kind !== "tag" && done.kind !== "untag")) continue;
        for (const picture of numbersOf(done.pictures)) {
          if (done.kind === "tag") expected[done.tag].add(picture);
          else expected[done.tag].delete(picture);
        }
      }
      const sorted = Object.entries(expected).flatMap(([name, set]) =>
        set.size > 0 ? [[name, [...set].sort((x, y) => x - y)]] : [],
      );
      assert.deepEqual(tagsOf(fresh), Object.fromEntries(sorted));
      for (const one of people) while (await one.undo()) await one.refresh();
      assert.deepEqual(tagsOf(await open()), {});
    }),
    { numRuns: 40 },
  );
});

test("processes that write at the same time lose nothing", async (t) => {
  const { folder, open } = await place(t);
  const worker = new URL("./annotate.js", import.meta.url);
  const run = (by: string) =>
    new Promise<number | null>((done) => {
      const child = spawn(process.execPath, [worker.pathname, folder, by, "25"], { stdio: "inherit" });
      child.once("exit", done);
    });
  assert.deepEqual(await Promise.all(["Ana", "Ben", "Cem"].map(run)), [0, 0, 0]);
  const annotations = await open();
  assert.deepEqual(annotations.notices, []);
  const expected = ["Ana", "Ben", "Cem"].flatMap((by) => Array.from({ length: 25 }, (_, i) => `${by} ${i}`));
  assert.deepEqual(textsOf(annotations).sort(), expected.sort());
});

test("an entry that was not written to its end is left out and said, wherever it ends; the next one is whole", async (t) => {
  const { log, open } = await place(t);
  const annotations = await open();
  await annotations.do(tag("kept", 1));
  const { size } = await stat(log);
  await annotations.do(note("lost at any byte: é", 2));
  const whole = await readFile(log);
  for (let end = size + 1; end < whole.length; end++) {
    await writeFile(log, whole.subarray(0, end));
    const after = await open();
    assert.deepEqual([tagsOf(after), textsOf(after)], [{ kept: [1] }, []], `${end}`);
    assert.deepEqual(after.notices, ["the last entry of annotations.log was not written to its end, and is left out"]);
  }
  const rescued = await open();
  await rescued.do(note("after it", 3));
  assert.deepEqual(
    textsOf(rescued),
    ["lost at any byte: é", "after it"],
    "nothing but the end of the line was missing",
  );
  await writeFile(log, whole.subarray(0, -2));
  await writeFile(`${log.slice(0, -4)}.lock`, "99999999", { flag: "wx" });
  const next = await open();
  await next.do(note("after it", 3));
  assert.deepEqual(next.notices, ["line 3 of annotations.log is damaged, as when a process is killed, and left out"]);
  const again = await open();
  assert.deepEqual([tagsOf(again), textsOf(again)], [{ kept: [1] }, ["after it"]]);
  assert.deepEqual(again.notices, next.notices);
});

test("a line that was changed is left out and said; the others count", async (t) => {
  const { log, open } = await place(t);
  const annotations = await open();
  for (const name of ["one", "two", "three"]) await annotations.do(tag(name, 1));
  await writeFile(log, (await readFile(log, "utf8")).replace('"two"', '"2wo"'));
  await appendFile(log, "no entry\n\u0000\n");
  const after = await open();
  assert.deepEqual(tagsOf(after), { one: [1], three: [1] });
  assert.deepEqual(
    after.notices.map((notice) => notice.split(" of ")[0]),
    ["line 3", "line 5", "line 6"],
  );
});

test("another audit's log, and one that has lost lines while it was open, are errors", async (t) => {
  const { folder, log, manifest, open } = await place(t);
  const annotations = await open();
  await annotations.do(tag("a", 1));
  await assert.rejects(Annotations.open({ folder, manifest: { ...manifest, picturesSha256: "b".repeat(64) } }, "Ana"), {
    code: "bad-data",
    message: /other pictures/,
  });
  await truncate(log, 10);
  await assert.rejects(annotations.refresh(), { code: "bad-data", message: /lines that were there are gone/ });
});

test("what cannot be noted is refused, and nothing is written", async (t) => {
  const { log, open } = await place(t);
  const annotations = await open();
  const bad: unknown[] = [
    tag("", 1),
    tag("  ", 1),
    tag("two\nlines", 1),
    tag("two\u2028lines", 1),
    tag("a|b", 1),
    tag("\u001b[2J", 1),
    tag("x".repeat(LONGEST.name + 1), 1),
    tag("a", PICTURES),
    tag("a"),
    { kind: "tag", tag: "a", pictures: [[2, 1]] },
    { kind: "tag", tag: "a", pictures: [[0, 1e99]] },
    { kind: "tag", tag: "a", pictures: [[-1, 1]] },
    note("", 1),
    note("x".repeat(LONGEST.note + 1), 1),
    { kind: "edit-note", note: "00000000-0000-4000-8000-000000000000", text: "x" },
    { kind: "edit-note", note: "../../x", text: "x" },
    { kind: "slice", name: "not there", pictures: null },
    { kind: "view", name: "not there", state: null },
    { kind: "view", name: "a", state: "x".repeat(LONGEST.view + 1) },
    { kind: "drop" },
    { ...tag("a", 1), __proto__: { kind: "tag" }, more: 1 },
  ];
  for (const action of bad) {
    await assert.rejects(
      annotations.do(action as Action),
      { code: "bad-config" },
      JSON.stringify(action).slice(0, 200),
    );
  }
  await assert.rejects(stat(log), { code: "ENOENT" });
  await assert.rejects(open(" "), { code: "bad-config" });
  await assert.rejects(open("x".repeat(500)), { code: "bad-config" });
});

test("texts come back as they were given, whatever they hold", async (t) => {
  const { open, log } = await place(t);
  const annotations = await open("<script>\u202e");
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 50 }), async (text) => {
      fc.pre(text.trim() !== "");
      const { id } = await annotations.do(note(text, 1));
      assert.equal((await open()).state.notes.get(id)?.text, text.trim());
    }),
    { numRuns: 30 },
  );
  const { id } = await annotations.do(note("half a character: \ud83d", 1));
  assert.equal((await open()).state.notes.get(id)?.text, "half a character: \ufffd");
  await annotations.do(tag("cafe\u0301", 1));
  await annotations.do(tag("caf\u00e9", 2));
  assert.deepEqual(tagsOf(await open()), { "caf\u00e9": [1, 2] }, "composed and decomposed are one tag");
  for (const line of (await readFile(log, "utf8")).trimEnd().split("\n")) assert.ok(readLine(line), line);
});

test("a folder that cannot be written to says so; what is there can be read", {
  skip: process.getuid?.() === 0,
}, async (t) => {
  const { folder, open } = await place(t);
  await (await open()).do(tag("a", 1));
  await chmod(folder, 0o555);
  await chmod(join(folder, "annotations.log"), 0o444);
  t.after(() => chmod(folder, 0o755));
  const annotations = await open();
  assert.deepEqual(tagsOf(annotations), { a: [1] });
  await assert.rejects(annotations.do(tag("b", 1)), { code: "write-failed" });
  assert.deepEqual(tagsOf(annotations), { a: [1] });
});
