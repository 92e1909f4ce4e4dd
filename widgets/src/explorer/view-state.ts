import { idsOf, runsOf } from "../../../src/explorer/runs.js";
import type { Condition, Filter, Sort } from "../../../src/explorer/types.js";
import { ViewError } from "../error-box.js";

/** The pages of an explorer. */
export const PAGES = ["pictures", "map", "overview"] as const;
export type PageName = (typeof PAGES)[number];

/** What an explorer shows, as it is kept under a name. */
export interface ViewState {
  readonly page: PageName;
  readonly filter: Filter;
  readonly sort: Sort | null;
  /** Whether maps lie over the pictures. */
  readonly overlay: boolean;
}

/** A view as a text. Pictures are runs of neighbours, so that any choice of a million takes at most 2 MB. */
export const viewText = ({ filter, ...rest }: ViewState): string =>
  JSON.stringify({ ...rest, filter: filter.map(packed) });

const packed = (condition: Condition) =>
  condition.kind === "pictures"
    ? { kind: condition.kind, name: condition.name, runs: runsOf(condition.ids) }
    : condition;

/**
 * A view as its text says it. Whether the audit has its columns shows when its pictures are asked for.
 * @throws ViewError for what is no view
 */
export function readView(text: string): ViewState {
  const { page, filter: stored, sort, overlay } = parsed(text);
  const filter = Array.isArray(stored) ? stored.map(unpacked) : [];
  const isWhole =
    PAGES.includes(page as PageName) &&
    Array.isArray(stored) &&
    filter.every(isCondition) &&
    (sort === null || typeof (sort as Partial<Sort> | undefined)?.column === "string");
  if (!isWhole) throw new ViewError("that view cannot be read: it was kept by another version, or changed");
  return { page: page as PageName, filter: filter as Filter, sort: sort as Sort | null, overlay: overlay === true };
}

/** Early versions kept the pictures' numbers themselves. */
function unpacked(value: unknown): unknown {
  const { kind, name, runs } = (value ?? {}) as { kind?: unknown; name?: unknown; runs?: unknown };
  return kind === "pictures" && Array.isArray(runs) ? { kind, name, ids: idsOf(runs) } : value;
}

function parsed(text: string): Partial<Record<keyof ViewState, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

const KINDS: ReadonlySet<unknown> = new Set<Condition["kind"]>(["values", "range", "text", "sql", "pictures"]);

function isCondition(value: unknown): boolean {
  const { kind, values, ids } = (value ?? {}) as { kind?: unknown; values?: unknown; ids?: unknown };
  const lists = { values, pictures: ids } as Readonly<Record<string, unknown>>;
  return KINDS.has(kind) && (!Object.hasOwn(lists, String(kind)) || Array.isArray(lists[String(kind)]));
}
