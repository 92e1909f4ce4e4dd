import type TS from "typescript";
import { ts } from "#platform/typescript";
import { type ImportRecord, importAttributes } from "./import-records.js";

/** `export … from`: names of another module that a cell hands on to the cells after it. */
export interface ReExport extends TS.ExportDeclaration {
  readonly moduleSpecifier: TS.StringLiteral;
}

export function isReExport(statement: TS.Statement): statement is ReExport {
  return (
    ts.isExportDeclaration(statement) && !!statement.moduleSpecifier && ts.isStringLiteral(statement.moduleSpecifier)
  );
}

/** The names that an `export` of names, here or from another module, gives to later cells; not those of `export *`. */
export function exportedNames({ exportClause }: TS.ExportDeclaration): TS.ModuleExportName[] {
  if (!exportClause) return [];
  return ts.isNamespaceExport(exportClause) ? [exportClause.name] : exportClause.elements.map(({ name }) => name);
}

/** What `export * from` hands on; nothing where the module has no types. */
export function starNames(statement: TS.Statement, checker: TS.TypeChecker): TS.Symbol[] {
  if (!isReExport(statement) || statement.exportClause) return [];
  const module = checker.getSymbolAtLocation(statement.moduleSpecifier);
  return module ? checker.getExportsOfModule(module).filter(({ name }) => name !== "default") : [];
}

/** What a re-export loads; undefined where nothing of it exists at run time. */
export function reExportRecord(
  statement: ReExport,
  checker: TS.TypeChecker,
  hasValue: (name: TS.Identifier) => boolean,
): ImportRecord | undefined {
  const { exportClause, moduleSpecifier, attributes, isTypeOnly } = statement;
  if (isTypeOnly) return undefined;
  const bindings: ImportRecord["bindings"] = [];
  if (!exportClause) {
    for (const symbol of starNames(statement, checker)) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target.flags & ts.SymbolFlags.Value) bindings.push({ local: symbol.name, imported: symbol.name });
    }
  } else if (ts.isNamespaceExport(exportClause)) bindings.push({ local: exportClause.name.text, imported: "*" });
  else {
    for (const { name, propertyName = name, isTypeOnly } of exportClause.elements) {
      const exists = !isTypeOnly && (!ts.isIdentifier(name) || hasValue(name));
      if (exists) bindings.push({ local: name.text, imported: propertyName.text });
    }
  }
  return { specifier: moduleSpecifier.text, attributes: importAttributes(attributes), bindings };
}
