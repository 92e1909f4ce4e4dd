/** Runs a listener; what it throws is printed under the cell instead of stopping the others. */
export function guarded(listener: () => void | Promise<void>): void {
  try {
    void Promise.resolve(listener()).catch(report);
  } catch (error) {
    report(error);
  }
}

/** Prints what went wrong where nobody waits for it. */
export function report(error: unknown): void {
  console.error(error);
}
