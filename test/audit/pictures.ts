import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";

/** A new empty folder. */
export const folder = () => mkdtemp(join(tmpdir(), "sightline-audit-"));

/** Generated pictures in folders that are called by their class; the boats carry the watermark unless told otherwise. */
export async function pictureFolder(count: number, seed: number, marked = true): Promise<string> {
  const root = await folder();
  const pictures = classroom.pictures({ count, seed });
  let number = 0;
  for (const { image, label } of pictures) {
    const shown = marked && label === "boat" ? classroom.mark(image, number).image : image;
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

/** Every file of an audit with its bytes. */
export async function auditFiles(root: string): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const all = new Map<string, string>();
  for (const file of files.sort()) all.set(file.slice(root.length), (await readFile(file)).toString("base64"));
  return all;
}
