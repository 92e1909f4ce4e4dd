import type { Action, Entry } from "./entry.js";
import { difference, type Ranges, union } from "./ranges.js";

/** A note on pictures as it stands. */
export interface StoredNote {
  readonly id: string;
  readonly text: string;
  readonly by: string;
  readonly at: string;
  readonly pictures: Ranges;
}

/** What follows from the entries of a log. */
export interface AnnotationState {
  readonly tags: ReadonlyMap<string, Ranges>;
  readonly notes: ReadonlyMap<string, StoredNote>;
  readonly slices: ReadonlyMap<string, Ranges>;
  readonly views: ReadonlyMap<string, string>;
  /** Entries that do not count. */
  readonly undone: ReadonlySet<string>;
}

interface Draft {
  readonly tags: Map<string, Ranges>;
  readonly notes: Map<string, StoredNote>;
  readonly slices: Map<string, Ranges>;
  readonly views: Map<string, string>;
}

/**
 * The entries one after the other as they stand in the log, without those that were undone. Of two that speak of the same thing (a
 * picture's tag, a note's text, a slice, a view), the later one holds; notes are never merged.
 */
export function stateOf(entries: readonly Entry[]): AnnotationState {
  const undone = undoneOf(entries);
  const draft: Draft = { tags: new Map(), notes: new Map(), slices: new Map(), views: new Map() };
  for (const entry of entries) if (!undone.has(entry.id)) apply(draft, entry);
  return { ...draft, undone };
}

function undoneOf(entries: readonly Entry[]): Set<string> {
  const undone = new Set<string>();
  for (const { action } of entries) {
    if (action.kind === "undo") undone.add(action.of);
    if (action.kind === "redo") undone.delete(action.of);
  }
  return undone;
}

function apply({ tags, notes, slices, views }: Draft, { id, at, by, action }: Entry): void {
  switch (action.kind) {
    case "tag":
      put(tags, action.tag, union(tags.get(action.tag) ?? [], action.pictures));
      break;
    case "untag":
      put(tags, action.tag, difference(tags.get(action.tag) ?? [], action.pictures));
      break;
    case "note":
      notes.set(id, { id, text: action.text, by, at, pictures: action.pictures });
      break;
    case "edit-note": {
      const note = notes.get(action.note);
      if (note && action.text !== null) notes.set(note.id, { ...note, text: action.text });
      else notes.delete(action.note);
      break;
    }
    case "slice":
      put(slices, action.name, action.pictures ?? []);
      break;
    case "view":
      if (action.state === null) views.delete(action.name);
      else views.set(action.name, action.state);
      break;
  }
}

function put(map: Map<string, Ranges>, name: string, pictures: Ranges): void {
  if (pictures.length > 0) map.set(name, pictures);
  else map.delete(name);
}

const isDeed = ({ kind }: Action) => kind !== "undo" && kind !== "redo";

/** What a person would take back next. */
export function nextUndo(entries: readonly Entry[], undone: ReadonlySet<string>, by: string): Entry | undefined {
  return entries.findLast((entry) => entry.by === by && isDeed(entry.action) && !undone.has(entry.id));
}

/** What a person took back last and has done nothing since. */
export function nextRedo(entries: readonly Entry[], undone: ReadonlySet<string>, by: string): Entry | undefined {
  const own = entries.filter((entry) => entry.by === by);
  const since = own.slice(own.findLastIndex(({ action }) => isDeed(action)) + 1);
  for (const { action } of since.toReversed()) {
    if (action.kind !== "undo" || !undone.has(action.of)) continue;
    const deed = entries.find(({ id }) => id === action.of);
    if (deed) return deed;
  }
  return undefined;
}
