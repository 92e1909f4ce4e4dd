import type TS from "typescript";
import { ts } from "#platform/typescript";
import { type DeclaredName, declaredNames, mentionedNames } from "./declared-names.js";
import { exportedNames } from "./re-exports.js";

/** Cells between two looks at which of them are still needed. */
const SWEEP = 100;

interface NameOfCell extends DeclaredName {
  /** Number of the cell that declared it last. */
  cell: number;
}

/** What a cell's text says before it is checked. */
export interface OpenedCell {
  declared: DeclaredName[];
  /** Whether it declares modules or globals, which count for all cells after it. */
  ambient: boolean;
}

/**
 * Cells as modules that exist for the compiler alone. Each imports the names it mentions from the cells that declared
 * them, so a cell costs what it uses and not how many came before; an executed cell is kept as its declarations
 * (`.d.ts`), so that a chain of inferred types is as deep as one cell. What the checker needs besides the cell's own text
 * stands behind it: positions in the cell are positions in the file.
 */
export class CellModules {
  /** The file of the cell that is open. */
  readonly current: string;
  readonly #folder: string;
  readonly #files = new Map<string, string>();
  readonly #names = new Map<string, NameOfCell>();
  readonly #ambient: number[] = [];
  #text = "";
  #version = 0;
  #count = 0;

  /** @param folder where the modules seem to lie, with forward slashes */
  constructor(folder: string) {
    this.#folder = folder;
    this.current = `${folder}/[cell].ts`;
  }

  /** Names that the next cell may mention. */
  get names(): Iterable<string> {
    return this.#names.keys();
  }

  /** Text of the open cell and of what stands behind it. */
  get text(): string {
    return this.#text;
  }

  /** Makes a text the open cell. */
  open(source: string): OpenedCell {
    const parsed = ts.createSourceFile(this.current, source, ts.ScriptTarget.ESNext, false);
    const declared = declaredNames(parsed.statements);
    const declaredHere = new Set(declared.map(({ name }) => name));
    const exported = new Set(parsed.statements.flatMap(exportedBy));
    const lines = [`export { ${declared.flatMap(({ name }) => (exported.has(name) ? [] : name)).join(", ")} };`];
    for (const name of mentionedNames(parsed)) {
      const earlier = declaredHere.has(name) ? undefined : this.#names.get(name);
      if (earlier) lines.push(importOf(earlier));
    }
    for (const cell of this.#ambient) lines.push(`import "./[cell-${cell}]";`);
    this.#text = `${source}\n;${lines.join("\n")}\n`;
    this.#version++;
    return { declared, ambient: parsed.statements.some(isAmbient) };
  }

  /**
   * Keeps a cell that ran.
   * @param text that of {@link text} when the cell was open
   * @param declarations its `.d.ts`, where one could be made
   * @param done how many of its top-level declarations ran
   */
  commit({ declared, ambient }: OpenedCell, text: string, declarations: string | undefined, done: number): void {
    if (declared.length === 0 && !ambient) return;
    const cell = ++this.#count;
    this.#files.set(this.#fileName(cell, declarations ? ".d.ts" : ".ts"), declarations ?? text);
    if (ambient) this.#ambient.push(cell);
    for (const name of declared) {
      if (name.after <= done) this.#names.set(name.name, { ...name, cell });
    }
    if (cell % SWEEP === 0) this.#sweep();
  }

  /** The text of a file that exists for the compiler alone. */
  read(file: string): string | undefined {
    return file === this.current ? this.#text : this.#files.get(file);
  }

  version(file: string): string | undefined {
    if (file === this.current) return String(this.#version);
    return this.#files.has(file) ? "1" : undefined;
  }

  /** The file of an import that {@link open} wrote. */
  resolve(specifier: string): string | undefined {
    const cell = /^\.\/\[cell-(\d+)\]$/.exec(specifier)?.[1];
    if (!cell) return undefined;
    const declarations = this.#fileName(Number(cell), ".d.ts");
    return this.#files.has(declarations) ? declarations : this.#fileName(Number(cell), ".ts");
  }

  /** Forgets the cells whose names were all declared again and that no other cell builds on. */
  #sweep(): void {
    const kept = new Set<number>();
    const keep = (cell: number): void => {
      if (kept.has(cell)) return;
      kept.add(cell);
      for (const [, other] of this.#textOf(cell).matchAll(/"\.\/\[cell-(\d+)\]"/g)) keep(Number(other));
    };
    this.#ambient.forEach(keep);
    for (const { cell } of this.#names.values()) keep(cell);
    for (const file of this.#files.keys()) {
      if (!kept.has(Number(/\[cell-(\d+)\]/.exec(file)?.[1]))) this.#files.delete(file);
    }
  }

  #textOf(cell: number): string {
    return this.#files.get(this.#fileName(cell, ".d.ts")) ?? this.#files.get(this.#fileName(cell, ".ts")) ?? "";
  }

  #fileName(cell: number, extension: ".ts" | ".d.ts"): string {
    return `${this.#folder}/[cell-${cell}]${extension}`;
  }
}

function importOf({ name, assignable, cell }: NameOfCell): string {
  const from = `"./[cell-${cell}]"`;
  return assignable ? `declare let ${name}: typeof import(${from}).${name};` : `import { ${name} } from ${from};`;
}

/** Names that a statement exports itself. */
function exportedBy(statement: TS.Statement): string[] {
  if (ts.isExportDeclaration(statement)) return exportedNames(statement).map(({ text }) => text);
  const exports =
    ts.canHaveModifiers(statement) && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return exports ? declaredNames([statement]).map(({ name }) => name) : [];
}

function isAmbient(statement: TS.Statement): boolean {
  return ts.isModuleDeclaration(statement) && (ts.isStringLiteral(statement.name) || statement.name.text === "global");
}
