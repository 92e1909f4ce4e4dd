import type TS from "typescript";
import { ts } from "#platform/typescript";
import { escapeHtml } from "../core/html.js";

/** TypeScript with its keywords, strings, numbers and comments marked. */
export function highlight(source: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, source);
  const ends = placeholderEnds(source);
  let marked = "";
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.CloseBraceToken && ends.has(scanner.getTokenStart())) {
      kind = scanner.reScanTemplateToken(false);
    }
    const text = escapeHtml(scanner.getTokenText());
    const name = className(kind);
    marked += name ? `<span class="${name}">${text}</span>` : text;
  }
  return marked;
}

/** Where the closing braces of placeholders in templates stand. */
function placeholderEnds(source: string): Set<number> {
  const found = new Set<number>();
  const visit = (node: TS.Node): void => {
    if (ts.isTemplateSpan(node)) found.add(node.literal.getStart());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ESNext, true));
  return found;
}

function className(kind: TS.SyntaxKind): string | undefined {
  if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia) return "c";
  if (kind >= ts.SyntaxKind.FirstKeyword && kind <= ts.SyntaxKind.LastKeyword) return "k";
  if (kind === ts.SyntaxKind.NumericLiteral || kind === ts.SyntaxKind.BigIntLiteral) return "n";
  if (
    kind === ts.SyntaxKind.StringLiteral ||
    (kind >= ts.SyntaxKind.FirstTemplateToken && kind <= ts.SyntaxKind.LastTemplateToken)
  )
    return "s";
  return undefined;
}
