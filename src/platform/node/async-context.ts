import { AsyncLocalStorage } from "node:async_hooks";
import type { AsyncContext } from "../async-context.js";

export function createAsyncContext<T>(): AsyncContext<T> {
  return new AsyncLocalStorage<T>();
}
