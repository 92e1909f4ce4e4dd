import type TS from "typescript";
import { ts } from "#platform/typescript";
import { exportedNames, isReExport } from "./re-exports.js";

/** A name that a cell gives to the cells after it. */
export interface DeclaredName {
  name: string;
  /** `let` and `var` may be assigned to by later cells; other names are imported from the cell that declares them. */
  assignable: boolean;
  /** How many top-level declarations must have run before it has a value; 0 where it has one from the start. */
  after: number;
}

/** Names bound by a pattern, in order. */
export function boundNames(name: TS.BindingName): TS.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

export function isUsing(list: TS.VariableDeclarationList): boolean {
  const kind = list.flags & ts.NodeFlags.BlockScoped;
  return kind === ts.NodeFlags.Using || kind === ts.NodeFlags.AwaitUsing;
}

/** The `var`s that stand in blocks, loops and branches of a cell: they belong to the cell's top level too. */
export function nestedVars(statement: TS.Statement): TS.Identifier[] {
  const vars: TS.Identifier[] = [];
  const visit = (node: TS.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)) {
      for (const { name } of node.declarations) vars.push(...boundNames(name));
    }
    ts.forEachChild(node, visit);
  };
  if (!ts.isVariableStatement(statement)) visit(statement);
  else ts.forEachChild(statement.declarationList, (child) => ts.forEachChild(child, visit));
  return vars;
}

/** What the top level of a cell declares. The last declaration of a name counts. */
export function declaredNames(statements: readonly TS.Statement[]): DeclaredName[] {
  const names = new Map<string, DeclaredName>();
  const add = (name: TS.Identifier | undefined, assignable: boolean, after: number) => {
    if (name) names.set(name.text, { name: name.text, assignable, after });
  };
  let done = 0;
  for (const statement of statements) {
    for (const name of nestedVars(statement)) add(name, true, 0);
    if (ts.isVariableStatement(statement)) {
      const { declarationList } = statement;
      if (isUsing(declarationList)) continue;
      const assignable = !(declarationList.flags & ts.NodeFlags.Const);
      for (const { name } of declarationList.declarations) {
        done++;
        for (const bound of boundNames(name)) add(bound, assignable, done);
      }
    } else if (ts.isFunctionDeclaration(statement)) {
      add(statement.name, false, 0);
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      if (!names.has(statement.name.text)) add(statement.name, false, 0);
    } else if (ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) {
      add(statement.name, false, ++done);
    } else if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name)) {
      if (statement.name.text !== "global") add(statement.name, false, ++done);
    } else if (ts.isImportDeclaration(statement) && statement.importClause) {
      const { name, namedBindings } = statement.importClause;
      add(name, false, 0);
      if (namedBindings && ts.isNamespaceImport(namedBindings)) add(namedBindings.name, false, 0);
      else for (const element of namedBindings?.elements ?? []) add(element.name, false, 0);
    } else if (isReExport(statement)) {
      for (const name of exportedNames(statement))
        names.set(name.text, { name: name.text, assignable: false, after: 0 });
    }
  }
  for (const { name } of statements.flatMap(renamedExports)) {
    names.set(name.text, { name: name.text, assignable: false, after: ++done });
  }
  return [...names.values()];
}

/** `export { a as b }`: other names for what the cell declares, which they get at its end. */
export function renamedExports(statement: TS.Statement): TS.ExportSpecifier[] {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier || statement.isTypeOnly) return [];
  if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) return [];
  return statement.exportClause.elements.filter(
    ({ name, propertyName, isTypeOnly }) =>
      !isTypeOnly && propertyName && propertyName.text !== name.text && name.text !== "default",
  );
}

/** Every identifier that a cell mentions, wherever it stands: a superset of what it refers to. */
export function mentionedNames(file: TS.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: TS.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}
