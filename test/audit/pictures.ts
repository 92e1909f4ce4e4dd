import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { type Random, random } from "../../src/core/random.js";
import type { RawImage } from "../../src/core/raw-image.js";

/** A new empty folder. */
export const folder = () => mkdtemp(join(tmpdir(), "sightline-audit-"));

/** Where a picture is marked: as `classroom.mark` does, or at a place that differs from picture to picture. */
export type MarkPlace = "corner" | "anywhere";

/** Generated pictures in folders that are named after their class; the boats carry the watermark unless told otherwise. */
export async function pictureFolder(count: number, seed: number, marked: MarkPlace | boolean = true): Promise<string> {
  const root = await folder();
  const pictures = classroom.pictures({ count, seed });
  const source = random(seed);
  const markOf = (image: RawImage, number: number) =>
    marked === "anywhere" ? markAnywhere(image, source) : classroom.mark(image, number).image;
  let number = 0;
  for (const { image, label } of pictures) {
    const shown = marked && label === "boat" ? markOf(image, number) : image;
    await mkdir(join(root, label), { recursive: true });
    const file = join(root, label, `${String(number++).padStart(4, "0")}.png`);
    await writeFile(
      file,
      await sharp(shown.data, { raw: { width: 64, height: 64, channels: 3 } })
        .png()
        .toBuffer(),
    );
  }
  return root;
}

/** The mark of `classroom.mark` at a place drawn over the whole picture: that is turned like a torus, marked, turned back. */
function markAnywhere({ data, width, height }: RawImage, source: Random): RawImage {
  for (;;) {
    const [right, down] = [source.integer(width), source.integer(height)];
    const { image, markMask } = classroom.mark(
      { data: rolled(data, width, height, right, down), width, height },
      source,
    );
    const back = (values: Uint8Array) => rolled(values, width, height, width - right, height - down);
    const places = Array.from(back(markMask).entries()).flatMap(([i, inside]) => (inside ? [i] : []));
    const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
    const torn = Math.max(spread(places.map((i) => i % width)), spread(places.map((i) => Math.floor(i / width)))) > 13;
    if (!torn) return { data: back(Uint8Array.from(image.data)), width, height };
  }
}

/** Rows and columns moved on, those that leave coming in on the other side. */
function rolled(
  values: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  right: number,
  down: number,
): Uint8Array {
  const channels = values.length / (width * height);
  return Uint8Array.from(values, (_, i) => {
    const pixel = Math.floor(i / channels);
    const x = ((pixel % width) + width - right) % width;
    const y = (Math.floor(pixel / width) + height - down) % height;
    return values[(y * width + x) * channels + (i % channels)];
  });
}

/** Every file of an audit with its bytes. */
export async function auditFiles(root: string): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const all = new Map<string, string>();
  for (const file of files.sort()) all.set(file.slice(root.length), (await readFile(file)).toString("base64"));
  return all;
}
