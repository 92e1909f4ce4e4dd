import { files } from "#platform/files";

/**
 * Finds the files that a list names, as other systems write names: with `\` between folders, with accents composed or
 * decomposed, or without ending where only one file has the name.
 */
export class FileFinder {
  readonly #endings: ReadonlySet<string>;
  readonly #folders = new Map<string, Promise<Folder | undefined>>();

  /** @param endings of the files that a name without ending may stand for */
  constructor(endings: ReadonlySet<string>) {
    this.#endings = endings;
  }

  /** The name with `/` between folders, and its file; what is not found is taken as it is written. */
  async find(base: string, name: string): Promise<{ path: string; file: string; found: boolean }> {
    const asWritten = files.resolve(base, name);
    const exact = await this.#locate(asWritten);
    if (exact !== undefined) return { path: name, file: exact, found: true };
    const path = name.replaceAll("\\", "/");
    const file = path === name ? undefined : await this.#locate(files.resolve(base, path));
    return file === undefined ? { path: name, file: asWritten, found: false } : { path, file, found: true };
  }

  async #locate(path: string): Promise<string | undefined> {
    const [above, name] = [files.dirname(path), files.basename(path)];
    if (above === path) return path;
    const folder = (await this.#folder(above)) ?? (await this.#folderLike(above));
    const entry = folder && (folder.names.has(name) ? name : (folder.byForm(name) ?? folder.byStem(name)));
    return entry && files.join(folder.path, entry);
  }

  async #folderLike(path: string): Promise<Folder | undefined> {
    const found = await this.#locate(path);
    return found === undefined || found === path ? undefined : this.#folder(found);
  }

  #folder(path: string): Promise<Folder | undefined> {
    const listing =
      this.#folders.get(path) ??
      files.list(path).then(
        (names) => new Folder(path, names, this.#endings),
        () => undefined,
      );
    this.#folders.set(path, listing);
    return listing;
  }
}

class Folder {
  readonly names: ReadonlySet<string>;
  readonly #byForm: ReadonlyMap<string, string>;
  readonly #byStem = new Map<string, string | undefined>();

  constructor(
    readonly path: string,
    names: readonly string[],
    endings: ReadonlySet<string>,
  ) {
    this.names = new Set(names);
    this.#byForm = new Map(names.map((name) => [name.normalize("NFC"), name]));
    for (const name of names) {
      const ending = files.extname(name);
      if (!endings.has(ending.toLowerCase())) continue;
      const stem = files.basename(name, ending).normalize("NFC");
      this.#byStem.set(stem, this.#byStem.has(stem) ? undefined : name);
    }
  }

  byForm(name: string): string | undefined {
    return this.#byForm.get(name.normalize("NFC"));
  }

  /** The only file of this name with another ending than none. */
  byStem(name: string): string | undefined {
    return this.#byStem.get(name.normalize("NFC"));
  }
}
