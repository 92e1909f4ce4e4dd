import type { AsyncContext } from "../async-context.js";

/**
 * Browsers cannot follow a value through promises yet: it holds while `work` runs without waiting, and the kernel takes
 * what comes later for the last cell's.
 */
export function createAsyncContext<T>(): AsyncContext<T> {
  let current: T | undefined;
  return {
    run(value, work) {
      const before = current;
      current = value;
      try {
        return work();
      } finally {
        current = before;
      }
    },
    getStore: () => current,
  };
}
