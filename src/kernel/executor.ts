import { type CellContext, cellContext, cellName } from "./cell-context.js";
import { type CellError, cellError, describeDiagnostic, diagnosticsError } from "./cell-error.js";
import { createInterruptPoint, InterruptError } from "./interrupt.js";
import type { InterruptSignals } from "./interrupt-signals.js";
import type { ConvertedCell } from "./language/service.js";
import { isInstance } from "./safe-inspect.js";

/** What a cell may do about type errors: stop, show them and run, or not look for them. */
export type TypeErrors = "error" | "warn" | "off";

export type Outcome =
  | { status: "ok"; value?: { value: unknown } }
  | { status: "error"; error: CellError; interrupted: boolean };

/** The exports of a module. */
export type Namespace = Record<string, unknown>;

/** What a cell tells while it runs. */
export interface CellState {
  /** How many of its top-level declarations have run; −1 before its imports are there. */
  done: number;
  /** The value of its last expression. */
  value?: unknown;
}

/** A cell, ready to run. */
export interface CellScript {
  execution: number;
  /** Shown in stack traces. */
  name: string;
  /** Body of an async function. */
  code: string;
  /** Source map of the code, as JSON text. */
  map?: string;
  /** What the code finds under the names of `runtime` in language/cell-transform.ts. */
  scope: Record<string, unknown>;
  state: CellState;
  tick(): void;
  /** To be called right before the code runs. @throws InterruptError if the cell was interrupted in the meantime */
  starting(): void;
}

/** Loads modules and runs code, in the way of the place where the kernel lives. */
export interface CellRuntime {
  load(specifier: string, attributes: Record<string, string>): Promise<Namespace>;
  run(script: CellScript): Promise<void>;
  /** Stops what the running cell started outside of this thread. */
  interrupt(): void;
  /** No cell runs any more. */
  end(): void;
}

/** What the executor needs of the language of cells. */
export interface CellConverter {
  convert(source: string): ConvertedCell;
}

interface Running {
  execution: number;
  /** Rejects when the execution is interrupted. */
  interrupted: Promise<never>;
  /** Interrupted: what it left behind stops at its next turn. */
  stopped: boolean;
  controller: AbortController;
  stop(error: InterruptError): void;
}

/** Runs cells, one at a time, on one scope that they share. */
export class Executor {
  /** The top-level names of all cells. */
  readonly scope: Record<string, unknown> = {};
  readonly #tick: () => void;
  #running?: Running;

  constructor(
    readonly runtime: CellRuntime,
    readonly language: () => Promise<CellConverter>,
    readonly signals: InterruptSignals,
    readonly typeErrors: TypeErrors,
  ) {
    this.#tick = createInterruptPoint(signals);
  }

  /** The execution that runs now; 0 where none does. */
  get execution(): number {
    return this.signals.running;
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

  /** Rejects when the execution that has begun is interrupted. */
  get interrupted(): Promise<never> | undefined {
    return this.#running?.interrupted;
  }

  /** Nothing runs any more. */
  end(): void {
    this.signals.running = 0;
    this.signals.target = 0;
    this.#running = undefined;
    this.runtime.end();
  }

  /**
   * Runs the cell that has begun; interrupts are meant for it until {@link end} is called.
   * @param count its number for the reader
   */
  async execute(source: string, count: number, context: CellContext): Promise<Outcome> {
    const { execution } = context;
    const { interrupted, controller } = this.#running as Running;
    const state: CellState = { done: -1 };
    let cell: ConvertedCell | undefined;
    try {
      cell = (await this.language()).convert(source);
      const { diagnostics, code } = cell;
      const fatal = diagnostics.filter(
        ({ syntax, file }) => file === undefined && (syntax || this.typeErrors === "error"),
      );
      if (fatal.length > 0 || code === undefined) {
        return { status: "error", error: diagnosticsError(diagnostics, count), interrupted: false };
      }
      const script = this.#script(code, cell.map, count, execution, state);
      await Promise.race([cellContext.run(context, () => this.#run(cell!, script, count)), interrupted]);
      cell.commit();
      return "value" in state && state.value !== undefined
        ? { status: "ok", value: { value: state.value } }
        : { status: "ok" };
    } catch (error) {
      cell?.commit(state.done);
      // what an interrupt makes a cell throw can be here before the main thread hears of the interrupt
      const asked = controller.signal.aborted || this.signals.target === execution;
      const interrupt = isInstance(error, InterruptError);
      const stopped = interrupt || asked;
      const thrown = stopped && !interrupt ? new InterruptError() : error;
      return { status: "error", error: cellError(thrown, count, source), interrupted: stopped };
    }
  }

  /** Stops an execution if it is still the one that runs. */
  interrupt(execution = this.signals.running): void {
    if (execution === 0 || this.#running?.execution !== execution) return;
    const error = new InterruptError();
    error.stack = String(error);
    this.runtime.interrupt();
    this.signals.target = 0;
    this.#running.controller.abort(error);
    this.signals.target = execution;
    this.#running.stopped = true;
    this.#running.stop(error);
  }

  async #run({ diagnostics, imports }: ConvertedCell, script: CellScript, count: number): Promise<void> {
    if (this.typeErrors === "warn") {
      for (const diagnostic of diagnostics) console.error(describeDiagnostic(diagnostic, count));
    }
    for (const { specifier, attributes, bindings } of imports) {
      const namespace = await this.runtime.load(specifier, attributes);
      for (const { local, imported } of bindings) this.scope[local] = binding(namespace, imported, specifier);
    }
    script.state.done = 0;
    await this.runtime.run(script);
  }

  #script(code: string, map: string | undefined, count: number, execution: number, state: CellState): CellScript {
    const running = this.#running as Running;
    return {
      execution,
      name: cellName(count),
      code,
      map,
      scope: this.scope,
      state,
      tick: () => {
        this.#tick();
        if (running.stopped && cellContext.getStore()?.execution === execution) throw new InterruptError();
      },
      starting: () => {
        if (this.#running !== running || running.stopped || this.signals.target === execution) {
          throw new InterruptError();
        }
      },
    };
  }
}

/** One binding of an import; a name that Node does not see in a CommonJS module is looked for in its exports. */
function binding(namespace: Namespace, imported: string, specifier: string): unknown {
  if (imported === "*") return namespace;
  if (imported in namespace) return namespace[imported];
  const inner = namespace.default as Namespace | null | undefined;
  if ((typeof inner === "object" || typeof inner === "function") && inner !== null && imported in inner) {
    return inner[imported];
  }
  throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${imported}'`);
}
