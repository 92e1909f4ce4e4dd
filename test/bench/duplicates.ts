import { classroom } from "../../src/classroom/index.js";
import type { RawImage } from "../../src/core/raw-image.js";
import { wilsonInterval } from "../../src/core/wilson.js";
import { COPIES, copiesFound, photographCuts, singleEdges } from "../audit/copied-pictures.js";
import { printTable } from "./measure.js";
import { foreignPhotographs } from "./photographs.js";

/**
 * `npm run bench duplicates -- --pictures=400`: of copies of pictures, changed in one way each, how many are found, with
 * Wilson's 95 % interval, and how many pictures are taken for another one. With `--split=fixed` on cuts of the photographs
 * on which thresholds were fixed, those of the Python that PEER_PYTHON names; with `--edges` on pictures of one straight edge alone.
 */
export async function bench(words: readonly string[] = []): Promise<void> {
  const flag = words.find((word) => word.startsWith("--pictures="))?.slice("--pictures=".length);
  const count = Number(flag ?? 240);
  const grounds: Readonly<Record<string, readonly RawImage[]>> = words.includes("--edges")
    ? { "single edges": singleEdges(count, 32) }
    : words.includes("--split=fixed")
      ? { "other photographs": await photographCuts(count, foreignPhotographs()) }
      : {
          classroom: classroom.pictures({ count, seed: 991 }).map(({ image }) => image),
          photographs: await photographCuts(count),
        };
  const rows: Record<string, string>[] = [];
  for (const [ground, originals] of Object.entries(grounds)) {
    for (const [kind, edit] of Object.entries(COPIES)) {
      const { copies, found, mistaken, pictures } = await copiesFound(originals, edit);
      const [low, high] = wilsonInterval(found, copies).map((value) => value.toFixed(3));
      const recall = (found / copies).toFixed(3);
      rows.push({
        pictures: ground,
        copies: kind,
        found: `${found} of ${copies}`,
        recall: `${recall} (${low} … ${high})`,
        "taken for another": `${mistaken} of ${pictures}`,
      });
    }
  }
  printTable(rows);
}
