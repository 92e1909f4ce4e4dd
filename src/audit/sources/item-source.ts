import type { AuditItem } from "./item.js";

/** What lists say of pictures beyond what an audit asks them for: by file, the cells as they are read, by their headings. */
export type FurtherCells = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** Pictures, and what was noticed while they were looked for: sentences. */
export interface ItemSource {
  readonly items: readonly AuditItem[];
  readonly notes: readonly string[];
  /** What lists say of them beside. */
  readonly further?: FurtherCells;
}

/** What several lists say of pictures; of two that say the same thing of a picture, the later one counts. */
export function furtherOf(sources: readonly ItemSource[]): FurtherCells {
  const all = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { further = [] } of sources) {
    for (const [file, cells] of further) all.set(file, { ...all.get(file), ...cells });
  }
  return all;
}

/** Names that a note quotes. */
const MOST_EXAMPLES = 5;

/** "'a.png', 'b.png', …". */
export function examples(names: readonly string[]): string {
  const shown = names.slice(0, MOST_EXAMPLES).map((name) => `'${name}'`);
  return [...shown, ...(names.length > MOST_EXAMPLES ? ["…"] : [])].join(", ");
}
