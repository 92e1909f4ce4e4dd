import { ts } from "#platform/typescript";

export type Completeness = { status: "complete" | "invalid" } | { status: "incomplete"; indent: string };

/** Codes of complaints that more input can mend wherever they stand: open comments, templates and strings of them. */
const OPEN = new Set([1010, 1160, 1161]);

/** Whether a piece of code can run, needs more lines, or is wrong whatever follows. */
export function completeness(source: string): Completeness {
  const { diagnostics = [] } = ts.transpileModule(source, {
    reportDiagnostics: true,
    fileName: "cell.ts",
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  });
  const [first] = diagnostics.filter(({ code }) => code < 2000);
  if (!first) return { status: "complete" };
  const end = source.trimEnd().length;
  if (!OPEN.has(first.code) && (first.start ?? 0) < end) return { status: "invalid" };
  return { status: "incomplete", indent: indentAfter(source) };
}

/** Two blanks for every bracket that is still open. */
function indentAfter(source: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, source);
  let depth = 0;
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if ([ts.SyntaxKind.OpenBraceToken, ts.SyntaxKind.OpenParenToken, ts.SyntaxKind.OpenBracketToken].includes(token)) {
      depth++;
    } else if (
      [ts.SyntaxKind.CloseBraceToken, ts.SyntaxKind.CloseParenToken, ts.SyntaxKind.CloseBracketToken].includes(token)
    ) {
      depth--;
    }
  }
  return "  ".repeat(Math.max(0, depth));
}
