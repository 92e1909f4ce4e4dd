/** A value that follows code through its callbacks, timers and promises. */
export interface AsyncContext<T> {
  run<R>(value: T, work: () => R): R;
  /** The value that surrounds the calling code. */
  getStore(): T | undefined;
}
