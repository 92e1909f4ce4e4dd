import { inspect } from "node:util";

/** Properties that Node writes on what it follows, so that callbacks know their cell. */
const INTERNAL = new Set(["async_id_symbol", "trigger_async_id_symbol", "kResourceStore", "asyncId", "triggerId"]);

/** From now on promises and timers are shown without what Node notes on them, the kernel's context among it. */
export function hideAsyncInternals(): void {
  const timer = setTimeout(() => {}, 0);
  const immediate = setImmediate(() => {});
  clearTimeout(timer);
  clearImmediate(immediate);
  for (const prototype of [Promise.prototype, Object.getPrototypeOf(timer), Object.getPrototypeOf(immediate)]) {
    hideIn(prototype);
  }
}

function hideIn(prototype: { [inspect.custom]?: (...parameters: unknown[]) => unknown }): void {
  const inspected = prototype[inspect.custom];
  Object.defineProperty(prototype, inspect.custom, {
    configurable: true,
    writable: true,
    value(this: object, ...parameters: unknown[]) {
      for (const key of Object.getOwnPropertySymbols(this)) {
        if (INTERNAL.has(key.description ?? "")) Object.defineProperty(this, key, { enumerable: false });
      }
      // `inspect` goes on as it would have done
      return inspected ? Reflect.apply(inspected, this, parameters) : this;
    },
  });
}
