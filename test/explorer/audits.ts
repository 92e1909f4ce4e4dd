import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Audit, audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder, pictureFolder } from "../audit/pictures.js";

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
