import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type TS from "typescript";
import { ownModule, packageRoot } from "../package.js";
import { type CellDiagnostic, cellDiagnostics } from "./diagnostics.js";
import { type Declared, declaredNames, mentionedNames } from "./names.js";
import { cellTransformer, type ImportRecord } from "./transform.js";
import { ts } from "./typescript.js";

export interface ConvertedCell {
  /** Body of an async function; undefined where the cell cannot run. */
  code?: string;
  /** Source map of {@link code}, as JSON text. */
  map?: string;
  imports: ImportRecord[];
  /** Errors of this cell and of modules beside the notebook that it uses. */
  diagnostics: CellDiagnostic[];
  declared: Declared[];
  /**
   * Makes the cell's declarations known to the cells after it.
   * @param done how many top-level declarations ran, where the cell threw
   */
  commit(done?: number): void;
}

export interface Completion {
  name: string;
  kind: string;
}

interface Known extends Declared {
  cell: number;
}

const require = createRequire(import.meta.url);
const nodeTypes = dirname(require.resolve("@types/node/package.json"));

const libraries =
  Number(process.versions.node.split(".")[0]) >= 24
    ? ["lib.esnext.d.ts"]
    : ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];

const compilerOptions: TS.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  customConditions: ["node"],
  lib: libraries,
  types: [],
  typeRoots: [dirname(nodeTypes)],
  strict: true,
  noImplicitAny: false,
  allowJs: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  esModuleInterop: true,
  preserveConstEnums: true,
  skipLibCheck: true,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
  declaration: true,
  sourceMap: true,
  newLine: ts.NewLineKind.LineFeed,
};

/** Cells between two looks at which of them are still needed. */
const SWEEP = 100;

/**
 * TypeScript for cells. Each cell is a module that imports the names it mentions from the cells that declared them, so a
 * cell costs what it uses and not how many came before; an executed cell is kept as its declarations (`.d.ts`), so that a
 * chain of inferred types is as deep as one cell. What the checker needs besides the cell's own text stands behind it:
 * positions in the cell are positions in the file.
 */
export class CellLanguage {
  readonly #folder: string;
  readonly #current: string;
  readonly #cells = new Map<string, string>();
  readonly #names = new Map<string, Known>();
  readonly #ambient: number[] = [];
  readonly #service: TS.LanguageService;
  readonly #resolutions: TS.ModuleResolutionCache;
  /** Files as they were read, each of one version. */
  readonly #snapshots = new Map<string, { version: string; snapshot: TS.IScriptSnapshot }>();
  #text = "";
  #version = 0;
  #cellCount = 0;

  /** @param folder the notebook's folder: where packages and modules are looked for */
  constructor(folder: string) {
    this.#folder = folder.replaceAll("\\", "/");
    this.#current = `${this.#folder}/[cell].ts`;
    this.#resolutions = ts.createModuleResolutionCache(this.#folder, (name) => name, compilerOptions);
    this.#service = ts.createLanguageService(this.#host(), this.#registry());
  }

  /** Loads the libraries, so that the first cell need not. */
  warmUp(): void {
    this.convert("const warm = [1].map((x) => x + 1); console.log(warm)");
  }

  /** Checks a cell and makes it a function body. */
  convert(source: string): ConvertedCell {
    const { declared, ambient } = this.#open(source);
    const program = this.#service.getProgram()!;
    const file = program.getSourceFile(this.#current)!;
    const syntactic = program.getSyntacticDiagnostics(file);
    const found = syntactic.length > 0 ? syntactic : program.getSemanticDiagnostics(file);
    const diagnostics = cellDiagnostics(found, this.#current, source.length);
    if (diagnostics.some(({ code }) => code === 2307 || code === 7016)) this.#resolutions.clear();
    const imports: ImportRecord[] = [];
    const cell: ConvertedCell = { imports, diagnostics, declared, commit: () => {} };
    if (syntactic.length > 0) return cell;

    const outputs = new Map<string, string>();
    const { diagnostics: emitted } = program.emit(
      file,
      (name, text) => outputs.set(name.slice(this.#current.length - ".ts".length), text),
      undefined,
      false,
      { before: [cellTransformer(program.getTypeChecker(), source.length, imports)] },
    );
    cell.code = outputs.get(".js")?.replace(/\n?(export \{\};\n)?\/\/# sourceMappingURL=.*\n?$/, "\n");
    cell.map = outputs.get(".js.map");
    const declarations = emitted.length === 0 ? outputs.get(".d.ts") : undefined;
    const text = this.#text;
    cell.commit = (done = Number.POSITIVE_INFINITY) => {
      if (declared.length === 0 && !ambient) return;
      const number = ++this.#cellCount;
      this.#cells.set(this.#cellFile(number, declarations ? ".d.ts" : ".ts"), declarations ?? text);
      if (ambient) this.#ambient.push(number);
      for (const name of declared) {
        if (name.after <= done) this.#names.set(name.name, { ...name, cell: number });
      }
      if (number % SWEEP === 0) this.#sweep();
    };
    return cell;
  }

  /** What could stand at a position, best first; `start` is where the replaced text begins. */
  complete(source: string, position: number): { start: number; completions: Completion[] } {
    this.#open(source);
    const start = position - (/[\p{ID_Continue}$\u200c\u200d]*$/u.exec(source.slice(0, position))?.[0].length ?? 0);
    const prefix = source.slice(start, position).toLowerCase();
    const info = this.#service.getCompletionsAtPosition(this.#current, position, {
      includeCompletionsWithInsertText: false,
      includeCompletionsForModuleExports: false,
    });
    const entries = (info?.entries ?? []).map(({ name, kind, sortText }) => ({ name, kind: kind as string, sortText }));
    const isMember = info?.isMemberCompletion ?? false;
    if (info && !isMember && !this.#inString(position)) {
      const present = new Set(entries.map(({ name }) => name));
      for (const { name } of this.#names.values()) {
        if (!present.has(name)) entries.push({ name, kind: "variable", sortText: "10" });
      }
    }
    const completions = entries
      .filter(({ name }) => name.toLowerCase().startsWith(prefix))
      .sort((a, b) => compare(a.sortText, b.sortText) || compare(a.name, b.name));
    return {
      start: info?.optionalReplacementSpan?.start ?? start,
      completions: completions.map(({ name, kind }) => ({ name, kind })),
    };
  }

  /** Type and documentation of what stands at a position, or of the function whose arguments it is among. */
  inspect(source: string, position: number): { signature: string; documentation: string } | undefined {
    this.#open(source);
    const info =
      this.#service.getQuickInfoAtPosition(this.#current, position) ??
      (position > 0 ? this.#service.getQuickInfoAtPosition(this.#current, position - 1) : undefined);
    if (info) {
      const tags = (info.tags ?? []).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`.trimEnd());
      return {
        signature: withoutAlias(ts.displayPartsToString(info.displayParts)),
        documentation: [ts.displayPartsToString(info.documentation), tags.join("\n")].filter(Boolean).join("\n\n"),
      };
    }
    const help = this.#service.getSignatureHelpItems(this.#current, position, undefined);
    const item = help?.items[help.selectedItemIndex];
    if (!item) return undefined;
    const { prefixDisplayParts, separatorDisplayParts, suffixDisplayParts, parameters, documentation } = item;
    const list = parameters
      .map(({ displayParts }) => ts.displayPartsToString(displayParts))
      .join(ts.displayPartsToString(separatorDisplayParts));
    return {
      signature: ts.displayPartsToString(prefixDisplayParts) + list + ts.displayPartsToString(suffixDisplayParts),
      documentation: ts.displayPartsToString(documentation),
    };
  }

  #inString(position: number): boolean {
    const file = this.#service.getProgram()?.getSourceFile(this.#current);
    const find = (node: TS.Node): TS.Node | undefined =>
      ts.forEachChild(node, (child) =>
        child.pos < position && position < child.end ? (find(child) ?? child) : undefined,
      );
    const node = file && find(file);
    return !!node && ts.isStringLiteralLike(node);
  }

  #open(source: string): { declared: Declared[]; ambient: boolean } {
    const parsed = ts.createSourceFile(this.#current, source, ts.ScriptTarget.ESNext, false);
    const declared = declaredNames(parsed.statements);
    const own = new Set(declared.map(({ name }) => name));
    const exported = new Set(
      parsed.statements
        .filter((statement) => ts.canHaveModifiers(statement))
        .filter((statement) => statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
        .flatMap((statement) => declaredNames([statement]).map(({ name }) => name)),
    );
    const lines = [`export { ${declared.flatMap(({ name }) => (exported.has(name) ? [] : name)).join(", ")} };`];
    for (const name of mentionedNames(parsed)) {
      const known = own.has(name) ? undefined : this.#names.get(name);
      if (!known) continue;
      const from = `"./[cell-${known.cell}]"`;
      lines.push(
        known.assignable ? `declare let ${name}: typeof import(${from}).${name};` : `import { ${name} } from ${from};`,
      );
    }
    for (const cell of this.#ambient) lines.push(`import "./[cell-${cell}]";`);
    this.#text = `${source}\n;${lines.join("\n")}\n`;
    this.#version++;
    const ambient = parsed.statements.some(
      (statement) =>
        ts.isModuleDeclaration(statement) && (ts.isStringLiteral(statement.name) || statement.name.text === "global"),
    );
    return { declared, ambient };
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
    for (const name of this.#cells.keys()) {
      if (!kept.has(Number(/\[cell-(\d+)\]/.exec(name)?.[1]))) this.#cells.delete(name);
    }
  }

  #textOf(cell: number): string {
    return this.#cells.get(this.#cellFile(cell, ".d.ts")) ?? this.#cells.get(this.#cellFile(cell, ".ts")) ?? "";
  }

  #cellFile(number: number, extension: ".ts" | ".d.ts"): string {
    return `${this.#folder}/[cell-${number}]${extension}`;
  }

  /** Keeps what it parsed, also while no cell mentions it: only cells are let go. */
  #registry(): TS.DocumentRegistry {
    const registry = ts.createDocumentRegistry(true, this.#folder);
    return {
      ...registry,
      releaseDocumentWithKey: (
        path: TS.Path,
        key: TS.DocumentRegistryBucketKey,
        kind: TS.ScriptKind = ts.ScriptKind.TS,
        format?: TS.ResolutionMode,
      ) => {
        if (path.includes("/[cell")) registry.releaseDocumentWithKey(path, key, kind, format);
      },
    };
  }

  #snapshot(name: string): TS.IScriptSnapshot | undefined {
    const virtual = name === this.#current ? this.#text : this.#cells.get(name);
    if (virtual !== undefined) return ts.ScriptSnapshot.fromString(virtual);
    const version = fileVersion(name);
    const known = this.#snapshots.get(name);
    if (known?.version === version) return known.snapshot;
    const text = ts.sys.readFile(name);
    if (text === undefined) return undefined;
    const snapshot = ts.ScriptSnapshot.fromString(text);
    this.#snapshots.set(name, { version, snapshot });
    return snapshot;
  }

  #host(): TS.LanguageServiceHost {
    const virtual = (name: string) => (name === this.#current ? this.#text : this.#cells.get(name));
    const readFile = (name: string) => virtual(name) ?? ts.sys.readFile(name);
    const fileExists = (name: string) => virtual(name) !== undefined || ts.sys.fileExists(name);
    const host: TS.LanguageServiceHost & { getModuleResolutionCache(): TS.ModuleResolutionCache } = {
      getCompilationSettings: () => compilerOptions,
      getScriptFileNames: () => [this.#current, join(nodeTypes, "index.d.ts")],
      getScriptVersion: (name) => {
        if (name === this.#current) return String(this.#version);
        return this.#cells.has(name) ? "1" : fileVersion(name);
      },
      getScriptSnapshot: (name) => this.#snapshot(name),
      getModuleResolutionCache: () => this.#resolutions,
      getCurrentDirectory: () => this.#folder,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      fileExists,
      readFile,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      readDirectory: ts.sys.readDirectory,
      realpath: ts.sys.realpath,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      resolveModuleNameLiterals: (literals, containing, redirected, options) =>
        literals.map(({ text }) => {
          const cell = /^\.\/\[cell-(\d+)\]$/.exec(text)?.[1];
          if (cell) {
            const declarations = this.#cellFile(Number(cell), ".d.ts");
            return resolvedAs(this.#cells.has(declarations) ? declarations : this.#cellFile(Number(cell), ".ts"));
          }
          const own = ownModule(text);
          if (own) return resolvedAs(own.types.replaceAll("\\", "/"));
          const from = text === "tslab" ? import.meta.filename : containing;
          return ts.resolveModuleName(text, from, options, host, this.#resolutions, redirected);
        }),
    };
    return host;
  }
}

/** Names of earlier cells are imported: the help is about what they stand for. */
function withoutAlias(signature: string): string {
  return signature.includes("(alias) ") ? signature.replace(/^\(alias\) |\nimport .*$/gm, "") : signature;
}

const ownTypes = join(packageRoot, "dist").replaceAll("\\", "/");

/** Packages do not change while the kernel runs; other files may. */
function fileVersion(name: string): string {
  if (name.includes("/node_modules/") || name.startsWith(ownTypes)) return "1";
  return String(ts.sys.getModifiedTime?.(name)?.getTime() ?? 0);
}

function resolvedAs(resolvedFileName: string): TS.ResolvedModuleWithFailedLookupLocations {
  const extension = resolvedFileName.endsWith(".d.ts") ? ts.Extension.Dts : ts.Extension.Ts;
  return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: false } };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
