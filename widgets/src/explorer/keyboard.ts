import type { Grid } from "./grid.js";
import type { Store } from "./store.js";

/** What keys do in the explorer, for everybody to read. */
export const KEYS = [
  ["J K", "next and previous"],
  ["↑ ↓", "a row"],
  ["Enter", "open"],
  ["Esc", "close"],
  ["Space", "choose"],
  ["M", "maps"],
  ["/", "search"],
] as const;

/** Lets keys do everything, as long as nobody writes. */
export function listenToKeys(el: EventTarget, store: Store, grid: Grid, search: HTMLElement): void {
  const step = (by: number) => store.goTo(store.current === undefined ? 0 : store.current + by);
  const toggle = () => store.current !== undefined && store.toggle(store.ids[store.current]);
  const keys: Readonly<Record<string, () => void>> = {
    j: () => step(1),
    k: () => step(-1),
    m: () => store.setOverlay(!store.overlay),
    "/": () => search.focus(),
    Escape: () => (store.opened ? store.goTo(store.current, false) : store.choose([])),
  };
  /** Keys that mean something else outside of the grid. */
  const gridKeys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    ArrowDown: () => step(grid.columns),
    ArrowUp: () => step(-grid.columns),
    Home: () => store.goTo(0),
    End: () => store.goTo(store.ids.length - 1),
    Enter: () => store.goTo(store.current ?? 0, true),
    " ": toggle,
  };
  store.scope.listen(el, "keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input:not([type=range]), textarea, select")) {
      if (event.key === "Escape") grid.el.focus();
      return;
    }
    const step =
      keys[event.key] ?? keys[event.key.toLowerCase()] ?? (grid.el.contains(target) ? gridKeys[event.key] : undefined);
    if (!step) return;
    event.preventDefault();
    step();
  });
}
