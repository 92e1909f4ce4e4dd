import type { AuditItem } from "./item.js";

/** Folders that say what pictures are for, as data sets have them. */
const SPLIT_FOLDER = /^(train|training|val|valid|validation|dev|test|testing)$/i;

/**
 * Pictures with the split that their folders name, where a list does not: `train/cat/1.png` beside `test/cat/2.png`. The
 * folder is the first on the way by which two pictures differ in this.
 */
export function withSplits(items: readonly AuditItem[]): readonly AuditItem[] {
  if (items.some(({ split }) => split !== undefined)) return items;
  const folders = items.map(({ path }) => path.split("/").slice(0, -1));
  const deepest = folders.reduce((most, { length }) => Math.max(most, length), 0);
  for (let level = 0; level < deepest; level++) {
    const names = folders.map((folder) => folder[level] ?? "");
    const splits = new Set(names.filter((name) => SPLIT_FOLDER.test(name)).map((name) => name.toLowerCase()));
    if (splits.size > 1) {
      return items.map((item, i) => (SPLIT_FOLDER.test(names[i]) ? { ...item, split: names[i].toLowerCase() } : item));
    }
  }
  return items;
}
