import { cellContext } from "./cell-context.js";
import type { InterruptSignals } from "./interrupt-signals.js";

/** Thrown where an interrupt stops a cell; named as front ends and nbclient know it. */
export class InterruptError extends Error {
  override readonly name = "KeyboardInterrupt";
  constructor() {
    super("the cell was interrupted");
  }
}

/** A function for loops and functions of cells: it throws in code of the execution that is to stop. */
export function createInterruptPoint(signals: InterruptSignals): () => void {
  return () => {
    const { target } = signals;
    if (target === 0 || target !== signals.running) return;
    if ((cellContext.getStore()?.execution ?? target) === target) throw new InterruptError();
  };
}
