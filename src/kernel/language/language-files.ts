import type TS from "typescript";

/** The files that cells can import and that the compiler reads; all paths have forward slashes. */
export interface LanguageFiles
  extends Pick<
    TS.System,
    | "fileExists"
    | "readFile"
    | "directoryExists"
    | "getDirectories"
    | "readDirectory"
    | "realpath"
    | "useCaseSensitiveFileNames"
  > {
  /** The notebook's folder: where packages and modules are looked for. */
  folder: string;
  /** Names of TypeScript's libraries that declare what the place where cells run knows. */
  libraries: string[];
  /** Folder of those libraries. */
  libraryFolder: string;
  /** Declarations of the globals besides. */
  globals: string;
  typeRoots: string[];
  /** Differs once a file has changed. */
  version(file: string): string;
  /** Declarations of a module of this package; undefined for other specifiers. */
  packageTypes(specifier: string): string | undefined;
  /** The file from which a specifier is resolved, where that is not the importing one. */
  resolvedFrom(specifier: string): string | undefined;
}
