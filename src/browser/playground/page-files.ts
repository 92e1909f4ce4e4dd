import type { Drive } from "../../platform/browser/files.js";

/** The visitor's files, each in a folder by what it is for. Nothing is read before somebody asks for it. */
export class PageFiles implements Drive {
  readonly #folders = new Map<string, ReadonlyMap<string, Blob>>();

  /** Puts files into a folder, in place of what was there. @returns their paths */
  put(folder: string, files: readonly File[]): string[] {
    this.#folders.set(folder, new Map(files.map((file) => [file.name, file])));
    return files.map(({ name }) => `/${folder}/${name}`);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const [, folder, ...name] = path.split("/");
    const file = this.#folders.get(folder)?.get(name.join("/"));
    return file && new Uint8Array(await file.arrayBuffer());
  }

  async list(path: string): Promise<string[] | undefined> {
    const files = this.#folders.get(path.slice(1));
    return files && [...files.keys()];
  }
}
