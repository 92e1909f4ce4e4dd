import type { AuditItem } from "./item.js";

/** Pictures, and what was noticed while they were looked for: sentences. */
export interface ItemSource {
  readonly items: readonly AuditItem[];
  readonly notes: readonly string[];
}

/** Names that a note quotes. */
const MOST_EXAMPLES = 5;

/** "'a.png', 'b.png', …". */
export function examples(names: readonly string[]): string {
  const shown = names.slice(0, MOST_EXAMPLES).map((name) => `'${name}'`);
  return [...shown, ...(names.length > MOST_EXAMPLES ? ["…"] : [])].join(", ");
}
