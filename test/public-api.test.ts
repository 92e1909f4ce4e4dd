import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { version } from "../src/core/version.js";
import { fixture } from "./support/fixtures.js";
import { doors, isGenerated, isHidden, publicSurface } from "./support/public-surface.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { checker, unaliased, exportsOf } = publicSurface();
const printer = ts.createPrinter({ removeComments: true });

/** A declaration as its reader sees it: members and all, without comments and private parts. */
function print(declaration: ts.Declaration): string {
  if (isGenerated(declaration))
    return `generated ${checker.getSymbolAtLocation(ts.getNameOfDeclaration(declaration)!)!.name}`;
  if (ts.isVariableDeclaration(declaration)) return `const ${printPlain(declaration, declaration)}`;
  if (ts.isTypeAliasDeclaration(declaration) && !isOurs(declaration.type)) {
    const { NoTruncation, InTypeAlias } = ts.TypeFormatFlags;
    const type = checker.getTypeAtLocation(declaration.name);
    const text = checker.typeToString(type, declaration, NoTruncation | InTypeAlias);
    return `type ${declaration.name.text} = ${text};`;
  }
  const shown = ts.transform(declaration, [
    (context) => (node) => {
      const visit = (child: ts.Node): ts.Node | undefined =>
        isHidden(child) ? undefined : ts.visitEachChild(child, visit, context);
      return ts.visitEachChild(node, visit, context);
    },
  ]).transformed[0];
  return printPlain(shown, declaration);
}

function printPlain(node: ts.Node, within: ts.Declaration): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, within.getSourceFile())
    .replace(/^(export )?(declare )?/, "")
    .replace(/import\("[^"]*"\)\./g, "");
}

/** Whether a type says itself what it is, rather than by a function of another package over a value that nobody sees. */
function isOurs(type: ts.TypeNode): boolean {
  if (!ts.isTypeReferenceNode(type)) return true;
  const symbol = checker.getSymbolAtLocation(type.typeName);
  const [declaration] = (symbol && unaliased(symbol).getDeclarations()) ?? [];
  return !declaration?.getSourceFile().fileName.includes("/zod/");
}

test("the public surface is the one that was agreed on (UPDATE_API=1 writes it anew)", async () => {
  const surface = doors.map((door) => {
    const declarations = exportsOf(door).map(({ name, symbol, declarations }) => {
      const renamed = name === symbol.name || symbol.name === "default" ? [] : [`${name} is another name of`];
      return [...renamed, ...declarations.map(print)].join("\n");
    });
    return [`# ${door.name}`, ...declarations, ""].join("\n");
  });
  const snapshot = fixture("public-api.txt");
  const text = sortedUnions(surface.join("\n"));
  if (process.env.UPDATE_API) await writeFile(snapshot, text);
  assert.equal(text, sortedUnions(await readFile(snapshot, "utf8")));
});

/** The compiler writes the members of an inferred union in the order in which it met them, which differs between builds. */
function sortedUnions(text: string): string {
  return text.replace(/"[^"\n]*"(?: \| "[^"\n]*")+/g, (union) => union.split(" | ").sort().join(" | "));
}

test("every type that a public declaration names, in its members too, is exported", () => {
  const exported = new Set(doors.flatMap(exportsOf).map(({ symbol }) => symbol));
  const missing = new Set<string>();
  for (const { name, declarations } of doors.flatMap(exportsOf)) {
    const look = (node: ts.Node): void => {
      if (isHidden(node) || isGenerated(node)) return;
      for (const mention of mentions(node)) {
        const symbol = checker.getSymbolAtLocation(mention);
        const named = symbol && unaliased(symbol);
        const inside = named?.getDeclarations()?.every((one) => one.getSourceFile().fileName.includes("/dist/src/"));
        const local = named && named.flags & (ts.SymbolFlags.TypeParameter | ts.SymbolFlags.Property);
        if (!named || !inside || local || exported.has(named)) continue;
        // a class may extend a constant: what counts is the constant's type
        if (named.valueDeclaration && ts.isVariableDeclaration(named.valueDeclaration)) look(named.valueDeclaration);
        else missing.add(`${named.name} (in ${name})`);
      }
      ts.forEachChild(node, look);
    };
    declarations.forEach(look);
  }
  assert.deepEqual([...missing].sort(), []);
});

/** The names of types that a node itself mentions. */
function mentions(node: ts.Node): ts.Node[] {
  if (ts.isTypeReferenceNode(node)) return [node.typeName];
  if (ts.isExpressionWithTypeArguments(node)) return [node.expression];
  if (ts.isImportTypeNode(node)) return node.qualifier ? [node.qualifier] : [];
  return [];
}

test("the version is package.json's", async () => {
  const manifest = JSON.parse(await readFile(`${root}package.json`, "utf8"));
  assert.equal(version, manifest.version);
});
