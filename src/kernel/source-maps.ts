import { type FindPosition, readSourceMap } from "#platform/source-map";

/** The part of V8's call sites that is read here. */
interface CallSite {
  getFileName(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  toString(): string;
}

/** V8 asks this function for every stack trace; other engines do not know it. */
interface StackTraceError {
  prepareStackTrace?(error: Error, sites: CallSite[]): string;
}

/** Source maps of cells and modules, and stack traces that point into what the reader wrote. */
export class SourceMaps {
  readonly #isKernels: (file: string) => boolean;
  readonly #maps = new Map<string, string | FindPosition>();
  readonly #lines = new Map<string, number>();
  /** Names for the reader, by file. */
  readonly #shown = new Map<string, string>();

  /** @param isKernels whether a file is the kernel's own, whose frames mean nothing to the reader of a traceback */
  constructor(isKernels: (file: string) => boolean) {
    this.#isKernels = isKernels;
  }

  /**
   * @param lines how many lines the code has; what stands behind them is the kernel's, and so is what stands before column 1
   * @param shown the file's name for the reader, where it is another
   */
  add(name: string, map: string, lines = Number.POSITIVE_INFINITY, shown = name): void {
    this.#maps.set(name, map);
    this.#lines.set(name, lines);
    this.#shown.set(name, shown);
  }

  /** Line and column, from 1, in what the reader wrote. */
  original(name: string, line: number, column: number): { line: number; column: number } | undefined {
    const stored = this.#maps.get(name);
    if (stored === undefined) return undefined;
    const find = typeof stored === "string" ? readSourceMap(stored) : stored;
    this.#maps.set(name, find);
    return find(line, column);
  }

  /** From now on `error.stack` has original positions and no frames of the kernel. */
  install(): void {
    (Error as StackTraceError).prepareStackTrace = (error, sites) =>
      [
        header(error),
        ...sites.filter((site) => this.#isOfReader(site)).map((site) => `    at ${this.#safely(site)}`),
      ].join("\n");
  }

  /** V8 asks a receiver for its type's name, which may throw. */
  #safely(site: CallSite): string {
    try {
      return this.#describe(site);
    } catch {
      return `${site.getFileName()}:${site.getLineNumber()}:${site.getColumnNumber()}`;
    }
  }

  #describe(site: CallSite): string {
    const file = site.getFileName();
    const line = site.getLineNumber();
    const text = String(site);
    if (!file || line === null) return text;
    const original = this.original(file, line, site.getColumnNumber() ?? 1);
    const described = original
      ? text.replace(
          `${file}:${line}:${site.getColumnNumber()}`,
          `${this.#shown.get(file)}:${original.line}:${original.column}`,
        )
      : text;
    return described.replaceAll("$scope.", "");
  }

  #isOfReader(site: CallSite): boolean {
    const file = site.getFileName();
    if (!file) return true;
    if (this.#isKernels(file)) return false;
    if (this.#lines.has(file) && site.getColumnNumber() === null) return false;
    return (site.getLineNumber() ?? 0) <= (this.#lines.get(file) ?? Number.POSITIVE_INFINITY);
  }
}

function header(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
