import type TS from "typescript";
import { ts } from "#platform/typescript";
import { boundNames, isUsing, nestedVars } from "./declared-names.js";

/** The names of a cell's top level, those of earlier cells included, which become properties of the scope. */
export class TopLevelNames {
  readonly #checker: TS.TypeChecker;
  readonly #symbols = new Set<TS.Symbol>();

  constructor(checker: TS.TypeChecker, statements: readonly TS.Statement[]) {
    this.#checker = checker;
    for (const name of statements.flatMap(namesOf)) {
      const symbol = checker.getSymbolAtLocation(name);
      if (symbol) this.#symbols.add(symbol);
    }
  }

  /** Whether a shorthand property `{ name }` has the value of a top-level name. */
  isShorthandFor(node: TS.ShorthandPropertyAssignment): boolean {
    const symbol = this.#checker.getShorthandAssignmentValueSymbol(node);
    return !!symbol && this.#symbols.has(symbol);
  }

  /** Whether an identifier refers to a top-level name, and from outside of the declaration that makes it. */
  isReference(node: TS.Identifier): boolean {
    const { parent } = node;
    if (parent && isNameOf(parent, node)) return false;
    const symbol = this.#checker.getSymbolAtLocation(node);
    if (!symbol || !this.#symbols.has(symbol)) return false;
    for (let outer: TS.Node | undefined = parent; outer && !ts.isSourceFile(outer); outer = outer.parent) {
      if (!ts.isClassDeclaration(outer) && !ts.isEnumDeclaration(outer) && !ts.isModuleDeclaration(outer)) continue;
      if (outer.name && this.#checker.getSymbolAtLocation(outer.name) === symbol) return false;
    }
    return true;
  }

  /** Whether `var`s belong to the top level, in whatever block they stand. */
  isTopLevelVar(list: TS.VariableDeclarationList): boolean {
    if (list.flags & ts.NodeFlags.BlockScoped) return false;
    const first = boundNames(list.declarations[0].name)[0];
    const symbol = first && this.#checker.getSymbolAtLocation(first);
    return !!symbol && this.#symbols.has(symbol);
  }

  /** Whether a name stands for something that exists at run time; a name that cannot be resolved is taken to. */
  readonly hasValue = (name: TS.Identifier): boolean => {
    const symbol = this.#checker.getSymbolAtLocation(name);
    if (!symbol) return true;
    const target = symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    return (
      target.flags === ts.SymbolFlags.Property || target.name === "unknown" || !!(target.flags & ts.SymbolFlags.Value)
    );
  };
}

/** The identifiers by which a statement declares names at the top level. */
function namesOf(statement: TS.Statement): TS.Node[] {
  const names: TS.Node[] = [...nestedVars(statement)];
  if (ts.isVariableStatement(statement) && !isUsing(statement.declarationList)) {
    names.push(...statement.declarationList.declarations.flatMap(({ name }) => boundNames(name)));
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    if (statement.name) names.push(statement.name);
  } else if (ts.isImportDeclaration(statement) && statement.importClause) {
    const { name, namedBindings } = statement.importClause;
    if (name) names.push(name);
    if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name);
    else for (const element of namedBindings?.elements ?? []) names.push(element.name);
  }
  return names;
}

function isNameOf(parent: TS.Node, node: TS.Identifier): boolean {
  return (
    (ts.isPropertyAccessExpression(parent) ||
      ts.isFunctionLike(parent) ||
      ts.isClassLike(parent) ||
      ts.isEnumDeclaration(parent) ||
      ts.isModuleDeclaration(parent) ||
      ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isPropertyAssignment(parent)) &&
    parent.name === node
  );
}
