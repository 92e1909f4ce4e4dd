import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { type Audit, audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { folder, pictureFolder } from "../audit/pictures.js";
import { colourModel } from "../support/colour-model.js";

/** Names of files that would do something if a page took them for more than text. */
export const HOSTILE_NAMES = [
  "<img src=x onerror=alert(1)>.png",
  `" onmouseover="alert(2)" x=".png`,
  "'); drop table pictures; --.png",
  "{{alert(3)}}<style>body{display:none}<!--.png",
];

/** A finished audit and the pictures that it is about, gone when disposed. */
export interface AuditOfPictures extends AsyncDisposable {
  readonly audit: Audit;
  /** The pictures' folder. */
  readonly pictures: string;
}

const COLOURS = ["red", "green", "blue"];

/** An audit with the model that it is of. */
export interface AuditOfColours extends AuditOfPictures {
  readonly model: Model;
}

/** An audit of classroom pictures with a cast of three colours each, by a model that answers with the cast: a shortcut without a place. */
export async function auditOfColours(count: number): Promise<AuditOfColours> {
  const [pictures, out] = [await folder(), await folder()];
  const file = join(out, "colours.onnx");
  await writeFile(file, colourModel(undefined, { dims: ["n", 3, 64, 64] }).serialize());
  const model = await loadModel(file, { labels: COLOURS, preprocess: { mean: 0, std: 1 }, threads: 1 });
  for (const [i, { image }] of classroom.pictures({ count, seed: 83 }).entries()) {
    const colour = i % COLOURS.length;
    const cast = Uint8ClampedArray.from(image.data, (value, k) => value + (k % 3 === colour ? 40 : -20));
    await mkdir(join(pictures, COLOURS[colour]), { recursive: true });
    const raw = { width: image.width, height: image.height, channels: 3 } as const;
    await sharp(Uint8Array.from(cast), { raw }).toFile(join(pictures, COLOURS[colour], `${1000 + i}.png`));
  }
  return {
    model,
    audit: await audit(model, pictures, {
      method: "occlusion",
      out: join(out, "audit"),
      shortcuts: { withoutPlace: true },
    }),
    pictures,
    async [Symbol.asyncDispose]() {
      await model.close();
      for (const one of [pictures, out]) await rm(one, { recursive: true, force: true });
    },
  };
}

/**
 * An audit of classroom pictures by a net that learned the watermark of the boats.
 * @param hostile with pictures of hostile names, and one file that is no picture
 */
export async function auditOfPictures(
  count: number,
  { hostile = false, shortcuts = false } = {},
): Promise<AuditOfPictures> {
  const lesson = classroom.models.shortcut;
  await using model = await loadModel(lesson.url, { ...lesson.options, threads: 1 });
  const [pictures, out] = [await pictureFolder(count, 81), await folder()];
  if (hostile) {
    const [boat] = await readdir(join(pictures, "boat"));
    for (const name of HOSTILE_NAMES)
      await writeFile(join(pictures, name), await readFile(join(pictures, "boat", boat)));
    await writeFile(join(pictures, "<b>broken.png"), "no picture");
  }
  return {
    audit: await audit(model, pictures, { method: "recipro-cam", out, shortcuts }),
    pictures,
    async [Symbol.asyncDispose]() {
      for (const one of [pictures, out]) await rm(one, { recursive: true, force: true });
    },
  };
}
