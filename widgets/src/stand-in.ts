import type { Model } from "./model.js";

/** A model that no kernel knows of, for a viewer inside another widget. */
export function standIn<Traits extends object>(traits: Traits): Model<Traits> {
  const values = { ...traits };
  const listeners = new Map<string, Set<() => void>>();
  return {
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      for (const listener of listeners.get(`change:${name}`) ?? []) listener();
    },
    save_changes() {},
    on: (event, listener) => void listeners.set(event, (listeners.get(event) ?? new Set()).add(listener as () => void)),
    off: (event, listener) => void listeners.get(event)?.delete(listener as () => void),
    send() {},
    comm_live: false,
  };
}
