import type TS from "typescript";
import { ts } from "#platform/typescript";
import { CellModules, type OpenedCell } from "./cell-modules.js";
import { cellTransformer } from "./cell-transform.js";
import type { DeclaredName } from "./declared-names.js";
import { type CellDiagnostic, cellDiagnostics } from "./diagnostics.js";
import type { ImportRecord } from "./import-records.js";
import type { LanguageFiles } from "./language-files.js";
import { createRegistry, LanguageHost } from "./language-host.js";
import { starNames } from "./re-exports.js";

export interface ConvertedCell {
  /** Body of an async function; undefined where the cell cannot run. */
  code?: string;
  /** Source map of {@link code}, as JSON text. */
  map?: string;
  imports: ImportRecord[];
  /** Errors of this cell and of modules beside the notebook that it uses. */
  diagnostics: CellDiagnostic[];
  declared: DeclaredName[];
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

/** What the language knows of a name. */
export interface NameInfo {
  signature: string;
  documentation: string;
}

/** Code of the complaint about a module that was not found. */
const NOT_FOUND = 2307;

/** TypeScript for cells: checks and converts them, completes and explains what stands in them. */
export class CellLanguage {
  readonly #modules: CellModules;
  /** With all that it has read, some 70 MB; undefined while it rests. */
  #opened: { readonly host: LanguageHost; readonly service: TS.LanguageService } | undefined;

  constructor(private readonly files: LanguageFiles) {
    this.#modules = new CellModules(files.folder);
  }

  get #open() {
    if (!this.#opened) {
      const host = new LanguageHost(this.#modules, this.files);
      this.#opened = { host, service: ts.createLanguageService(host, createRegistry(this.files)) };
    }
    return this.#opened;
  }

  get #service(): TS.LanguageService {
    return this.#open.service;
  }

  /** Lets go of the libraries that were read; what is asked next reads them again. The names of cells stay known. */
  rest(): void {
    this.#opened?.service.dispose();
    this.#opened = undefined;
  }

  /** Loads the libraries, so that the first cell need not. @param modules that cells are going to import */
  warmUp(modules: readonly string[] = []): void {
    const imports = modules.map((specifier, i) => `import * as warm${i} from ${JSON.stringify(specifier)};`);
    this.convert(`${imports.join("\n")}\nconst warm = [1].map((x) => x + 1); console.log(warm)`);
  }

  /** Checks a cell and makes it a function body. */
  convert(source: string): ConvertedCell {
    const { current } = this.#modules;
    const opened = this.#modules.open(source);
    const program = this.#service.getProgram()!;
    const file = program.getSourceFile(current)!;
    const syntactic = program.getSyntacticDiagnostics(file);
    const complaints = syntactic.length > 0 ? syntactic : program.getSemanticDiagnostics(file);
    const diagnostics = cellDiagnostics(complaints, current, source.length);
    if (diagnostics.some(({ code }) => code === NOT_FOUND)) this.#open.host.forgetResolutions();
    const cell: ConvertedCell = { imports: [], diagnostics, declared: opened.declared, commit: () => {} };
    if (syntactic.length > 0) return cell;

    const checker = program.getTypeChecker();
    for (const { name } of file.statements.flatMap((statement) => starNames(statement, checker))) {
      if (!opened.declared.some((one) => one.name === name))
        opened.declared.push({ name, assignable: false, after: 0 });
    }
    const outputs = new Map<string, string>();
    const { diagnostics: emitted } = program.emit(
      file,
      (name, text) => outputs.set(name.slice(current.length - ".ts".length), text),
      undefined,
      false,
      { before: [cellTransformer(checker, source.length, cell.imports)] },
    );
    cell.code = outputs.get(".js")?.replace(/\n?(export \{\};\n)?\/\/# sourceMappingURL=.*\n?$/, "\n");
    cell.map = outputs.get(".js.map");
    const declarations = emitted.length === 0 ? outputs.get(".d.ts") : undefined;
    cell.commit = this.#commitOf(opened, declarations);
    return cell;
  }

  /** Apart from where a program is at hand: whoever keeps a cell would keep all that was read for it. */
  #commitOf(opened: OpenedCell, declarations: string | undefined): ConvertedCell["commit"] {
    const { text } = this.#modules;
    return (done = Number.POSITIVE_INFINITY) => this.#modules.commit(opened, text, declarations, done);
  }

  /** What could stand at a position, best first; `start` is where the replaced text begins. */
  complete(source: string, position: number): { start: number; completions: Completion[] } {
    const { current, names } = this.#modules;
    this.#modules.open(source);
    const start = position - (/[\p{ID_Continue}$\u200c\u200d]*$/u.exec(source.slice(0, position))?.[0].length ?? 0);
    const prefix = source.slice(start, position).toLowerCase();
    const info = this.#service.getCompletionsAtPosition(current, position, {
      includeCompletionsWithInsertText: false,
      includeCompletionsForModuleExports: false,
    });
    const entries = (info?.entries ?? []).map(({ name, kind, sortText }) => ({ name, kind: kind as string, sortText }));
    if (info && !info.isMemberCompletion && !this.#isInString(position)) {
      const present = new Set(entries.map(({ name }) => name));
      for (const name of names) {
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
  inspect(source: string, position: number): NameInfo | undefined {
    const { current } = this.#modules;
    this.#modules.open(source);
    const info =
      this.#service.getQuickInfoAtPosition(current, position) ??
      (position > 0 ? this.#service.getQuickInfoAtPosition(current, position - 1) : undefined);
    return info ? nameInfo(info) : callInfo(this.#service.getSignatureHelpItems(current, position, undefined));
  }

  #isInString(position: number): boolean {
    const file = this.#service.getProgram()?.getSourceFile(this.#modules.current);
    const innermost = (node: TS.Node): TS.Node | undefined =>
      ts.forEachChild(node, (child) =>
        child.pos < position && position < child.end ? (innermost(child) ?? child) : undefined,
      );
    const node = file && innermost(file);
    return !!node && ts.isStringLiteralLike(node);
  }
}

function nameInfo({ displayParts, documentation, tags = [] }: TS.QuickInfo): NameInfo {
  const tagLines = tags.map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`.trimEnd());
  return {
    signature: withoutAlias(ts.displayPartsToString(displayParts)),
    documentation: [ts.displayPartsToString(documentation), tagLines.join("\n")].filter(Boolean).join("\n\n"),
  };
}

function callInfo(help: TS.SignatureHelpItems | undefined): NameInfo | undefined {
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

/** Names of earlier cells are imported: the help is about what they stand for. */
function withoutAlias(signature: string): string {
  return signature.includes("(alias) ") ? signature.replace(/^\(alias\) |\nimport .*$/gm, "") : signature;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
