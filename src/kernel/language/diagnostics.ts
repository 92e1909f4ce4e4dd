import type TS from "typescript";
import { ts } from "#platform/typescript";

/** What the checker says about a place of a cell; lines and columns count from 1. */
export interface CellDiagnostic {
  code: number;
  message: string;
  /** Undefined where it concerns a module beside the notebook and not the cell. */
  file?: string;
  line: number;
  column: number;
  /** Length of the place on its first line, at least 1. */
  length: number;
  /** The source line. */
  text: string;
  syntax: boolean;
}

/** Complaints about ordinary module files that mean nothing in a cell, and those about implicit `any`. */
const IGNORED = new Set([
  1375, // top-level await in a file that is no module
  1378, // top-level await with another module setting
  2528, // several default exports
  7044,
  80_001,
  80_005,
  ...[7005, 7006, 7008, 7009, 7010, 7011, 7012, 7013, 7014, 7015, 7016, 7017, 7018, 7019, 7020, 7022, 7023, 7024],
  ...[7025, 7026, 7031, 7032, 7033, 7034, 7039, 7052, 7053, 7055, 7057],
]);

export function cellDiagnostics(diagnostics: readonly TS.Diagnostic[], cell: string, end: number): CellDiagnostic[] {
  return diagnostics
    .filter(({ category, code }) => category === ts.DiagnosticCategory.Error && !IGNORED.has(code))
    .flatMap((diagnostic) => {
      const { file, code } = diagnostic;
      if (!file) return [];
      const isCell = file.fileName === cell;
      const syntax = code < 2000;
      if (isCell && !syntax && diagnostic.start! > end) return [];
      const start = isCell ? Math.min(diagnostic.start ?? 0, Math.max(0, end - 1)) : (diagnostic.start ?? 0);
      const { line, character } = file.getLineAndCharacterOfPosition(start);
      const text = file.text.split("\n")[line] ?? "";
      return {
        code,
        message: plain(code, ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")),
        file: isCell ? undefined : file.fileName,
        line: line + 1,
        column: character + 1,
        length: Math.max(1, Math.min(diagnostic.length ?? 1, text.length - character)),
        text,
        syntax,
      };
    });
}

/** Names of earlier cells are imports to the checker, and constants to the reader. */
function plain(code: number, message: string): string {
  return code === 2632 ? message.replace("it is an import", "it is a constant") : message;
}
