import { SourceMap, type SourceMapPayload } from "node:module";

/** Folder of the kernel's compiled code, whose frames mean nothing to the reader of a traceback. */
const kernelFolder = new URL("..", import.meta.url).href;

/** Source maps of cells and modules, and stack traces that point into what the reader wrote. */
export class SourceMaps {
  readonly #maps = new Map<string, string | SourceMap>();
  readonly #lines = new Map<string, number>();

  /** @param lines how many lines the code has; what stands behind them is the kernel's, and so is what stands before column 1 */
  add(name: string, map: string, lines = Number.POSITIVE_INFINITY): void {
    this.#maps.set(name, map);
    this.#lines.set(name, lines);
  }

  /** Line and column, from 1, in what the reader wrote. */
  original(name: string, line: number, column: number): { line: number; column: number } | undefined {
    const stored = this.#maps.get(name);
    if (stored === undefined) return undefined;
    const map = typeof stored === "string" ? new SourceMap(JSON.parse(stored) as SourceMapPayload) : stored;
    this.#maps.set(name, map);
    const entry = map.findEntry(line - 1, column - 1);
    if (!("originalLine" in entry)) return undefined;
    return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  /** From now on `error.stack` has original positions and no frames of the kernel. */
  install(): void {
    Error.prepareStackTrace = (error, sites) =>
      [
        header(error),
        ...sites.filter((site) => this.#isOfReader(site)).map((site) => `    at ${this.#safely(site)}`),
      ].join("\n");
  }

  /** V8 asks a receiver for its type's name, which may throw. */
  #safely(site: NodeJS.CallSite): string {
    try {
      return this.#describe(site);
    } catch {
      return `${site.getFileName()}:${site.getLineNumber()}:${site.getColumnNumber()}`;
    }
  }

  #describe(site: NodeJS.CallSite): string {
    const file = site.getFileName();
    const line = site.getLineNumber();
    const text = String(site);
    if (!file || line === null) return text;
    const original = this.original(file, line, site.getColumnNumber() ?? 1);
    const described = original
      ? text.replace(`${file}:${line}:${site.getColumnNumber()}`, `${file}:${original.line}:${original.column}`)
      : text;
    return described.replaceAll("$scope.", "");
  }

  #isOfReader(site: NodeJS.CallSite): boolean {
    const file = site.getFileName();
    if (!file) return true;
    if (/^node:(vm|internal)/.test(file) || file.startsWith(kernelFolder)) return false;
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
