import { Annotations } from "../../../src/audit/annotations/annotations.js";
import type { AuditManifest } from "../../../src/audit/index.js";

// node annotate.js FOLDER NAME COUNT: somebody who notes something so many times.

const [folder, by, count] = process.argv.slice(2);
const manifest = { picturesSha256: "a".repeat(64), pictures: 100 } as AuditManifest;
const annotations = await Annotations.open({ folder, manifest }, by);
for (let i = 0; i < Number(count); i++) {
  await annotations.do({ kind: "note", text: `${by} ${i}`, pictures: [[i, i]] });
}
