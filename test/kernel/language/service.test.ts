import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
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
