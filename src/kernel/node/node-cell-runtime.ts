import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import type { CellRuntime, CellScript, Namespace } from "../executor.js";
import { createInterruptPoint, InterruptError } from "../interrupt.js";
import type { InterruptSignals } from "../interrupt-signals.js";
import { isError, safeText } from "../safe-inspect.js";
import { SourceMaps } from "../source-maps.js";
import { CellChildren } from "./cell-children.js";
import { Modules } from "./modules.js";

/** Of the compiled code. */
const KERNEL_FOLDER = new URL("..", import.meta.url).href;

/** Where the wrapper of a cell finds its arguments. */
const ARGUMENTS = Symbol.for("sightline.cell");

const OPENING =
  '((run) => { const { enter, leave, parameters } = globalThis[Symbol.for("sightline.cell")]; enter(); ' +
  "const promise = run.apply(undefined, parameters); leave(); return promise; })" +
  '(async function ($scope, $cell, $tick, $import, $meta, require, __filename, __dirname) { "use strict"; ';

/** Runs cells as scripts of this process, as if they stood in a file of the notebook's folder. */
export class NodeCellRuntime implements CellRuntime {
  readonly sourceMaps = new SourceMaps((file) => /^node:(vm|internal)/.test(file) || file.startsWith(KERNEL_FOLDER));
  readonly #modules: Modules;
  readonly #require: NodeJS.Require;
  readonly #children: CellChildren;

  constructor(
    readonly folder: string,
    readonly signals: InterruptSignals,
  ) {
    this.#modules = new Modules(folder, this.sourceMaps, createInterruptPoint(signals));
    this.#require = createRequire(join(folder, "cell.js"));
    this.#children = new CellChildren(() => signals.running);
  }

  load(specifier: string, attributes: Record<string, string>): Promise<Namespace> {
    return this.#modules.load(specifier, attributes);
  }

  interrupt(): void {
    this.#children.interrupt();
  }

  end(): void {
    this.#children.forget();
  }

  async run(cell: CellScript): Promise<void> {
    const { name, code, map, execution } = cell;
    if (map) this.sourceMaps.add(name, map, code.split("\n").length);
    await this.#settleSigints();
    cell.starting();
    const { signals } = this;
    const globals = globalThis as { [ARGUMENTS]?: object };
    globals[ARGUMENTS] = {
      enter: () => signals.enter(execution),
      leave: () => signals.leave(execution),
      parameters: this.#parameters(cell),
    };
    const script = new vm.Script(`${OPENING}${code}\n})`, { filename: name, columnOffset: -OPENING.length });
    let promise: Promise<void>;
    try {
      promise = script.runInThisContext({ breakOnSigint: process.platform !== "win32" });
    } catch (error) {
      if (!isSigint(error)) throw error;
      signals.sigintSeen();
      throw new InterruptError();
    } finally {
      signals.left();
      delete globals[ARGUMENTS];
    }
    await promise;
  }

  #parameters({ scope, state, tick }: CellScript): unknown[] {
    const filename = join(this.folder, "cell.ts");
    const meta = { url: pathToFileURL(filename).href, filename, dirname: this.folder, resolve: this.#require.resolve };
    const load = (specifier: unknown, options?: ImportCallOptions) =>
      this.load(String(specifier), options?.with as Record<string, string>);
    return [scope, state, tick, load, meta, this.#require, filename, this.folder];
  }

  /** A signal on its way was meant for an earlier execution: let it arrive first. */
  async #settleSigints(): Promise<void> {
    for (let waited = 0; this.signals.sigintsUnderway > 0 && waited < 500; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

function isSigint(error: unknown): boolean {
  return isError(error) && safeText(error, "code") === "ERR_SCRIPT_EXECUTION_INTERRUPTED";
}
