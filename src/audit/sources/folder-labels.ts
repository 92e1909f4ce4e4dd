import { files } from "#platform/files";
import { classByName } from "./class-names.js";
import type { AuditItem } from "./item.js";

/** The picture's own folder. */
export const folderOf = ({ file }: AuditItem) => files.basename(files.dirname(file));

const WORDNET_ID = /^n\d{8}$/;
/** Files beside ImageNet that name its folders, one a line and in the order of the classes: an id, then words. */
const SYNSET_FILES = ["LOC_synset_mapping.txt", "synset_words.txt", "synsets.txt"];
/** Folders that are searched for such a file: the source and those above it. */
const LEVELS = 4;
const MOST_BYTES = 16 * 2 ** 20;

/**
 * What folder names mean: the classes themselves, or ImageNet's ids, whose order is that of the classes. Ids need all
 * their folders, or a list of them in the folder or up to three above.
 */
export async function folderLabels(
  items: readonly AuditItem[],
  { source, labels, classes }: { source: string; labels: readonly string[]; classes: readonly string[] },
): Promise<(name: string) => string | undefined> {
  const folders = [...new Set(items.map(folderOf))].sort().filter((name) => WORDNET_ID.test(name));
  if (folders.length === 0) return classByName(classes);
  const ids = (await synsetIds(source)) ?? folders;
  const byId = new Map(ids.length === labels.length ? ids.map((id, index) => [id, labels[index]]) : []);
  return (name) => byId.get(name);
}

async function synsetIds(source: string): Promise<string[] | undefined> {
  for (let folder = files.resolve(source), level = 0; level < LEVELS; folder = files.dirname(folder), level++) {
    for (const name of SYNSET_FILES) {
      const text = await files.readText(files.join(folder, name), { atMost: MOST_BYTES }).catch(() => undefined);
      const words = text?.split(/\r?\n/).map((line) => line.split(/\s/, 1)[0]);
      const ids = words?.filter((word) => WORDNET_ID.test(word));
      if (ids && ids.length > 0) return ids;
    }
  }
  return undefined;
}
