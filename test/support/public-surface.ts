import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The doors of the package: the name to import and the declaration file behind it. */
export const doors = [
  { name: "index", module: "sightline" },
  { name: "notebook", module: "sightline/notebook" },
  { name: "widgets/index", module: "sightline/widgets" },
  { name: "classroom/index", module: "sightline/classroom" },
].map((door) => ({ ...door, file: `${root}dist/src/${door.name}.d.ts` }));

export type Door = (typeof doors)[number];

export interface Export {
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly declarations: readonly ts.Declaration[];
}

/** The declarations that `npm run build` wrote, as a user's compiler sees them. */
export function publicSurface() {
  const program = ts.createProgram(
    doors.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true },
  );
  const checker = program.getTypeChecker();
  const unaliased = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

  /** Every export of a door, by name. */
  const exportsOf = ({ file }: Door): Export[] => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    assert.ok(module, `${file} is not built: npm run build`);
    return checker
      .getExportsOfModule(module)
      .map((exported) => {
        const symbol = unaliased(exported);
        return { name: exported.name, symbol, declarations: symbol.getDeclarations() ?? [] };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return { checker, unaliased, exportsOf };
}

/** Messages of ONNX's schema, which is documented elsewhere. */
export const isGenerated = (node: ts.Node): boolean => node.getSourceFile().fileName.endsWith("_pb.d.ts");

/** Private to a class, however it says so. */
export const isHidden = (node: ts.Node): boolean =>
  ts.isClassElement(node) &&
  ((ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0 ||
    (node.name !== undefined && ts.isPrivateIdentifier(node.name)));
