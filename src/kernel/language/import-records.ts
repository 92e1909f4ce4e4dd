import type TS from "typescript";
import { ts } from "#platform/typescript";

/** An import of a cell, as data: the executor loads the module and puts the bindings into the scope. */
export interface ImportRecord {
  specifier: string;
  /** `type: "json"` and the like. */
  attributes: Record<string, string>;
  /** `imported` is an export's name, or `*` for the whole module. */
  bindings: { local: string; imported: string }[];
}

/**
 * What an import loads; undefined where nothing of it exists at run time.
 * @param hasValue whether a name stands for something that exists at run time
 */
export function importRecord(
  statement: TS.ImportDeclaration,
  hasValue: (name: TS.Identifier) => boolean,
): ImportRecord | undefined {
  const { importClause, moduleSpecifier, attributes } = statement;
  if (!ts.isStringLiteral(moduleSpecifier) || importClause?.isTypeOnly) return undefined;
  const bindings = importClause ? importBindings(importClause, hasValue) : [];
  if (importClause && bindings.length === 0) return undefined;
  return {
    specifier: moduleSpecifier.text,
    attributes: importAttributes(attributes),
    bindings,
  };
}

/** `with { type: "json" }` as an object. */
export function importAttributes(attributes: TS.ImportAttributes | undefined): Record<string, string> {
  return Object.fromEntries(
    (attributes?.elements ?? []).map(({ name, value }) => [name.text, ts.isStringLiteral(value) ? value.text : ""]),
  );
}

function importBindings(
  { name, namedBindings }: TS.ImportClause,
  hasValue: (name: TS.Identifier) => boolean,
): ImportRecord["bindings"] {
  const bindings: ImportRecord["bindings"] = [];
  const add = (local: TS.Identifier, imported: string) => {
    if (hasValue(local)) bindings.push({ local: local.text, imported });
  };
  if (name) add(name, "default");
  if (namedBindings && ts.isNamespaceImport(namedBindings)) add(namedBindings.name, "*");
  else {
    for (const element of namedBindings?.elements ?? []) {
      if (!element.isTypeOnly) add(element.name, (element.propertyName ?? element.name).text);
    }
  }
  return bindings;
}
