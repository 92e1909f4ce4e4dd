import type TS from "typescript";
import { boundNames, isUsing, nestedVars } from "./names.js";
import { ts } from "./typescript.js";

/** An import of a cell, as data: the executor loads the module and puts the bindings into the scope. */
export interface ImportRecord {
  specifier: string;
  /** `type: "json"` and the like. */
  attributes: Record<string, string>;
  /** `imported` is an export's name, or `*` for the whole module. */
  bindings: { local: string; imported: string }[];
}

/** Names that the code of a cell finds as parameters of the function that it becomes. */
export const runtime = { scope: "$scope", cell: "$cell", tick: "$tick", load: "$import", meta: "$meta" } as const;

/**
 * Makes the body of a function of a cell. Every top-level name of this or an earlier cell becomes a property of one scope
 * object: a re-run cell replaces it for everyone, and what was declared before a throw stays. `$cell.done` counts the
 * top-level declarations that ran, `$cell.value` takes the value of the last expression, and `$tick()` stands in every
 * loop and function, where an interrupt can stop it.
 *
 * @param end where the cell's own code ends; what follows only tells the checker about earlier cells
 * @param imports filled with the cell's imports that have a value at run time
 */
export function cellTransformer(
  checker: TS.TypeChecker,
  end: number,
  imports: ImportRecord[],
): TS.TransformerFactory<TS.SourceFile> {
  return (context) => (file) => new CellTransform(context, checker, end, imports).file(file);
}

/** The interrupt points alone, for modules beside the notebook. */
export const tickTransformer: TS.TransformerFactory<TS.SourceFile> = (context) => (file) => {
  const visit = (node: TS.Node): TS.Node => withTick(context.factory, ts.visitEachChild(node, visit, context));
  return ts.visitEachChild(file, visit, context);
};

class CellTransform {
  readonly #factory: TS.NodeFactory;
  readonly #top = new Set<TS.Symbol>();
  #done = 0;

  constructor(
    readonly context: TS.TransformationContext,
    readonly checker: TS.TypeChecker,
    readonly end: number,
    readonly imports: ImportRecord[],
  ) {
    this.#factory = context.factory;
  }

  file(file: TS.SourceFile): TS.SourceFile {
    for (const statement of file.statements) this.#collect(statement);
    const own = file.statements.filter((statement) => statement.pos < this.end);
    const vars = own.flatMap((statement) => [
      ...nestedVars(statement),
      ...(ts.isVariableStatement(statement) && !(statement.declarationList.flags & ts.NodeFlags.BlockScoped)
        ? statement.declarationList.declarations.flatMap(({ name }) => boundNames(name))
        : []),
    ]);
    const functions = own.filter(
      (statement): statement is TS.FunctionDeclaration => ts.isFunctionDeclaration(statement) && !!statement.body,
    );
    const hoisted = [
      ...[...new Set(vars.map(({ text }) => text))].map((name) => this.#set(name, this.#factory.createVoidZero())),
      ...[...new Set(functions.flatMap(({ name }) => name?.text ?? []))].map((name) =>
        this.#set(name, this.#factory.createIdentifier(name)),
      ),
    ];
    const last = own.findLast((statement) => !ts.isEmptyStatement(statement));
    const body = own.flatMap((statement) => this.#statement(statement, statement === last));
    const usesUsing = own.some((statement) => ts.isVariableStatement(statement) && isUsing(statement.declarationList));
    return this.#factory.updateSourceFile(
      file,
      usesUsing ? [this.#factory.createBlock([...hoisted, ...body], true)] : [...hoisted, ...body],
    );
  }

  #collect(statement: TS.Statement): void {
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
    for (const name of names) {
      const symbol = this.checker.getSymbolAtLocation(name);
      if (symbol) this.#top.add(symbol);
    }
  }

  #statement(statement: TS.Statement, isLast: boolean): TS.Statement[] {
    const factory = this.#factory;
    if (ts.isImportDeclaration(statement)) {
      this.#import(statement);
      return [];
    }
    if (
      ts.isExportDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    )
      return [];
    if (ts.isVariableStatement(statement)) {
      if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) return [];
      if (isUsing(statement.declarationList)) return [this.#visit(statement) as TS.Statement];
      return statement.declarationList.declarations.flatMap((declaration) => [
        ...this.#declaration(declaration, statement.declarationList),
        this.#step(),
      ]);
    }
    if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isModuleDeclaration(statement)
    ) {
      const visited = withoutExport(factory, this.#visit(statement) as typeof statement);
      if (ts.isFunctionDeclaration(statement)) return [visited];
      const { name } = statement;
      const step = this.#step();
      if (!name || !ts.isIdentifier(name) || !this.#hasValue(name)) return [visited, step];
      return [visited, this.#set(name.text, factory.createIdentifier(name.text)), step];
    }
    if (ts.isExportAssignment(statement) || (isLast && ts.isExpressionStatement(statement))) {
      const expression = this.#visit(statement.expression) as TS.Expression;
      const value = factory.createPropertyAccessExpression(factory.createIdentifier(runtime.cell), "value");
      return [
        ts.setTextRange(factory.createExpressionStatement(factory.createAssignment(value, expression)), statement),
      ];
    }
    return [this.#visit(statement) as TS.Statement];
  }

  #declaration(declaration: TS.VariableDeclaration, list: TS.VariableDeclarationList): TS.Statement[] {
    const factory = this.#factory;
    const initializer = declaration.initializer
      ? (this.#visit(declaration.initializer) as TS.Expression)
      : list.flags & ts.NodeFlags.BlockScoped
        ? factory.createVoidZero()
        : undefined;
    if (!initializer) return [];
    const named = ts.isIdentifier(declaration.name) ? this.#named(initializer, declaration.name.text) : initializer;
    const assignment = factory.createAssignment(this.#target(declaration.name), named);
    return [
      ts.setTextRange(
        factory.createExpressionStatement(factory.createParenthesizedExpression(assignment)),
        declaration,
      ),
    ];
  }

  /** `const f = () => …` names the function `f`; an assignment to a property would not. */
  #named(initializer: TS.Expression, name: string): TS.Expression {
    const factory = this.#factory;
    const anonymous =
      ts.isArrowFunction(initializer) ||
      ((ts.isFunctionExpression(initializer) || ts.isClassExpression(initializer)) && !initializer.name);
    if (!anonymous) return initializer;
    const object = factory.createObjectLiteralExpression([
      factory.createPropertyAssignment(
        factory.createComputedPropertyName(factory.createStringLiteral(name)),
        initializer,
      ),
    ]);
    return factory.createElementAccessExpression(object, factory.createStringLiteral(name));
  }

  /** A binding name as the left side of an assignment. */
  #target(name: TS.BindingName): TS.Expression {
    const factory = this.#factory;
    if (ts.isIdentifier(name)) return ts.setTextRange(this.#property(name.text), name);
    const withDefault = (target: TS.Expression, initializer: TS.Expression | undefined) =>
      initializer ? factory.createAssignment(target, this.#visit(initializer) as TS.Expression) : target;
    if (ts.isArrayBindingPattern(name)) {
      return factory.createArrayLiteralExpression(
        name.elements.map((element) => {
          if (ts.isOmittedExpression(element)) return element;
          const target = withDefault(this.#target(element.name), element.initializer);
          return element.dotDotDotToken ? factory.createSpreadElement(target) : target;
        }),
      );
    }
    return factory.createObjectLiteralExpression(
      name.elements.map((element) => {
        if (element.dotDotDotToken) return factory.createSpreadAssignment(this.#target(element.name));
        const key = element.propertyName ?? (element.name as TS.Identifier);
        return factory.createPropertyAssignment(
          ts.isComputedPropertyName(key)
            ? factory.createComputedPropertyName(this.#visit(key.expression) as TS.Expression)
            : key,
          withDefault(this.#target(element.name), element.initializer),
        );
      }),
    );
  }

  #import(statement: TS.ImportDeclaration): void {
    if (statement.pos >= this.end || !ts.isStringLiteral(statement.moduleSpecifier)) return;
    const { importClause, attributes } = statement;
    if (importClause?.isTypeOnly) return;
    const bindings: ImportRecord["bindings"] = [];
    const add = (local: TS.Identifier, imported: string) => {
      if (this.#hasValue(local)) bindings.push({ local: local.text, imported });
    };
    if (importClause?.name) add(importClause.name, "default");
    const named = importClause?.namedBindings;
    if (named && ts.isNamespaceImport(named)) add(named.name, "*");
    else
      for (const element of named?.elements ?? []) {
        if (!element.isTypeOnly) add(element.name, (element.propertyName ?? element.name).text);
      }
    if (importClause && bindings.length === 0) return;
    this.imports.push({
      specifier: statement.moduleSpecifier.text,
      attributes: Object.fromEntries(
        (attributes?.elements ?? []).map(({ name, value }) => [name.text, ts.isStringLiteral(value) ? value.text : ""]),
      ),
      bindings,
    });
  }

  /** Whether a name stands for something that exists at run time; a name that cannot be resolved is taken to. */
  #hasValue(name: TS.Identifier): boolean {
    const symbol = this.checker.getSymbolAtLocation(name);
    if (!symbol) return true;
    const target = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    return (
      target.flags === ts.SymbolFlags.Property || target.name === "unknown" || !!(target.flags & ts.SymbolFlags.Value)
    );
  }

  #visit = (node: TS.Node): TS.Node => {
    const factory = this.#factory;
    if (ts.isExpressionWithTypeArguments(node)) {
      return factory.updateExpressionWithTypeArguments(
        node,
        this.#visit(node.expression) as TS.Expression,
        node.typeArguments,
      );
    }
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node;
    if (ts.isIdentifier(node))
      return this.#refers(node) ? ts.setTextRange(this.#property(node.text, node), node) : node;
    if (ts.isShorthandPropertyAssignment(node)) {
      const symbol = this.checker.getShorthandAssignmentValueSymbol(node);
      if (!symbol || !this.#top.has(symbol)) return ts.visitEachChild(node, this.#visit, this.context);
      const value = this.#property(node.name.text, node.name);
      return factory.createPropertyAssignment(
        factory.createIdentifier(node.name.text),
        node.objectAssignmentInitializer
          ? factory.createAssignment(value, this.#visit(node.objectAssignmentInitializer) as TS.Expression)
          : value,
      );
    }
    if (ts.isCallExpression(node)) {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        return ts.setTextRange(
          factory.createCallExpression(
            factory.createIdentifier(runtime.load),
            undefined,
            node.arguments.map((argument) => this.#visit(argument) as TS.Expression),
          ),
          node,
        );
      }
      if (ts.isIdentifier(node.expression) && this.#refers(node.expression)) {
        const bare = factory.createParenthesizedExpression(
          factory.createComma(factory.createNumericLiteral(0), this.#visit(node.expression) as TS.Expression),
        );
        return factory.updateCallExpression(
          node,
          ts.setTextRange(bare, node.expression),
          undefined,
          factory.createNodeArray(node.arguments.map((argument) => this.#visit(argument) as TS.Expression)),
        );
      }
    }
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      return factory.createIdentifier(runtime.meta);
    }
    if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped) && this.#isTopLevelVar(node)) {
      return this.#nestedVar(node);
    }
    if (ts.isVariableStatement(node) && !(node.declarationList.flags & ts.NodeFlags.BlockScoped)) {
      if (!this.#isTopLevelVar(node.declarationList)) return ts.visitEachChild(node, this.#visit, this.context);
      return factory.createExpressionStatement(this.#nestedVar(node.declarationList));
    }
    return withTick(factory, ts.visitEachChild(node, this.#visit, this.context));
  };

  #isTopLevelVar(list: TS.VariableDeclarationList): boolean {
    const first = boundNames(list.declarations[0].name)[0];
    const symbol = first && this.checker.getSymbolAtLocation(first);
    return !!symbol && this.#top.has(symbol);
  }

  /** A `var` in a block or a loop head, as an expression. */
  #nestedVar(list: TS.VariableDeclarationList): TS.Expression {
    const { parent } = list;
    if ((ts.isForInStatement(parent) || ts.isForOfStatement(parent)) && parent.initializer === list) {
      return this.#target(list.declarations[0].name);
    }
    const [first, ...rest] = list.declarations
      .filter(({ initializer }) => initializer)
      .map(({ name, initializer }) =>
        this.#factory.createAssignment(this.#target(name), this.#visit(initializer!) as TS.Expression),
      );
    if (!first) return this.#factory.createVoidZero();
    return this.#factory.createParenthesizedExpression(
      rest.reduce<TS.Expression>((left, right) => this.#factory.createComma(left, right), first),
    );
  }

  /** Whether an identifier refers to a top-level name, and from outside of the declaration that makes it. */
  #refers(node: TS.Identifier): boolean {
    const { parent } = node;
    if (parent && isNameOf(parent, node)) return false;
    const symbol = this.checker.getSymbolAtLocation(node);
    if (!symbol || !this.#top.has(symbol)) return false;
    for (let outer: TS.Node | undefined = parent; outer && !ts.isSourceFile(outer); outer = outer.parent) {
      if (!ts.isClassDeclaration(outer) && !ts.isEnumDeclaration(outer) && !ts.isModuleDeclaration(outer)) continue;
      if (outer.name && this.checker.getSymbolAtLocation(outer.name) === symbol) return false;
    }
    return true;
  }

  #property(name: string, original?: TS.Node): TS.PropertyAccessExpression {
    const access = this.#factory.createPropertyAccessExpression(
      this.#factory.createIdentifier(runtime.scope),
      this.#factory.createIdentifier(name),
    );
    return original ? ts.setOriginalNode(access, original) : access;
  }

  #set(name: string, value: TS.Expression): TS.Statement {
    return this.#factory.createExpressionStatement(this.#factory.createAssignment(this.#property(name), value));
  }

  #step(): TS.Statement {
    const done = this.#factory.createPropertyAccessExpression(this.#factory.createIdentifier(runtime.cell), "done");
    return this.#factory.createExpressionStatement(
      this.#factory.createAssignment(done, this.#factory.createNumericLiteral(++this.#done)),
    );
  }
}

function hasModifier(node: TS.HasModifiers, kind: TS.SyntaxKind): boolean {
  return !!node.modifiers?.some((modifier) => modifier.kind === kind);
}

function isNameOf(parent: TS.Node, node: TS.Identifier): boolean {
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isFunctionLike(parent) ||
      ts.isClassLike(parent) ||
      ts.isEnumDeclaration(parent) ||
      ts.isModuleDeclaration(parent) ||
      ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isPropertyAssignment(parent)) &&
      parent.name === node)
  );
}

type Declaration = TS.FunctionDeclaration | TS.ClassDeclaration | TS.EnumDeclaration | TS.ModuleDeclaration;

function withoutExport<T extends Declaration>(factory: TS.NodeFactory, node: T): T {
  const kept = node.modifiers?.filter(
    ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
  );
  if (kept?.length === node.modifiers?.length) return node;
  return factory.replaceModifiers(node, kept as TS.Modifier[]) as T;
}

/** Puts an interrupt point into a loop or a function. */
function withTick(factory: TS.NodeFactory, node: TS.Node): TS.Node {
  const call = () => factory.createCallExpression(factory.createIdentifier(runtime.tick), undefined, []);
  const statement = () => factory.createExpressionStatement(call());
  const block = (body: TS.Statement) =>
    ts.isBlock(body)
      ? factory.updateBlock(body, [statement(), ...body.statements])
      : factory.createBlock([statement(), body], true);
  const functionBody = (body: TS.Block) => {
    const directives = body.statements.findIndex(
      (one) => !(ts.isExpressionStatement(one) && ts.isStringLiteral(one.expression)),
    );
    const at = directives < 0 ? body.statements.length : directives;
    return factory.updateBlock(body, [...body.statements.slice(0, at), statement(), ...body.statements.slice(at)]);
  };
  if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, block(node.statement));
  if (ts.isDoStatement(node)) return factory.updateDoStatement(node, block(node.statement), node.expression);
  if (ts.isForStatement(node))
    return factory.updateForStatement(node, node.initializer, node.condition, node.incrementor, block(node.statement));
  if (ts.isForOfStatement(node))
    return factory.updateForOfStatement(
      node,
      node.awaitModifier,
      node.initializer,
      node.expression,
      block(node.statement),
    );
  if (ts.isForInStatement(node))
    return factory.updateForInStatement(node, node.initializer, node.expression, block(node.statement));
  if (ts.isArrowFunction(node)) {
    const body = ts.isBlock(node.body)
      ? functionBody(node.body)
      : factory.createParenthesizedExpression(factory.createComma(call(), node.body));
    const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken } = node;
    return factory.updateArrowFunction(node, modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body);
  }
  if (ts.isFunctionDeclaration(node) && node.body) {
    const { modifiers, asteriskToken, name, typeParameters, parameters, type, body } = node;
    return factory.updateFunctionDeclaration(
      node,
      modifiers,
      asteriskToken,
      name,
      typeParameters,
      parameters,
      type,
      functionBody(body),
    );
  }
  if (ts.isFunctionExpression(node)) {
    const { modifiers, asteriskToken, name, typeParameters, parameters, type, body } = node;
    return factory.updateFunctionExpression(
      node,
      modifiers,
      asteriskToken,
      name,
      typeParameters,
      parameters,
      type,
      functionBody(body),
    );
  }
  if (ts.isMethodDeclaration(node) && node.body) {
    const { modifiers, asteriskToken, name, questionToken, typeParameters, parameters, type, body } = node;
    return factory.updateMethodDeclaration(
      node,
      modifiers,
      asteriskToken,
      name,
      questionToken,
      typeParameters,
      parameters,
      type,
      functionBody(body),
    );
  }
  return node;
}
