import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { hasWildcards } from "./glob.js";
import type { AuditItem } from "./item.js";
import { furtherOf, type ItemSource } from "./item-source.js";
import { LIST_ENDINGS } from "./list.js";

/**
 * The pictures of several sources as those of one. A source's name, the end of its path by which it differs from the
 * others, stands before the paths of its pictures and is their split; a split that they have already follows it.
 * @throws SightlineError `bad-config` for sources that overlap
 */
export async function joined(parts: readonly (ItemSource & { readonly source: string })[]): Promise<ItemSource> {
  const names = distinctEnds(await Promise.all(parts.map(({ source }) => partsOf(source))));
  const from = new Map<string, number>();
  const items = parts.flatMap(({ items }, i) =>
    items.map((item): AuditItem => {
      const file = files.resolve(item.file);
      const other = from.get(file);
      if (other !== undefined && other !== i) throw overlap(parts[other].source, parts[i].source, item.file);
      from.set(file, i);
      const split = item.split === undefined ? names[i] : `${names[i]}/${item.split}`;
      return { ...item, path: `${names[i]}/${item.path}`, split };
    }),
  );
  return { items, notes: parts.flatMap(({ notes }) => notes), further: furtherOf(parts) };
}

/** What leads to a source: without the ending of a list, and of a glob without what varies. */
async function partsOf(source: string): Promise<string[]> {
  const parts = files.resolve(source).split(/[\\/]/).filter(Boolean);
  if (await files.stat(source).then(Boolean, () => false)) {
    const ending = files.extname(source);
    const last = parts.at(-1);
    if (last === undefined || !LIST_ENDINGS.has(ending.toLowerCase())) return parts;
    return [...parts.slice(0, -1), last.slice(0, -ending.length)];
  }
  const varies = parts.findIndex(hasWildcards);
  return varies < 0 ? parts : parts.slice(0, varies);
}

/** The last parts of each path, as many as tell all of them apart; numbered where nothing does. */
function distinctEnds(paths: readonly (readonly string[])[]): string[] {
  const deepest = Math.max(...paths.map(({ length }) => length));
  for (let depth = 1; depth <= deepest; depth++) {
    const ends = paths.map((parts) => parts.slice(-depth).join("/"));
    if (new Set(ends).size === ends.length && !ends.includes("")) return ends;
  }
  return paths.map((parts, i) => `${parts.at(-1) ?? "source"} ${i + 1}`);
}

const overlap = (one: string, other: string, file: string) =>
  new SightlineError("bad-config", `${one} and ${other} overlap`, {
    received: file,
    expected: "sources that share no picture",
    next: one === other ? "name it once" : "name one of them, or folders that lie beside each other",
  });
