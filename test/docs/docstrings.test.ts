import assert from "node:assert/strict";
import { test } from "node:test";
import ts from "typescript";
import { doors, isGenerated, isHidden, publicSurface } from "../support/public-surface.js";

const { checker, exportsOf } = publicSurface();
const text = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
const all = doors.flatMap((door) => exportsOf(door).map((exported) => ({ ...exported, door: door.module })));

test("every public symbol has a docstring", () => {
  const silent = all
    .filter(({ symbol, declarations }) => text(symbol) === "" && !declarations.every(isGenerated))
    .map(({ name, door }) => `${name} of ${door}`);
  assert.deepEqual(silent, []);
});

test("every method of a public class has a docstring", () => {
  const silent = all.flatMap(({ name, declarations }) =>
    declarations
      .filter(ts.isClassDeclaration)
      .flatMap(({ members }) => members.filter(ts.isMethodDeclaration))
      .filter((member) => !isHidden(member) && !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Protected))
      .filter(({ name: key }) => ts.isIdentifier(key) && key.text !== "toString")
      .map((member) => checker.getSymbolAtLocation(member.name))
      .filter((symbol) => symbol && text(symbol) === "")
      .map((symbol) => `${name}.${symbol?.name}`),
  );
  assert.deepEqual([...new Set(silent)], []);
});

test("a docstring that says what is thrown names codes that there are", () => {
  const codes = new Set(
    all
      .find(({ name }) => name === "ErrorFields")!
      .declarations.filter(ts.isInterfaceDeclaration)
      .flatMap(({ members }) => members.map((member) => (member.name as ts.StringLiteral | ts.Identifier).text)),
  );
  assert.ok(codes.size > 30);
  const members = all.flatMap(({ declarations }) =>
    declarations
      .filter(ts.isClassDeclaration)
      .flatMap(({ members }) => members.filter(ts.isMethodDeclaration))
      .flatMap((member) => checker.getSymbolAtLocation(member.name) ?? []),
  );
  const wrong = new Set<string>();
  for (const symbol of [...all.map(({ symbol }) => symbol), ...members]) {
    for (const tag of symbol.getJsDocTags(checker).filter(({ name }) => name === "throws")) {
      for (const [, code] of ts.displayPartsToString(tag.text).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)) {
        if (!codes.has(code)) wrong.add(`${code} (in ${symbol.name})`);
      }
    }
  }
  assert.deepEqual([...wrong], []);
});
