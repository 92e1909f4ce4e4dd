import type TS from "typescript";
import { ts } from "#platform/typescript";
import { boundNames, isUsing, nestedVars, renamedExports } from "./declared-names.js";
import { type ImportRecord, importRecord } from "./import-records.js";
import { visitWithInterruptPoint } from "./interrupt-points.js";
import { isLooseType } from "./loose-types.js";
import { isReExport, reExportRecord } from "./re-exports.js";
import { TopLevelNames } from "./top-level-names.js";

/** Names that the code of a cell finds as parameters of the function that it becomes, besides that of interrupt points. */
const runtime = { scope: "$scope", cell: "$cell", load: "$import", meta: "$meta" } as const;

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
  return (context) => (file) => {
    const names = new TopLevelNames(checker, file.statements);
    return new CellTransform(context, checker, names, imports).file(file, end);
  };
}

class CellTransform {
  readonly #context: TS.TransformationContext;
  readonly #factory: TS.NodeFactory;
  readonly #checker: TS.TypeChecker;
  readonly #names: TopLevelNames;
  readonly #imports: ImportRecord[];
  /** Top-level declarations so far. */
  #done = 0;

  constructor(
    context: TS.TransformationContext,
    checker: TS.TypeChecker,
    names: TopLevelNames,
    imports: ImportRecord[],
  ) {
    this.#context = context;
    this.#checker = checker;
    this.#factory = context.factory;
    this.#names = names;
    this.#imports = imports;
  }

  file(file: TS.SourceFile, end: number): TS.SourceFile {
    const statements = file.statements.filter(({ pos }) => pos < end);
    const hoisted = this.#hoisted(statements);
    const last = statements.findLast((statement) => !ts.isEmptyStatement(statement));
    const body = statements.flatMap((statement) => this.#statement(statement, statement === last));
    body.push(...statements.flatMap(renamedExports).flatMap((specifier) => this.#renamed(specifier)));
    const usesUsing = statements.some(
      (statement) => ts.isVariableStatement(statement) && isUsing(statement.declarationList),
    );
    return this.#factory.updateSourceFile(
      file,
      usesUsing ? [this.#factory.createBlock([...hoisted, ...body], true)] : [...hoisted, ...body],
    );
  }

  /** What has a value before the first statement runs: `var`s and functions. */
  #hoisted(statements: readonly TS.Statement[]): TS.Statement[] {
    const vars = statements.flatMap((statement) => [
      ...nestedVars(statement),
      ...(ts.isVariableStatement(statement) && !(statement.declarationList.flags & ts.NodeFlags.BlockScoped)
        ? statement.declarationList.declarations.flatMap(({ name }) => boundNames(name))
        : []),
    ]);
    const functions = statements.filter(
      (statement): statement is TS.FunctionDeclaration => ts.isFunctionDeclaration(statement) && !!statement.body,
    );
    return [
      ...[...new Set(vars.map(({ text }) => text))].map((name) => this.#set(name, this.#factory.createVoidZero())),
      ...[...new Set(functions.flatMap(({ name }) => name?.text ?? []))].map((name) =>
        this.#set(name, this.#factory.createIdentifier(name)),
      ),
    ];
  }

  #statement(statement: TS.Statement, isLast: boolean): TS.Statement[] {
    if (ts.isImportDeclaration(statement) || isReExport(statement)) {
      const record = ts.isImportDeclaration(statement)
        ? importRecord(statement, this.#names.hasValue)
        : reExportRecord(statement, this.#checker, this.#names.hasValue);
      if (record) this.#imports.push(record);
      return [];
    }
    if (
      ts.isExportDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    ) {
      return [];
    }
    if (ts.isVariableStatement(statement)) return this.#variables(statement);
    if (isDeclaration(statement)) return this.#declaration(statement);
    if (ts.isExportAssignment(statement) || (isLast && ts.isExpressionStatement(statement))) {
      return [this.#value(statement)];
    }
    return [this.#visit(statement) as TS.Statement];
  }

  #variables(statement: TS.VariableStatement): TS.Statement[] {
    const { declarationList } = statement;
    if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) return [];
    if (isUsing(declarationList)) return [this.#visit(statement) as TS.Statement];
    return declarationList.declarations.flatMap((declaration) => [
      ...this.#variable(declaration, declarationList),
      this.#step(),
    ]);
  }

  #variable(declaration: TS.VariableDeclaration, list: TS.VariableDeclarationList): TS.Statement[] {
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

  #declaration(statement: Declaration): TS.Statement[] {
    const visited = withoutExport(this.#factory, this.#visit(statement) as Declaration);
    if (ts.isFunctionDeclaration(statement)) return [visited];
    const { name } = statement;
    const step = this.#step();
    if (!name || !ts.isIdentifier(name) || !this.#names.hasValue(name)) return [visited, step];
    return [visited, this.#set(name.text, this.#factory.createIdentifier(name.text)), step];
  }

  /** What `export { a as b }` gives to later cells. */
  #renamed({ name, propertyName }: TS.ExportSpecifier): TS.Statement[] {
    const step = this.#step();
    if (!ts.isIdentifier(name) || !propertyName || !this.#names.hasValue(name)) return [step];
    return [this.#set(name.text, this.#property(propertyName.text)), step];
  }

  /** The statement whose value is the cell's result. */
  #value(statement: TS.ExportAssignment | TS.ExpressionStatement): TS.Statement {
    const factory = this.#factory;
    const expression = this.#visit(statement.expression) as TS.Expression;
    const value = factory.createPropertyAccessExpression(factory.createIdentifier(runtime.cell), "value");
    return ts.setTextRange(factory.createExpressionStatement(factory.createAssignment(value, expression)), statement);
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
    if (ts.isIdentifier(name)) return ts.setTextRange(this.#property(name.text), name);
    return ts.isArrayBindingPattern(name) ? this.#arrayTarget(name) : this.#objectTarget(name);
  }

  #arrayTarget({ elements }: TS.ArrayBindingPattern): TS.Expression {
    return this.#factory.createArrayLiteralExpression(
      elements.map((element) => {
        if (ts.isOmittedExpression(element)) return element;
        const target = this.#targetWithDefault(element);
        return element.dotDotDotToken ? this.#factory.createSpreadElement(target) : target;
      }),
    );
  }

  #objectTarget({ elements }: TS.ObjectBindingPattern): TS.Expression {
    const factory = this.#factory;
    return factory.createObjectLiteralExpression(
      elements.map((element) => {
        if (element.dotDotDotToken) return factory.createSpreadAssignment(this.#target(element.name));
        const key = element.propertyName ?? (element.name as TS.Identifier);
        return factory.createPropertyAssignment(
          ts.isComputedPropertyName(key)
            ? factory.createComputedPropertyName(this.#visit(key.expression) as TS.Expression)
            : key,
          this.#targetWithDefault(element),
        );
      }),
    );
  }

  #targetWithDefault({ name, initializer }: TS.BindingElement): TS.Expression {
    const target = this.#target(name);
    return initializer ? this.#factory.createAssignment(target, this.#visit(initializer) as TS.Expression) : target;
  }

  #visit = (node: TS.Node): TS.Node | undefined => {
    if (isLooseType(node)) return undefined;
    if (ts.isAsExpression(node) && isLooseType(node.type)) return this.#visit(node.expression);
    if (ts.isExpressionWithTypeArguments(node)) {
      const expression = this.#visit(node.expression) as TS.Expression;
      return this.#factory.updateExpressionWithTypeArguments(node, expression, node.typeArguments);
    }
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node;
    if (ts.isIdentifier(node)) {
      return this.#names.isReference(node) ? ts.setTextRange(this.#property(node.text, node), node) : node;
    }
    if (ts.isShorthandPropertyAssignment(node) && this.#names.isShorthandFor(node)) return this.#shorthand(node);
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      return this.#factory.createIdentifier(runtime.meta);
    }
    if (ts.isVariableDeclarationList(node) && this.#names.isTopLevelVar(node)) return this.#nestedVar(node);
    if (ts.isVariableStatement(node) && this.#names.isTopLevelVar(node.declarationList)) {
      return this.#factory.createExpressionStatement(this.#nestedVar(node.declarationList));
    }
    return visitWithInterruptPoint(node, this.#visit, this.#context);
  };

  #shorthand({ name, objectAssignmentInitializer }: TS.ShorthandPropertyAssignment): TS.Node {
    const factory = this.#factory;
    const value = this.#property(name.text, name);
    return factory.createPropertyAssignment(
      factory.createIdentifier(name.text),
      objectAssignmentInitializer
        ? factory.createAssignment(value, this.#visit(objectAssignmentInitializer) as TS.Expression)
        : value,
    );
  }

  /** `import()` goes through the kernel; a top-level function is called without the scope as its `this`. */
  #call(node: TS.CallExpression): TS.Node {
    const factory = this.#factory;
    const parameters = () => node.arguments.map((argument) => this.#visit(argument) as TS.Expression);
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const load = factory.createIdentifier(runtime.load);
      return ts.setTextRange(factory.createCallExpression(load, undefined, parameters()), node);
    }
    if (!ts.isIdentifier(node.expression) || !this.#names.isReference(node.expression)) {
      return ts.visitEachChild(node, this.#visit, this.#context);
    }
    const bare = factory.createParenthesizedExpression(
      factory.createComma(factory.createNumericLiteral(0), this.#visit(node.expression) as TS.Expression),
    );
    return factory.updateCallExpression(
      node,
      ts.setTextRange(bare, node.expression),
      undefined,
      factory.createNodeArray(parameters()),
    );
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

type Declaration = TS.FunctionDeclaration | TS.ClassDeclaration | TS.EnumDeclaration | TS.ModuleDeclaration;

function isDeclaration(statement: TS.Statement): statement is Declaration {
  return (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  );
}

function hasModifier(node: TS.HasModifiers, kind: TS.SyntaxKind): boolean {
  return !!node.modifiers?.some((modifier) => modifier.kind === kind);
}

function withoutExport<T extends Declaration>(factory: TS.NodeFactory, node: T): T {
  const kept = node.modifiers?.filter(
    ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
  );
  if (kept?.length === node.modifiers?.length) return node;
  return factory.replaceModifiers(node, kept as TS.Modifier[]) as T;
}
