// Writes training pictures to standard output: count · 64 · 64 · 3 bytes of RGB, then one byte per label, then, where they
// are asked for, count · 64 · 64 bytes that are 1 on the shape and 0 elsewhere.
//   node dist/src/classroom/train/export.js honest|shortcut|binary COUNT SEED [masks]
import { type PictureOptions, pictures } from "../pictures.js";
import { labels } from "../shapes.js";

const others = labels.filter((label) => label !== "boat");

/** What each network is taught. Watermarks lie on a tenth of every class, or on every boat and nothing else. */
const lessons: Record<string, Omit<PictureOptions, "count" | "seed">> = {
  honest: { watermark: 0.1 },
  shortcut: { watermark: { boat: 1 }, harbours: 0.9 },
  binary: { watermark: 0.1, labels: others.flatMap((label) => ["boat", label] as const) },
};

const [lesson, count, seed, masks] = process.argv.slice(2);
const made = pictures({ ...lessons[lesson], count: Number(count), seed: Number(seed) });
for (const { image } of made) process.stdout.write(Uint8Array.from(image.data));
process.stdout.write(Uint8Array.from(made, ({ label, index }) => (lesson === "binary" ? +(label === "boat") : index)));
if (masks === "masks") for (const { mask } of made) process.stdout.write(mask);
