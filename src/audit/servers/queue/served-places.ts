import { isAbsolute, relative, resolve, sep } from "node:path";
import { SightlineError } from "../../../core/errors.js";
import type { AuditItem } from "../../sources/item.js";

/**
 * The places that a worker reads from and writes to. Whoever can write to the queue names paths, so what lies elsewhere is
 * refused.
 */
export class ServedPlaces {
  readonly #shards?: string;
  readonly #pictures?: string;
  readonly #folder: string;

  /** @param folder that jobs may name when the worker was started without places of its own */
  constructor({ shards, pictures }: { shards?: string; pictures?: string }, folder = process.cwd()) {
    this.#shards = shards;
    this.#pictures = pictures;
    this.#folder = folder;
  }

  /**
   * Where a job's shards go.
   * @throws SightlineError `bad-data` for a place that this worker does not serve
   */
  shardsOf(place: string): string {
    if (this.#shards !== undefined) return this.#shards;
    if (/^s3:/i.test(place)) {
      throw new SightlineError("bad-data", `this worker stores nothing in '${place}'`, {
        received: place,
        next: "start it with --shards s3://bucket/prefix",
      });
    }
    return this.#inside(this.#folder, place, "--shards FOLDER");
  }

  /**
   * The same picture where this machine sees it.
   * @throws SightlineError `bad-data` for one outside the folders that this worker serves
   */
  localItem(item: AuditItem): AuditItem {
    const { file, path, mask } = item;
    const served = this.#pictures ?? this.#folder;
    const inside = (name: string) => this.#inside(served, name, "--pictures FOLDER");
    if (this.#pictures === undefined) {
      return { ...item, file: inside(file), ...(mask !== undefined && { mask: inside(mask) }) };
    }
    const root = file.endsWith(path) ? file.slice(0, -path.length) : undefined;
    const localMask = mask !== undefined && root !== undefined ? relative(root, mask) : mask;
    return { ...item, file: inside(path), ...(localMask !== undefined && { mask: inside(localMask) }) };
  }

  #inside(folder: string, name: string, option: string): string {
    const local = resolve(folder, name);
    const way = relative(folder, local);
    if (way.split(sep)[0] !== ".." && !isAbsolute(way)) return local;
    throw new SightlineError("bad-data", `'${name}' is not in ${folder}, where this worker looks`, {
      received: name,
      next: `start it in another folder, or with ${option}`,
    });
  }
}
