import { stat } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import type TS from "typescript";
import { files } from "#platform/files";
import { displaySymbol, type MimeBundle } from "../../core/display.js";
import type { Namespace } from "../executor.js";
import { requireKernel } from "../host.js";
import type { SourceMaps } from "../source-maps.js";
import { packageModule } from "./package-paths.js";
import { requireTslab } from "./tslab.js";

const TYPESCRIPT = [".ts", ".tsx", ".mts", ".cts"];
const EXTENSIONS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".json"];

interface LocalModule {
  namespace: Namespace;
  modified: number;
  /** TypeScript modules that it imports. */
  dependencies: string[];
  ready: Promise<void>;
}

/** One module of the System format, which keeps live bindings, cycles and top-level await. */
interface LinkedModule {
  setters: ((namespace: Namespace) => void)[];
  execute(): void | Promise<void>;
}

/**
 * Loads what cells import: this package for its own name, wherever the notebook lies; every other package and file from
 * the notebook's folder; TypeScript files compiled on the way and loaded again when they, or what they import, changed.
 */
export class Modules {
  readonly #locals = new Map<string, LocalModule>();
  readonly #native = new Map<string, (specifier: string, options?: ImportCallOptions) => Promise<Namespace>>();

  /** @param tick put into the loops and functions of TypeScript modules, so that an interrupt stops them */
  constructor(
    readonly folder: string,
    readonly maps: SourceMaps,
    readonly tick: () => void,
  ) {}

  async load(specifier: string, attributes: Record<string, string> = {}, from = this.folder): Promise<Namespace> {
    const ours = packageModule(specifier);
    if (ours) return import(pathToFileURL(ours.code).href);
    if (specifier === "tslab") return tslab(this.folder);
    if (!isFile(specifier))
      return this.#importer(from)(specifier, isBuiltin(specifier) ? undefined : { with: attributes });
    const path = await this.#find(specifier, from);
    if (extname(path) === ".json") return interop(JSON.parse(await files.readText(path)));
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
      ...EXTENSIONS.map((extension) => path + extension),
      path.replace(/\.([cm]?)js$/, ".$1ts"),
      ...EXTENSIONS.slice(1).map((extension) => join(path, `index${extension}`)),
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
    const loaded = this.#locals.get(path);
    if (loaded && (importing.has(path) || (await this.#isFresh(path)))) {
      if (!importing.has(path)) await loaded.ready;
      return loaded.namespace;
    }
    const { mtimeMs } = await stat(path);
    const local: LocalModule = { namespace: {}, modified: mtimeMs, dependencies: [], ready: Promise.resolve() };
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

  async #run(path: string, local: LocalModule, importing: Set<string>): Promise<void> {
    const { code, map } = await compile(path);
    this.maps.add(path, map);
    const folder = dirname(path);
    const load = (specifier: string, options?: ImportCallOptions) =>
      this.load(specifier, options?.with as Record<string, string>, folder);
    let linked: LinkedModule | undefined;
    let specifiers: string[] = [];
    const declare = (names: string[], define: (put: unknown, context: unknown) => LinkedModule) => {
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
        const file = await this.#find(specifier, folder);
        if (TYPESCRIPT.includes(extname(file))) {
          local.dependencies.push(file);
          namespace = await this.#local(file, importing);
        }
      }
      linked!.setters[index]?.(namespace ?? (await load(specifier)));
    }
    await linked!.execute();
  }
}

const STARTED = Date.now();

/** Node warns at the first `import()` of such a function, whenever that is; a reader can do nothing about it. */
function silenceLoaderWarning(): void {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes("USE_MAIN_CONTEXT_DEFAULT_LOADER")) {
      Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
  }) as typeof emitWarning;
}

silenceLoaderWarning();

function isFile(specifier: string): boolean {
  return /^\.\.?(\/|$)/.test(specifier) || specifier.startsWith("file:") || isAbsolute(specifier);
}

function interop(value: unknown): Namespace {
  return { ...(typeof value === "object" ? value : {}), default: value };
}

async function compile(path: string): Promise<{ code: string; map: string }> {
  const { ts } = await import("#platform/typescript");
  const { interruptPoints } = await import("../language/interrupt-points.js");
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(await files.readText(path), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.System,
      ignoreDeprecations: "6.0",
      esModuleInterop: true,
      sourceMap: true,
    } satisfies TS.CompilerOptions,
    transformers: { before: [interruptPoints] },
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
function tslab(folder: string): Namespace {
  const require = requireTslab(folder);
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
