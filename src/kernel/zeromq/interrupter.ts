import type { InterruptSignals } from "../interrupt-signals.js";
import { descendants } from "./descendants.js";

/** A main thread that yields has stopped its cell after this time; one that has not is in a synchronous loop. */
const GRACE = 150;
/** Between two looks at whether a cell's script runs by now. */
const AGAIN = 100;
/** When an interrupt is declared not to work. */
const GIVE_UP = 1_500;

const CANNOT_STOP =
  "This cell cannot be interrupted now: it is inside code that does not let go of the thread. " +
  "It stops at its next await or at the next turn of a loop of the cell; if it does not, restart the kernel.\n";

export interface InterrupterOutput {
  /** Tells the main thread. */
  notify(execution: number): void;
  /** Tells the reader what cannot be done. */
  warn(text: string): void;
}

/** Stops an execution from another thread than the one that it may block. */
export class Interrupter {
  constructor(
    readonly signals: InterruptSignals,
    readonly output: InterrupterOutput,
  ) {}

  interrupt(execution: number): void {
    const { signals, output } = this;
    signals.target = execution;
    output.notify(execution);
    if (process.platform !== "win32") setTimeout(() => this.#signalUntilStopped(execution, performance.now()), GRACE);
    setTimeout(() => {
      if (signals.running === execution) output.warn(CANNOT_STOP);
    }, GIVE_UP);
  }

  /**
   * Signals the child processes once (a cell that waits synchronously for one stops when it does), and the cell's script
   * as soon as it runs, until it stops or is given up.
   */
  #signalUntilStopped(execution: number, since: number): void {
    const { signals } = this;
    if (signals.running !== execution) return;
    if (performance.now() - since < AGAIN) signalChildren();
    if (signals.claim(execution)) {
      signals.sigintSent();
      process.kill(process.pid, "SIGINT");
    } else if (performance.now() - since < GIVE_UP) {
      setTimeout(() => this.#signalUntilStopped(execution, since), AGAIN);
    }
  }
}

function signalChildren(): void {
  for (const child of descendants()) {
    try {
      process.kill(child, "SIGINT");
    } catch {
      // it ended in the meantime
    }
  }
}
