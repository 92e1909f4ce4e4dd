import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { createAsyncContext } from "#platform/async-context";
import { describeDiagnostic, diagnosticsFailure, type Failure, InterruptError, thrownFailure } from "./error-reply.js";
import type { CellLanguage, ConvertedCell } from "./language/service.js";
import { binding, Modules } from "./modules.js";
import type { Signals } from "./signals.js";
import { CellMaps, cellName } from "./stack-trace.js";
import type { Header } from "./wire.js";

/** What surrounds code that runs, also in the callbacks that it leaves behind. */
export interface Context {
  /** The message that caused it: parent of comm messages. */
  request: Partial<Header>;
  /** The message under whose cell its output stands. */
  output: Partial<Header>;
  identities: readonly Uint8Array[];
  allowStdin: boolean;
  /** Names the cell, the same each time it runs. */
  cell?: string;
  /** Number of the execution, 0 outside of one. */
  execution: number;
  signal?: AbortSignal;
}

export const context = createAsyncContext<Context>();

export type TypeErrors = "error" | "warn" | "off";

export type Outcome =
  | { status: "ok"; value?: { value: unknown } }
  | { status: "error"; failure: Failure; interrupted: boolean };

interface Running {
  execution: number;
  /** Rejects when the execution is interrupted. */
  interrupted: Promise<never>;
  /** Interrupted: what it left behind stops at its next turn. */
  stopped: boolean;
  controller: AbortController;
  stop(error: InterruptError): void;
}

/** Where the wrapper of a cell finds its arguments. */
const ARGUMENTS = Symbol.for("sightline.cell");

/** Runs cells, one at a time, on one scope that they share. */
export class Executor {
  /** The top-level names of all cells. */
  readonly scope: Record<string, unknown> = {};
  readonly maps = new CellMaps();
  readonly #modules: Modules;
  readonly #require: NodeJS.Require;
  /** Processes that the running cell started. */
  readonly #children = new Set<ChildProcess>();
  #running?: Running;

  constructor(
    readonly folder: string,
    readonly language: () => Promise<CellLanguage>,
    readonly signals: Signals,
    readonly typeErrors: TypeErrors,
  ) {
    this.#modules = new Modules(folder, this.maps, this.#tick);
    this.#require = createRequire(join(folder, "cell.js"));
    subscribe("child_process", (event) => {
      const execution = context.getStore()?.execution ?? 0;
      const { process: child } = event as { process: ChildProcess };
      if (execution === 0 || execution !== this.signals.running) return;
      this.#children.add(child);
      child.once("exit", () => this.#children.delete(child));
    });
  }

  /**
   * From now on interrupts are meant for this execution; to be called before the front end hears of it.
   * @param controller aborted when the cell is interrupted
   */
  begin(execution: number, controller: AbortController): void {
    let stop: Running["stop"] = () => {};
    const interrupted = new Promise<never>((_, reject) => {
      stop = reject;
    });
    interrupted.catch(() => {});
    this.#running = { execution, interrupted, controller, stopped: false, stop };
    this.signals.running = execution;
  }

  /** Nothing runs any more. */
  end(): void {
    this.signals.running = 0;
    this.signals.target = 0;
    this.#running = undefined;
    this.#children.clear();
  }

  /**
   * Runs the cell that has begun.
   * @param count its number for the reader
   */
  async execute(source: string, count: number, surroundings: Context): Promise<Outcome> {
    const { execution } = surroundings;
    const { interrupted, controller } = this.#running as Running;
    const state: { done: number; value?: unknown } = { done: 0 };
    let cell: ConvertedCell | undefined;
    try {
      cell = (await this.language()).convert(source);
      const { diagnostics, code, map, imports } = cell;
      const fatal = diagnostics.filter(
        ({ syntax, file }) => file === undefined && (syntax || this.typeErrors === "error"),
      );
      if (fatal.length > 0 || code === undefined) {
        return { status: "error", failure: diagnosticsFailure(diagnostics, count), interrupted: false };
      }
      if (map) this.maps.add(cellName(count), map, code.split("\n").length);
      const run = async () => {
        if (this.typeErrors === "warn") {
          for (const diagnostic of diagnostics) console.error(describeDiagnostic(diagnostic, count));
        }
        for (const { specifier, attributes, bindings } of imports) {
          const namespace = await this.#modules.load(specifier, attributes);
          for (const { local, imported } of bindings) this.scope[local] = binding(namespace, imported, specifier);
        }
        await this.#settleSigints();
        await this.#start(code, cellName(count), state, execution);
      };
      await Promise.race([context.run(surroundings, run), interrupted]);
      cell.commit();
      return "value" in state && state.value !== undefined
        ? { status: "ok", value: { value: state.value } }
        : { status: "ok" };
    } catch (error) {
      cell?.commit(state.done);
      // what an interrupt makes a cell throw can be here before the main thread hears of the interrupt
      const asked = controller.signal.aborted || this.signals.target === execution;
      const stopped = error instanceof InterruptError || isSigint(error) || asked;
      const thrown = stopped && !(error instanceof InterruptError) ? new InterruptError() : error;
      return { status: "error", failure: thrownFailure(thrown, count, source), interrupted: stopped };
    } finally {
      this.end();
    }
  }

  /** Stops an execution if it is still the one that runs. */
  interrupt(execution = this.signals.running): void {
    if (execution === 0 || this.#running?.execution !== execution) return;
    const error = new InterruptError();
    error.stack = String(error);
    for (const child of this.#children) child.kill("SIGINT");
    this.signals.target = 0;
    this.#running.controller.abort(error);
    this.signals.target = execution;
    this.#running.stopped = true;
    this.#running.stop(error);
  }

  /** Calls the cell's function; SIGINT stops its synchronous start. */
  async #start(code: string, name: string, state: object, execution: number): Promise<void> {
    const filename = join(this.folder, "cell.ts");
    const meta = { url: pathToFileURL(filename).href, filename, dirname: this.folder, resolve: this.#require.resolve };
    const load = (specifier: unknown, options?: ImportCallOptions) =>
      this.#modules.load(String(specifier), options?.with as Record<string, string>);
    const home = globalThis as { [ARGUMENTS]?: object };
    const running = this.#running;
    if (running?.execution !== execution || running.stopped || this.signals.target === execution) {
      throw new InterruptError();
    }
    const tick = () => {
      this.#tick();
      if (running.stopped && context.getStore()?.execution === execution) throw new InterruptError();
    };
    const { signals } = this;
    home[ARGUMENTS] = {
      enter: () => signals.enter(execution),
      leave: () => signals.leave(execution),
      parameters: [this.scope, state, tick, load, meta, this.#require, filename, this.folder],
    };
    const opening =
      '((run) => { const { enter, leave, parameters } = globalThis[Symbol.for("sightline.cell")]; enter(); ' +
      'const promise = run.apply(undefined, parameters); leave(); return promise; })(async function ($scope, $cell, $tick, $import, $meta, require, __filename, __dirname) { "use strict"; ';
    const script = new vm.Script(`${opening}${code}\n})`, {
      filename: name,
      columnOffset: -opening.length,
    });
    let promise: Promise<void>;
    try {
      promise = script.runInThisContext({ breakOnSigint: process.platform !== "win32" });
    } catch (error) {
      if (isSigint(error)) this.signals.sigintSeen();
      throw error;
    } finally {
      signals.left();
      delete home[ARGUMENTS];
    }
    await promise;
  }

  /** A signal on its way was meant for an earlier execution: let it arrive first. */
  async #settleSigints(): Promise<void> {
    for (let waited = 0; this.signals.sigintsUnderway > 0 && waited < 500; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  readonly #tick = (): void => {
    const { target } = this.signals;
    if (target === 0 || target !== this.signals.running) return;
    if ((context.getStore()?.execution ?? target) === target) throw new InterruptError();
  };
}

function isSigint(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED";
}
