import type TS from "typescript";
import { ts } from "#platform/typescript";
import type { CellModules } from "./cell-modules.js";
import { compilerOptions } from "./compiler-options.js";
import type { LanguageFiles } from "./language-files.js";
import { looseTypes } from "./loose-types.js";

/** What TypeScript's language service sees: the cells, and the files beside them. */
export class LanguageHost implements TS.LanguageServiceHost {
  readonly #modules: CellModules;
  readonly #files: LanguageFiles;
  readonly #options: TS.CompilerOptions;
  readonly #resolutions: TS.ModuleResolutionCache;
  /** Files as they were read, each of one version. */
  readonly #snapshots = new Map<string, { version: string; snapshot: TS.IScriptSnapshot }>();

  constructor(modules: CellModules, files: LanguageFiles) {
    this.#modules = modules;
    this.#files = files;
    this.#options = { ...compilerOptions, lib: files.libraries, typeRoots: files.typeRoots };
    this.#resolutions = ts.createModuleResolutionCache(files.folder, (name) => name, this.#options);
  }

  /** Looks again for modules that could not be found. */
  forgetResolutions(): void {
    this.#resolutions.clear();
  }

  getCompilationSettings = (): TS.CompilerOptions => this.#options;
  getScriptFileNames = (): string[] => [this.#modules.current, this.#files.globals];
  getScriptVersion = (name: string): string => this.#modules.version(name) ?? this.#files.version(name);
  getModuleResolutionCache = (): TS.ModuleResolutionCache => this.#resolutions;
  getCurrentDirectory = (): string => this.#files.folder;
  getDefaultLibFileName = (options: TS.CompilerOptions): string =>
    `${this.#files.libraryFolder}/${ts.getDefaultLibFileName(options)}`;
  fileExists = (name: string): boolean => this.#modules.read(name) !== undefined || this.#files.fileExists(name);
  readFile = (name: string): string | undefined => this.#modules.read(name) ?? this.#files.readFile(name);
  directoryExists = (name: string): boolean => this.#files.directoryExists(name);
  getDirectories = (name: string): string[] => this.#files.getDirectories(name);
  useCaseSensitiveFileNames = (): boolean => this.#files.useCaseSensitiveFileNames;
  realpath = (path: string): string => this.#files.realpath?.(path) ?? path;
  readDirectory: TS.System["readDirectory"] = (...parameters) => this.#files.readDirectory(...parameters);

  getScriptSnapshot = (name: string): TS.IScriptSnapshot | undefined => {
    const cell = this.#modules.read(name);
    if (cell !== undefined) return ts.ScriptSnapshot.fromString(cell);
    const version = this.#files.version(name);
    const kept = this.#snapshots.get(name);
    if (kept?.version === version) return kept.snapshot;
    const text = this.#files.readFile(name);
    if (text === undefined) return undefined;
    const snapshot = ts.ScriptSnapshot.fromString(text);
    this.#snapshots.set(name, { version, snapshot });
    return snapshot;
  };

  resolveModuleNameLiterals: TS.LanguageServiceHost["resolveModuleNameLiterals"] = (
    literals,
    containing,
    redirected,
    options,
  ) =>
    literals.map(({ text }) => {
      const file = this.#modules.resolve(text) ?? this.#files.packageTypes(text);
      if (file) return resolvedAs(file);
      const from = this.#files.resolvedFrom(text) ?? containing;
      return ts.resolveModuleName(text, from, options, this, this.#resolutions, redirected);
    });
}

/** Keeps what it parsed, also while no cell mentions it: only cells are let go. Their types are loose. */
export function createRegistry({ folder, useCaseSensitiveFileNames }: LanguageFiles): TS.DocumentRegistry {
  const registry = ts.createDocumentRegistry(useCaseSensitiveFileNames, folder);
  const loosened = new WeakSet<TS.SourceFile>();
  const loosen = (file: TS.SourceFile): TS.SourceFile => {
    if (isCell(file.fileName) && !file.isDeclarationFile && !loosened.has(file)) looseTypes(file);
    loosened.add(file);
    return file;
  };
  return {
    ...registry,
    acquireDocumentWithKey: (...parameters) => loosen(registry.acquireDocumentWithKey(...parameters)),
    updateDocumentWithKey: (...parameters) => loosen(registry.updateDocumentWithKey(...parameters)),
    releaseDocumentWithKey: (
      path: TS.Path,
      key: TS.DocumentRegistryBucketKey,
      kind: TS.ScriptKind = ts.ScriptKind.TS,
      format?: TS.ResolutionMode,
    ) => {
      if (isCell(path)) registry.releaseDocumentWithKey(path, key, kind, format);
    },
  };
}

function isCell(path: string): boolean {
  return path.includes("/[cell");
}

function resolvedAs(resolvedFileName: string): TS.ResolvedModuleWithFailedLookupLocations {
  const extension = resolvedFileName.endsWith(".d.ts") ? ts.Extension.Dts : ts.Extension.Ts;
  return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: false } };
}
