import { readFile, stat } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import type TS from "typescript";
import { displaySymbol, type MimeBundle } from "../core/display.js";
import { requireKernel } from "./host.js";
import { ownModule } from "./package.js";
import type { CellMaps } from "./stack-trace.js";

export type Namespace = Record<string, unknown>;

const TYPESCRIPT = [".ts", ".tsx", ".mts", ".cts"];
const TRIED = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".json"];
const require = createRequire(import.meta.url);

interface Local {
  namespace: Namespace;
  modified: number;
  /** TypeScript modules that it imports. */
  dependencies: string[];
  ready: Promise<void>;
}

/** One module of the System format, which keeps live bindings, cycles and top-level await. */
interface Linked {
  setters: ((namespace: Namespace) => void)[];
  execute(): void | Promise<void>;
}

/**
 * Loads what cells import: this package for its own name, wherever the notebook lies; every other package and file from
 * the notebook's folder; TypeScript files compiled on the way and loaded again when they, or what they import, changed.
 */
export class Modules {
  readonly #locals = new Map<string, Local>();
  readonly #native = new Map<string, (specifier: string, options?: ImportCallOptions) => Promise<Namespace>>();

  /** @param tick put into the loops and functions of TypeScript modules, so that an interrupt stops them */
  constructor(
    readonly folder: string,
    readonly maps: CellMaps,
    readonly tick: () => void,
  ) {}

  async load(specifier: string, attributes: Record<string, string> = {}, from = this.folder): Promise<Namespace> {
    const own = ownModule(specifier);
    if (own) return import(pathToFileURL(own.code).href);
    if (specifier === "tslab") return tslab();
    if (!isFile(specifier))
      return this.#importer(from)(specifier, isBuiltin(specifier) ? undefined : { with: attributes });
    const path = await this.#find(specifier, from);
    if (extname(path) === ".json") return interop(JSON.parse(await readFile(path, "utf8")));
    if (TYPESCRIPT.includes(extname(path))) return this.#local(path, new Set());
    const { mtimeMs } = await stat(path);
    const { href } = pathToFileURL(path);
    return this.#importer(from)(mtimeMs > STARTED ? `${href}?modified=${mtimeMs}` : href, { with: attributes });
  }

  async #find(specifier: string, from: string): Promise<string> {
    const path = specifier.startsWith("file:")
      ? fileURLToPath(specifier)
      : isAbsolute(specifier)
        ? specifier
        : resolve(from, specifier);
    const candidates = [
      ...TRIED.map((extension) => path + extension),
      path.replace(/\.([cm]?)js$/, ".$1ts"),
      ...TRIED.slice(1).map((extension) => join(path, `index${extension}`)),
    ];
    for (const candidate of candidates) {
      if ((await stat(candidate).catch(() => undefined))?.isFile()) return candidate;
    }
    throw Object.assign(new Error(`Cannot find module '${specifier}' from ${from}`), { code: "ERR_MODULE_NOT_FOUND" });
  }

  /** Node's own `import()`, as if it stood in a file of that folder. */
  #importer(folder: string): (specifier: string, options?: ImportCallOptions) => Promise<Namespace> {
    let importer = this.#native.get(folder);
    if (!importer) {
      importer = vm.compileFunction("return import(specifier, options)", ["specifier", "options"], {
        filename: join(folder, "cell.js"),
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER as never,
      }) as NonNullable<typeof importer>;
      this.#native.set(folder, importer);
    }
    return importer;
  }

  async #local(path: string, importing: Set<string>): Promise<Namespace> {
    const known = this.#locals.get(path);
    if (known && (importing.has(path) || (await this.#isFresh(path)))) {
      if (!importing.has(path)) await known.ready;
      return known.namespace;
    }
    const { mtimeMs } = await stat(path);
    const local: Local = { namespace: {}, modified: mtimeMs, dependencies: [], ready: Promise.resolve() };
    this.#locals.set(path, local);
    local.ready = this.#run(path, local, new Set(importing).add(path));
    try {
      await local.ready;
    } catch (error) {
      this.#locals.delete(path);
      throw error;
    }
    return local.namespace;
  }

  async #isFresh(path: string, seen = new Set<string>()): Promise<boolean> {
    if (seen.has(path)) return true;
    seen.add(path);
    const local = this.#locals.get(path);
    if (!local || (await stat(path).catch(() => undefined))?.mtimeMs !== local.modified) return false;
    for (const dependency of local.dependencies) {
      if (!(await this.#isFresh(dependency, seen))) return false;
    }
    return true;
  }

  async #run(path: string, local: Local, importing: Set<string>): Promise<void> {
    const { code, map } = await compile(path);
    this.maps.add(path, map);
    const folder = dirname(path);
    const load = (specifier: string, options?: ImportCallOptions) =>
      this.load(specifier, options?.with as Record<string, string>, folder);
    let linked: Linked | undefined;
    let specifiers: string[] = [];
    const declare = (names: string[], define: (put: unknown, context: unknown) => Linked) => {
      specifiers = names;
      const put = (name: string | Namespace, value?: unknown) => {
        if (typeof name === "string") local.namespace[name] = value;
        else Object.assign(local.namespace, name);
        return value;
      };
      linked = define(put, {
        import: load,
        meta: { url: pathToFileURL(path).href, filename: path, dirname: folder },
      });
    };
    vm.compileFunction(code, ["System", "$tick", "require"], { filename: path })(
      { register: declare },
      this.tick,
      createRequire(path),
    );
    for (const [index, specifier] of specifiers.entries()) {
      let namespace: Namespace | undefined;
      if (isFile(specifier)) {
        const found = await this.#find(specifier, folder);
        if (TYPESCRIPT.includes(extname(found))) {
          local.dependencies.push(found);
          namespace = await this.#local(found, importing);
        }
      }
      linked!.setters[index]?.(namespace ?? (await load(specifier)));
    }
    await linked!.execute();
  }
}

const STARTED = Date.now();

/** Node warns at the first `import()` of such a function, whenever that is; a reader can do nothing about it. */
function hushLoaderWarning(): void {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes("USE_MAIN_CONTEXT_DEFAULT_LOADER")) {
      Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
  }) as typeof emitWarning;
}

hushLoaderWarning();

function isFile(specifier: string): boolean {
  return /^\.\.?(\/|$)/.test(specifier) || specifier.startsWith("file:") || isAbsolute(specifier);
}

function interop(value: unknown): Namespace {
  return { ...(typeof value === "object" ? value : {}), default: value };
}

async function compile(path: string): Promise<{ code: string; map: string }> {
  const { ts } = await import("./language/typescript.js");
  const { tickTransformer } = await import("./language/transform.js");
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(await readFile(path, "utf8"), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.System,
      ignoreDeprecations: "6.0",
      esModuleInterop: true,
      sourceMap: true,
    } satisfies TS.CompilerOptions,
    transformers: { before: [tickTransformer] },
  });
  const first = diagnostics?.[0];
  if (first?.file) {
    const { line, character } = first.file.getLineAndCharacterOfPosition(first.start!);
    throw new SyntaxError(
      `${ts.flattenDiagnosticMessageText(first.messageText, "\n")} (${path}:${line + 1}:${character + 1})`,
    );
  }
  return { code: outputText.replace(/\/\/# sourceMappingURL=.*\n?$/, ""), map: sourceMapText! };
}

/** tslab's own package, whose `display` then shows under our cells. */
function tslab(): Namespace {
  const jupyter = require("tslab/dist/jupyter.js") as {
    lastWriteDisplayData: (
      content: { data: MimeBundle; transient?: { display_id?: string } },
      update?: boolean,
    ) => void;
  };
  jupyter.lastWriteDisplayData = ({ data, transient }, update = false) =>
    void requireKernel("tslab").display({ [displaySymbol]: () => data }, { id: transient?.display_id, update });
  return interop(require("tslab"));
}

/** One binding of an import; a name that Node does not see in a CommonJS module is looked for in its exports. */
export function binding(namespace: Namespace, imported: string, specifier: string): unknown {
  if (imported === "*") return namespace;
  if (imported in namespace) return namespace[imported];
  const inner = namespace.default as Namespace | null | undefined;
  if ((typeof inner === "object" || typeof inner === "function") && inner !== null && imported in inner) {
    return inner[imported];
  }
  throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${imported}'`);
}
