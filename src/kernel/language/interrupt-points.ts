import type TS from "typescript";
import { ts } from "#platform/typescript";

/** The name under which code finds the function that throws when an interrupt asks for it. */
export const TICK = "$tick";

/** Puts an interrupt point into every loop and function of a module beside the notebook. */
export const interruptPoints: TS.TransformerFactory<TS.SourceFile> = (context) => (file) => {
  const visit = (node: TS.Node): TS.Node => visitWithInterruptPoint(node, visit, context);
  return ts.visitEachChild(file, visit, context);
};

/** Visits the children of a node; where it is a loop or a function, an interrupt point begins its body. */
export function visitWithInterruptPoint(
  node: TS.Node,
  visit: (node: TS.Node) => TS.Node | undefined,
  context: TS.TransformationContext,
): TS.Node {
  const body = interruptibleBody(node);
  if (!body) return ts.visitEachChild(node, visit, context);
  const { factory } = context;
  const withPoint = ts.isFunctionLike(node) ? functionBody : loopBody;
  return ts.visitEachChild(
    node,
    (child) => (child === body ? withPoint(factory, visit(child) as typeof body) : visit(child)),
    context,
  );
}

function interruptibleBody(node: TS.Node): TS.Statement | TS.ConciseBody | undefined {
  if (ts.isIterationStatement(node, false)) return node.statement;
  const interruptible =
    ts.isArrowFunction(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isMethodDeclaration(node);
  return interruptible ? node.body : undefined;
}

function loopBody(factory: TS.NodeFactory, body: TS.Node): TS.Block {
  const statement = body as TS.Statement;
  return ts.isBlock(statement)
    ? factory.updateBlock(statement, [point(factory), ...statement.statements])
    : factory.createBlock([point(factory), statement], true);
}

function functionBody(factory: TS.NodeFactory, body: TS.Node): TS.ConciseBody {
  if (!ts.isBlock(body)) {
    return factory.createParenthesizedExpression(factory.createComma(call(factory), body as TS.Expression));
  }
  const directives = body.statements.findIndex(
    (statement) => !(ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression)),
  );
  const at = directives < 0 ? body.statements.length : directives;
  return factory.updateBlock(body, [...body.statements.slice(0, at), point(factory), ...body.statements.slice(at)]);
}

function point(factory: TS.NodeFactory): TS.Statement {
  return factory.createExpressionStatement(call(factory));
}

function call(factory: TS.NodeFactory): TS.Expression {
  return factory.createCallExpression(factory.createIdentifier(TICK), undefined, []);
}
