import { button, h } from "../dom.js";
import type { Grid } from "./grid.js";
import type { Kept } from "./kept.js";
import type { SelectionBar } from "./selection-bar.js";
import type { Store } from "./store.js";
import type { Work } from "./work.js";

/** Keys that are always shown. */
export const KEYS = [
  ["J K", "next and previous"],
  ["Enter", "open"],
  ["X", "choose"],
  ["T", "tag"],
  ["N", "note"],
  ["Z", "undo"],
  ["/", "search"],
  ["?", "all keys"],
] as const;

const ALL_KEYS = [
  ["J, K", "next and previous picture"],
  ["Arrows, Home, End", "in the grid: pictures and rows"],
  ["Enter", "open the picture"],
  ["Esc", "close what is open; then choose none"],
  ["X, Space", "choose the picture, or no longer"],
  ["Shift J, Shift K", "choose on the way"],
  ["A", "choose all that are shown"],
  ["T", "tag what is chosen, or else the picture"],
  ["N", "note something on it"],
  ["S", "keep it as a slice"],
  ["V", "views and slices that are kept"],
  ["E", "export what is chosen, or else all that are shown"],
  ["Z", "take back what you did last"],
  ["Shift Z", "do it again"],
  ["M", "maps over the pictures"],
  ["/", "search"],
  ["?", "this list"],
] as const;

interface Parts {
  readonly store: Store;
  readonly grid: Grid;
  readonly work: Work;
  readonly bar: SelectionBar;
  readonly kept: Kept;
  readonly help: HTMLDialogElement;
  readonly search: HTMLElement;
}

/** What all keys do, to be shown when it is asked for. */
export function keysDialog(): HTMLDialogElement {
  const rows = ALL_KEYS.map(([key, does]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, does)));
  const dialog = h(
    "dialog",
    { class: "sl-x-keys", "aria-label": "Keys" },
    h("table", {}, h("tbody", {}, ...rows)),
    button("Close", () => dialog.close()),
  );
  return dialog;
}

/** Lets keys do everything, as long as nobody writes. */
export function listenToKeys(el: EventTarget, parts: Parts): void {
  const { store, grid, bar, help } = parts;
  const [keys, gridKeys] = [keysOf(parts), gridKeysOf(parts)];
  store.scope.listen(el, "keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (target.matches("input:not([type=range], [type=radio]), textarea, select")) {
      if (event.key === "Escape" && !bar.close()) grid.el.focus();
      return;
    }
    const name = event.shiftKey && /^[a-z]$/i.test(event.key) ? `Shift ${event.key.toLowerCase()}` : event.key;
    const step = keys[name] ?? keys[name.toLowerCase()] ?? (grid.el.contains(target) ? gridKeys[event.key] : undefined);
    if (!step) return;
    event.preventDefault();
    step();
  });
}

type Keys = Readonly<Record<string, () => void>>;

function keysOf({ store, work, bar, kept, help, search }: Parts): Keys {
  const step = (by: number) => store.goTo(store.current === undefined ? 0 : store.current + by);
  const chooseCurrent = () => {
    const { current, ids, chosen } = store;
    if (current !== undefined) store.choose([...chosen, ids[current]]);
  };
  const extend = (by: number) => {
    chooseCurrent();
    step(by);
    chooseCurrent();
  };
  return {
    j: () => step(1),
    k: () => step(-1),
    "Shift j": () => extend(1),
    "Shift k": () => extend(-1),
    x: () => toggle(store),
    a: () => bar.chooseAll(),
    t: () => bar.tag(),
    n: () => bar.note(),
    s: () => bar.slice(),
    v: () => kept.focus(),
    e: () => bar.export(),
    z: () => void work.do({ kind: "undo" }),
    "Shift z": () => void work.do({ kind: "redo" }),
    m: () => store.setOverlay(!store.overlay),
    "/": () => search.focus(),
    "?": () => help.showModal(),
    Escape: () => {
      if (bar.close()) return;
      if (store.opened) store.goTo(store.current, false);
      else store.choose([]);
    },
  };
}

/** Keys that mean something else outside of the grid. */
function gridKeysOf({ store, grid }: Parts): Keys {
  const step = (by: number) => store.goTo(store.current === undefined ? 0 : store.current + by);
  return {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    ArrowDown: () => step(grid.columns),
    ArrowUp: () => step(-grid.columns),
    Home: () => store.goTo(0),
    End: () => store.goTo(store.ids.length - 1),
    Enter: () => store.goTo(store.current ?? 0, true),
    " ": () => toggle(store),
  };
}

function toggle(store: Store): void {
  if (store.current !== undefined) store.toggle(store.ids[store.current]);
}
