import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CellLanguage } from "../../../src/kernel/language/service.js";
import { nodeFiles } from "../../../src/kernel/node/node-files.js";

const scratch = mkdtempSync(join(tmpdir(), "sightline-language-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
writeFileSync(join(scratch, "beside.ts"), "export const value: number = 1;");
const language = new CellLanguage(nodeFiles(scratch));

/** Runs a cell and returns the codes of what is wrong with it. */
function cell(source: string): number[] {
  const converted = language.convert(source);
  const codes = converted.diagnostics.map(({ code }) => code);
  if (codes.length === 0) converted.commit();
  return codes;
}

test("types of a cell whose names were all declared again live on in the cells that built on it", () => {
  assert.deepEqual(cell("interface Base { a: number }"), []);
  assert.deepEqual(cell("const base: Base = { a: 1 };"), []);
  assert.deepEqual(cell("interface Base { b: string }"), []);
  for (let n = 0; n < 250; n++) assert.deepEqual(cell(`const again = ${n}; let other = again;`), []);
  assert.deepEqual(cell("base.a.toFixed(other)"), []);
  assert.deepEqual(cell("base.b"), [2339]);
  assert.deepEqual(cell("const fresh: Base = { b: 'x' };"), []);
});

test("a file that changed is checked as it is now, also outside of the notebook's folder", () => {
  const outside = join(scratch, "..", `sightline-outside-${process.pid}.ts`);
  after(() => rmSync(outside, { force: true }));
  for (const [path, specifier] of [
    [join(scratch, "beside.ts"), "./beside"],
    [outside, `../sightline-outside-${process.pid}`],
  ]) {
    writeFileSync(path, "export const value: number = 1;");
    const use = `import { value } from "${specifier}"; value.toFixed()`;
    assert.deepEqual(cell(use), []);
    const later = Date.now() + 10_000;
    writeFileSync(path, "export const value: string = 'text';");
    utimesSync(path, later / 1_000, later / 1_000);
    assert.deepEqual(cell(use), [2551]);
  }
});

test("a package that no cell mentions for a while is still known", () => {
  assert.deepEqual(cell('import { createHash } from "node:crypto";'), []);
  for (let n = 0; n < 3; n++) assert.deepEqual(cell(`const unrelated = ${n};`), []);
  assert.deepEqual(cell('createHash("sha256").nothing()'), [2339]);
});

test("after a rest everything is known that was known before", () => {
  assert.deepEqual(
    cell(
      "interface Kept { side: number }; const kept: Kept = { side: 3 }; function twice(x: number) { return 2 * x; }",
    ),
    [],
  );
  language.rest();
  language.rest();
  assert.deepEqual(cell("twice(kept.side).toFixed()"), []);
  assert.deepEqual(cell("kept.nothing"), [2339]);
  assert.deepEqual(cell("const again: Kept = { side: 'x' };"), [2322]);
  language.rest();
  assert.match(language.inspect("kept", 2)?.signature ?? "", /const kept: Kept/);
  language.rest();
  assert.ok(language.complete("kept.", 5).completions.some(({ name }) => name === "side"));
});

test("a rest frees what was read, also where somebody keeps a cell", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const kept = language.convert("const held = [1].map(String);");
  const before = heap();
  language.rest();
  const freed = before - heap();
  assert.ok(freed > 25, `${freed.toFixed()} MiB of ${before.toFixed()}`);
  kept.commit();
  assert.deepEqual(cell("held[0].toFixed()"), [2551]);
});

test("help says of a name from an earlier cell what it is, and not how it came here", () => {
  assert.deepEqual(
    cell(`import { join } from "node:path";
import * as fs from "node:fs";
/** The answer, in units. */
const answer = 42;
/**
 * Doubles.
 * @param x what is doubled
 */
function twice(x: number) { return 2 * x; }
class Box { width = 1 }`),
    [],
  );
  const help = (source: string, position: number) => language.inspect(source, position);
  assert.deepEqual(help("answer", 2), { signature: "const answer: 42", documentation: "The answer, in units." });
  assert.deepEqual(help("twice(1)", 2), {
    signature: "twice(x: number): number",
    documentation: "Doubles.\n\n@param x what is doubled",
  });
  assert.equal(help("new Box()", 6)?.signature, "new Box(): Box");
  assert.equal(help("Box", 1)?.signature, "class Box");
  assert.match(help("join()", 2)?.signature ?? "", /^join\(\.\.\.paths: string\[\]\): string$/);
  assert.equal(help("fs.readFileSync", 2)?.signature, 'module "node:fs"');
});

test("what is declared empty and filled later has no type errors, in one cell and across cells", () => {
  const right = [
    "const xs = []; xs.push(1); xs[0].toFixed()",
    "let ys = []; for (let i = 0; i < 3; i++) ys.push({ i }); ys.map(({ i }) => i + 1)",
    "const many = [], more = []; many.push('a'); more.push(many[0].toUpperCase())",
    "const filled = []; function fill(x) { filled.push(x); } fill(1); filled[0].toFixed()",
    "function collect(n) { const out = []; for (let i = 0; i < n; i++) out.push(i); return out; } collect(2)[0].toFixed()",
    "const empty = []",
    "empty.push(1); empty[0].anything",
    "export const exported = []; exported.push(1)",
    "const later = []; await Promise.all([1, 2].map(async (n) => { later.push(n); })); later.length",
    "const byLabel = { cat: [], dog: [] }; byLabel.cat.push('a.jpg'); byLabel.dog.push(1)",
    "byLabel.cat[0].anything",
    "const grid = [[], []]; grid[0].push(1)",
    "const nested = { a: { b: [], c: null, d: {} } }; nested.a.b.push(1); nested.a.c = 5; nested.a.d.e = 6",
    "const counts = {}; counts.cat = 1; counts['dog'] = 2; for (const word of ['a']) counts[word] = (counts[word] ?? 0) + 1",
    "counts.bird = 3",
    "class Bag { items = []; best = null; name; sizes = {}; add(x) { this.items.push(x); this.best = x; this.name = 'n'; this.sizes[x] = 1; this.sizes.all = 2; } }",
    "new Bag().items[0].anything",
    "function withDefaults(items = [], options = {}, best = null) { items.push(1); options.a = 2; best = 3; return items; }",
    "[1, 2].reduce((sums, n) => { sums.push(n); return sums; }, [])[0].toFixed()",
    "['a'].reduce((seen, word) => { seen[word] = 1; seen.all = 2; return seen; }, {})",
    "[].concat([1], [2])",
    "const table = Array.from({ length: 3 }, () => []); table[0].push(1)",
    "const records = [1, 2].map(() => ({})); records[0].a = 1",
    "const map = new Map([['cat', []], ['dog', []]]); map.get('cat')!.push(1)",
    "let best = null; for (const n of [1, 2]) if (best === null || n > best) best = n; best.toFixed()",
    "let top; for (const p of [{ p: 1 }]) if (!top || p.p > top.p) top = p; top.p.toFixed()",
    "let model; const load = async () => { model = { predict: () => 1 }; }; await load(); model.predict()",
    "let nothing = undefined; nothing = 5; nothing.toFixed()",
    "const places = [null, null]; places[0] = 5",
    "function untyped(a, { b }, ...rest) { return a[b].c + rest[0]; } untyped",
    "const o = { a: 1 }; o['b']; const key = 'c'; o[key]",
    "let [first, second] = [1, 2]; ({ a: first } = { a: 3 }); [[], second] = [[], 4] as any;",
  ];
  for (const source of right) assert.deepEqual(cell(source), [], source);
});

test("what has a type is still checked, and pushed values give one", () => {
  const wrong: [string, number][] = [
    ["const numbers: number[] = []; numbers.push('a')", 2345],
    ["const pushed = []; pushed.push(1); pushed[0].toUpperCase()", 2339],
    ["const either = Math.random() > 2 ? [] : [1]; either[0].toUpperCase()", 2339],
    ["const known = { a: 1, list: [] }; known.b", 2339],
    ["const tuple = [1, null]; tuple[0].toFixed()", 2531],
    ["const rows = (await Promise.resolve([1]).catch(() => [])); rows[0].toUpperCase()", 2339],
    ["const given: { items: number[] } = { items: [] }; given.items.push('x')", 2345],
    ["const maybe = [1].find((n) => n > 5); maybe.toFixed()", 18048],
    ["function typed(options: { seed?: number }) {} typed({ seed: null })", 2322],
  ];
  for (const [source, code] of wrong) assert.deepEqual(cell(source), [code], source);
});

test("positions of completion, help and errors are where they were", () => {
  const source = "const xs = []; xs.push({ width: 1 }); const state = { items: [], best: null }; xs[0].wi";
  assert.deepEqual(
    language.complete(source, source.length).completions.map(({ name }) => name),
    ["width"],
  );
  assert.equal(language.inspect("const counts = {}; counts", 22)?.signature, "const counts: Record<string, any>");
  assert.equal(language.inspect("const state = { items: [] }; state.items", 36)?.signature, "(property) items: any[]");
  const { diagnostics } = language.convert("const state = { items: [], best: null };\nlet top;\nstate.missing");
  assert.deepEqual([diagnostics[0].line, diagnostics[0].column, diagnostics[0].length], [3, 7, 7]);
});
