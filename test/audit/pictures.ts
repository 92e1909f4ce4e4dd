import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";

/** A new empty folder. */
export const folder = () => mkdtemp(join(tmpdir(), "sightline-audit-"));

/** Generated pictures in folders that are called by their class; the boats carry the watermark. */
export async function pictureFolder(count: number, seed: number): Promise<string> {
  const root = await folder();
  const pictures = classroom.pictures({ count, seed });
  let number = 0;
  for (const { image, label } of pictures) {
    const shown = label === "boat" ? classroom.mark(image, number).image : image;
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
