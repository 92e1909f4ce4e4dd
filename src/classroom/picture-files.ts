import { files } from "#platform/files";
import { pictures } from "#platform/pictures";
import { toBase64 } from "../core/bytes.js";
import { checkList, checkText } from "../core/checks.js";
import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { checkRange } from "../core/options.js";
import type { RawImage } from "../core/raw-image.js";
import type { ClassroomPicture } from "./pictures.js";

const DIGITS = 3;
/** How much larger pictures are on a sheet, and the space between them, in pixels. */
const ENLARGED = 2;
const GAP = 4;

const png = (image: RawImage) => pictures.encode({ ...image, channels: 3 }, { format: "png" });

/**
 * Writes pictures as PNG files as a data set usually comes: one folder for each class, the files numbered in the order
 * of the list.
 * @returns the paths, in that order
 * @example
 * const paths = await classroom.save(classroom.pictures({ count: 16, seed: 1 }), "pictures");
 * @throws SightlineError `bad-config` for an empty list, `write-failed`
 */
export async function save(list: readonly ClassroomPicture[], folder: string): Promise<string[]> {
  checkList(list, "the pictures to save", "a list of what classroom.pictures gives");
  checkText(folder, "the folder to save in", "its path");
  const paths = list.map(({ label }, i) => files.join(folder, label, `${String(i).padStart(DIGITS, "0")}.png`));
  for (const label of new Set(list.map((picture) => picture.label))) await files.makeFolder(files.join(folder, label));
  for (const [i, path] of paths.entries()) await files.writeFileAtomic(path, await png(list[i].image));
  return paths;
}

/** Pictures on one sheet, in the order of the list; shows itself as the last value of a cell. */
export class ContactSheet implements Displayable {
  readonly #list: readonly ClassroomPicture[];
  readonly #columns: number;

  /** @throws SightlineError `bad-config` */
  constructor(list: readonly ClassroomPicture[], columns: number) {
    checkList(list, "the pictures of a sheet", "a list of what classroom.pictures gives");
    checkRange("columns", columns, 1, 100, true);
    this.#list = list;
    this.#columns = columns;
  }

  /** The bytes of a PNG file. */
  async png(): Promise<Uint8Array> {
    return png(this.#image());
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const [count, labels] = [this.#list.length, this.#list.map(({ label }) => label).join(", ")];
    return {
      "image/png": toBase64(await this.png()),
      "text/plain": `${count === 1 ? "1 picture" : `${count} pictures`}: ${labels}`,
    };
  }

  #image(): RawImage {
    const side = (this.#list[0]?.image.width ?? 0) * ENLARGED;
    const rows = Math.ceil(this.#list.length / this.#columns);
    const extent = (count: number) => Math.max(1, count * (side + GAP) - GAP);
    const [width, height] = [extent(Math.min(this.#columns, this.#list.length)), extent(rows)];
    const data = new Uint8Array(width * height * 3).fill(255);
    this.#list.forEach(({ image }, i) => {
      const left = (i % this.#columns) * (side + GAP);
      const top = Math.floor(i / this.#columns) * (side + GAP);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const from = (Math.floor(y / ENLARGED) * image.width + Math.floor(x / ENLARGED)) * 3;
          data.set(image.data.subarray(from, from + 3), ((top + y) * width + left + x) * 3);
        }
      }
    });
    return { data, width, height };
  }
}

/**
 * Pictures beside each other on one sheet.
 * @example
 * classroom.sheet(classroom.pictures({ count: 16, seed: 1 }), { columns: 8 });
 */
export function sheet(list: readonly ClassroomPicture[], { columns = 8 }: { columns?: number } = {}): ContactSheet {
  return new ContactSheet(list, columns);
}
