import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { version } from "../src/core/version.js";
import { fixture } from "./support/fixtures.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const doors = ["index", "notebook", "widgets/index", "classroom/index"];

/** Every export of a declaration file: its kind, its name and, for functions, how it is called. */
function exportsOf(program: ts.Program, file: string): { name: string; line: string; symbol: ts.Symbol }[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  assert.ok(module, `${file} is not built: npm run build`);
  return checker
    .getExportsOfModule(module)
    .map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const [declaration] = symbol.getDeclarations() ?? [];
      const kind = declaration ? ts.SyntaxKind[declaration.kind].replace("Declaration", "").toLowerCase() : "module";
      const calls = ts.isFunctionDeclaration(declaration)
        ? checker
            .getTypeOfSymbol(symbol)
            .getCallSignatures()
            .map((signature) => checker.signatureToString(signature))
        : [];
      return {
        name: exported.name,
        symbol,
        line: [`${kind} ${exported.name}`, ...calls.map((call) => `  ${call}`)].join("\n"),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

test("the public surface is the one that was agreed on (UPDATE_API=1 writes it anew)", async () => {
  const files = doors.map((door) => `${root}dist/src/${door}.d.ts`);
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
  });
  const surface = doors
    .map(
      (door, i) =>
        `# ${door}\n${exportsOf(program, files[i])
          .map(({ line }) => line)
          .join("\n")}\n`,
    )
    .join("\n");
  const snapshot = fixture("public-api.txt");
  if (process.env.UPDATE_API) await writeFile(snapshot, surface);
  assert.equal(surface, await readFile(snapshot, "utf8"));
});

test("every type that a public function names is exported", () => {
  const file = `${root}dist/src/index.d.ts`;
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
  });
  const all = exportsOf(program, file);
  const exported = new Set(all.map(({ symbol }) => symbol));
  const checker = program.getTypeChecker();
  const missing = new Set<string>();
  for (const { symbol, name } of all) {
    for (const declaration of symbol.getDeclarations() ?? []) {
      if (!ts.isFunctionDeclaration(declaration)) continue;
      const look = (node: ts.Node): void => {
        if (ts.isTypeReferenceNode(node)) {
          let named = checker.getSymbolAtLocation(node.typeName);
          if (named && named.flags & ts.SymbolFlags.Alias) named = checker.getAliasedSymbol(named);
          const from = named?.getDeclarations()?.[0].getSourceFile().fileName ?? "";
          const own = from.includes("/dist/src/") && !(named && named.flags & ts.SymbolFlags.TypeParameter);
          if (named && own && !exported.has(named)) missing.add(`${named.name} (in ${name})`);
        }
        ts.forEachChild(node, look);
      };
      look(declaration);
    }
  }
  assert.deepEqual([...missing], []);
});

test("the version is package.json's", async () => {
  const manifest = JSON.parse(await readFile(`${root}package.json`, "utf8"));
  assert.equal(version, manifest.version);
});
