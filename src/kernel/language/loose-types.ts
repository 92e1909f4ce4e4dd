import type TS from "typescript";
import { ts } from "#platform/typescript";

/**
 * Gives `any` to what a cell declares empty and fills later, where strict TypeScript would say `never`, `null` or `{}`:
 * `let best = null`, `{ items: [] }`, `const counts = {}`. Everything else keeps the type that is inferred. The types are
 * put into the parsed file, where they take no room: every position stays.
 *
 * `const xs = []` is not among them: TypeScript follows what is pushed, where implicit `any` is looked for.
 */
export function looseTypes(file: TS.SourceFile): void {
  visit(file);
}

const loose = new WeakSet<TS.Node>();

/** Whether a type was put here by {@link looseTypes}: whoever makes code of the file takes it out again. */
export function isLooseType(node: TS.Node): boolean {
  return loose.has(node);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function visit(node: TS.Node): void {
  if (ts.isForInStatement(node) || ts.isForOfStatement(node)) {
    visitLoop(node);
    return;
  }
  if (ts.isCatchClause(node)) {
    visit(node.block);
    return;
  }
  if (ts.isVariableStatement(node)) loosenExported(node);
  if (ts.isVariableDeclaration(node)) loosenVariable(node);
  else if (ts.isPropertyDeclaration(node) || ts.isParameter(node)) loosenMember(node);
  else if (ts.isCallExpression(node)) loosenCall(node);
  else if (ts.isNewExpression(node)) node.arguments?.forEach(loosenNestedLists);
  ts.forEachChild(node, visit);
}

/** TypeScript does not follow what is pushed onto an exported list. */
function loosenExported({ modifiers, declarationList }: TS.VariableStatement): void {
  if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return;
  for (const declaration of declarationList.declarations) {
    const { name, type, initializer } = declaration;
    if (!type && ts.isIdentifier(name) && initializer && isEmptyList(initializer)) {
      annotate(declaration, listType(name.end));
    }
  }
}

/** What a loop declares takes its type from what it goes through. */
function visitLoop({ initializer, expression, statement }: TS.ForInOrOfStatement): void {
  if (!ts.isVariableDeclarationList(initializer)) visit(initializer);
  visit(expression);
  visit(statement);
}

function loosenVariable(node: TS.VariableDeclaration): void {
  const { name, type, initializer } = node;
  if (type || !ts.isIdentifier(name)) return;
  if (!initializer) annotate(node, anyType(name.end));
  else if (isEmptyObject(initializer)) annotate(node, dictionaryType(name.end));
  else if (isNothing(initializer)) annotate(node, anyType(name.end));
  else loosenLiteral(initializer);
}

function loosenMember(node: TS.PropertyDeclaration | TS.ParameterDeclaration): void {
  const { name, type, initializer } = node;
  if (type || ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name)) return;
  if (initializer) {
    const looser = looseTypeOf(initializer, name.end);
    if (looser) annotate(node, looser);
    else loosenLiteral(initializer);
  } else if (ts.isPropertyDeclaration(node)) annotate(node, anyType(name.end));
}

/** Values inside of a literal that nothing else gives a type to. */
function loosenLiteral(literal: TS.Expression): void {
  if (ts.isObjectLiteralExpression(literal)) {
    for (const property of literal.properties) {
      if (ts.isPropertyAssignment(property)) loosenValue(property, "initializer");
    }
  } else if (ts.isArrayLiteralExpression(literal)) {
    const allNothing = literal.elements.every(isNothing);
    for (const [i, element] of literal.elements.entries()) {
      if (allNothing || !isNothing(element)) loosenValue(literal.elements, i);
    }
  }
}

function loosenValue(holder: object, key: string | number): void {
  const values = holder as Record<string | number, TS.Expression>;
  const value = values[key];
  const type = looseTypeOf(value, value.end);
  if (type) values[key] = assertion(value, type);
  else loosenLiteral(value);
}

/** Calls that begin with something empty and fill it. */
function loosenCall({ expression, arguments: parameters }: TS.CallExpression): void {
  parameters.forEach(loosenNestedLists);
  if (!ts.isPropertyAccessExpression(expression)) return;
  const list = parameters as unknown as TS.Expression[];
  if (isEmptyList(expression.expression)) {
    (expression as Mutable<typeof expression>).expression = assertion(
      expression.expression,
      listType(expression.expression.end),
    ) as unknown as TS.LeftHandSideExpression;
  }
  const method = expression.name.text;
  if (/^reduce(Right)?$/.test(method) && list[1]) loosenValue(list, 1);
  const made = list.at(-1);
  if (/^(map|from)$/.test(method) && made && ts.isArrowFunction(made) && !ts.isBlock(made.body)) {
    const body = ts.isParenthesizedExpression(made.body) ? made.body.expression : made.body;
    const type = looseTypeOf(body, made.body.end);
    if (type) (made as Mutable<typeof made>).body = assertion(made.body, type);
  }
}

/** Empty lists inside of lists: `new Map([["cat", []]])`. */
function loosenNestedLists(argument: TS.Expression): void {
  if (!ts.isArrayLiteralExpression(argument)) return;
  const elements = argument.elements as unknown as TS.Expression[];
  for (const [i, element] of elements.entries()) {
    if (isEmptyList(element)) elements[i] = assertion(element, listType(element.end));
    else loosenNestedLists(element);
  }
}

/** The type of an expression that says nothing of what will be in it. */
function looseTypeOf(value: TS.Expression, at: number): TS.TypeNode | undefined {
  if (isEmptyList(value)) return listType(at);
  if (isEmptyObject(value)) return dictionaryType(at);
  return isNothing(value) ? anyType(at) : undefined;
}

function isEmptyList(value: TS.Expression): boolean {
  return ts.isArrayLiteralExpression(value) && value.elements.length === 0;
}

function isEmptyObject(value: TS.Expression): boolean {
  return ts.isObjectLiteralExpression(value) && value.properties.length === 0;
}

function isNothing(value: TS.Expression): boolean {
  return value.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(value) && value.text === "undefined");
}

function annotate(node: { readonly type?: TS.TypeNode }, type: TS.TypeNode): void {
  loose.add(type);
  (node as { type?: TS.TypeNode }).type = type;
}

function assertion(value: TS.Expression, type: TS.TypeNode): TS.AsExpression {
  loose.add(type);
  return ts.setTextRange(ts.factory.createAsExpression(value, type), value);
}

function anyType(at: number): TS.TypeNode {
  return placed(ts.factory.createKeywordTypeNode(ts.SyntaxKind.AnyKeyword), at);
}

function listType(at: number): TS.TypeNode {
  return placed(ts.factory.createArrayTypeNode(anyType(at)), at);
}

/** `Record<string, any>`; the name has no place, so that it is printed as it is and not as what stands there. */
function dictionaryType(at: number): TS.TypeNode {
  const { factory } = ts;
  const text = placed(factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword), at);
  return placed(factory.createTypeReferenceNode(factory.createIdentifier("Record"), [text, anyType(at)]), at);
}

/** A node that takes no room. */
function placed<T extends TS.Node>(node: T, at: number): T {
  return ts.setTextRange(node, { pos: at, end: at });
}
