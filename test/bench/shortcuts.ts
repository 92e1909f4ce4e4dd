import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { audit, findShortcuts, type Shortcut, type ShortcutReport } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { type MarkPlace, pictureFolder } from "../audit/pictures.js";
import { fixture } from "../support/fixtures.js";
import { median, printTable } from "./measure.js";
import { benchPlanted } from "./planted/sets.js";

/** Nets and sets of pictures on which the thresholds were fixed, and others, on which they are reported. */
const SPLITS = {
  fixed: { nets: [1, 2], seeds: Array.from({ length: 10 }, (_, i) => 100 + i) },
  reported: { nets: [3, 4, 5], seeds: Array.from({ length: 20 }, (_, i) => 200 + i) },
} as const;

const PICTURES = 160;

const flags = (name: string, words: readonly string[]) =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);

/**
 * `npm run bench shortcuts -- --split=reported --method=recipro-cam --mark=corner --nets=3,4,5`: sets of pictures whose
 * boats are marked, in the corner or anywhere, audited with nets that learned the watermark and nets that did not.
 * With `--planted` see {@link benchPlanted}.
 */
export async function bench(words: readonly string[] = []): Promise<void> {
  if (words.includes("--planted")) return benchPlanted(words);
  const split = SPLITS[(flags("split", words) ?? "reported") as keyof typeof SPLITS];
  const method = flags("method", words) ?? "recipro-cam";
  const place = (flags("mark", words) ?? "corner") as MarkPlace;
  const nets = flags("nets", words)?.split(",").map(Number) ?? split.nets;
  const sets = Number(flags("sets", words) ?? split.seeds.length);
  const rows: Record<string, string | number>[] = [];
  const log: unknown[] = [];
  for (const lesson of ["honest", "shortcut"] as const) {
    for (const net of nets) {
      const url = pathToFileURL(fixture(`classroom/${lesson}-${net}.onnx`));
      await using model = await loadModel(url, { ...classroom.models[lesson].options, threads: 1 });
      const reports: ShortcutReport[] = [];
      for (const seed of split.seeds.slice(0, sets)) {
        const pictures = await pictureFolder(PICTURES, seed, place);
        const out = await mkdtemp(join(tmpdir(), "sightline-bench-"));
        const result = await audit(model, pictures, { out, method, shortcuts: false });
        const report = await findShortcuts(model, result, { seed });
        reports.push(report);
        const measures = [...report.groups, ...report.moving].map(({ pictures: { length: count }, ...measured }) => ({
          ...{ lesson, net, seed, count, ...measured },
          ...{ mean: undefined, patch: undefined, regions: undefined },
        }));
        log.push(...measures);
        await Promise.all([rm(out, { recursive: true }), rm(pictures, { recursive: true })]);
      }
      const summary = place === "corner" ? fixedSummary(reports) : movingSummary(reports);
      rows.push({ net: `${lesson} ${net}`, ...summary });
    }
  }
  console.log(`${method}, ${sets} sets of ${PICTURES} pictures, boats marked: ${place}\n`);
  printTable(rows);
  await mkdir("reports", { recursive: true });
  await writeFile(`reports/shortcuts-${place}-${method}-${nets.join("-")}.json`, JSON.stringify(log));
}

const range = (values: number[]) =>
  values.length > 0
    ? `${Math.min(...values).toFixed(2)} … ${median(values).toFixed(2)} … ${Math.max(...values).toFixed(2)}`
    : "–";

function fixedSummary(reports: readonly ShortcutReport[]): Record<string, string> {
  const found = reports.map((report) => report.groups);
  const moving = reports.flatMap((report) => report.moving.filter(({ flagged }) => flagged));
  const firsts = found.filter(([first]) => first?.flagged && first.prediction === "boat" && isMark(first)).length;
  const others = found.flat().filter((group) => group.flagged && !(group.prediction === "boat" && isMark(group)));
  const boats = found.map((groups) => groups.find(({ prediction, flips }) => prediction === "boat" && flips !== null));
  return {
    "watermark first": `${firsts} of ${found.length}`,
    "others flagged": `${others.length} of ${found.flat().length} groups`,
    "moving flagged": String(moving.length),
    "boats' share": range(boats.flatMap((group) => group?.share ?? [])),
    "boats' flips": range(boats.flatMap((group) => group?.flips ?? [])),
    control: range(boats.flatMap((group) => group?.control ?? [])),
    "others' share": range(
      found.map((groups) =>
        Math.max(...groups.filter(({ prediction }) => prediction !== "boat").map(({ share }) => share)),
      ),
    ),
  };
}

/** The region is the lower left, where the mark lies. */
const isMark = ({ box }: Shortcut) => box.x < 0.15 && box.y > 0.6;

function movingSummary(reports: readonly ShortcutReport[]): Record<string, string> {
  const firsts = reports.filter(({ moving: [first] }) => first?.flagged && first.prediction === "boat").length;
  const boats = reports.flatMap(({ moving }) => moving.filter(({ prediction }) => prediction === "boat"));
  const others = reports.flatMap(({ moving }) => moving.filter(({ prediction }) => prediction !== "boat"));
  const fixed = reports.flatMap(({ groups }) => groups.filter(({ flagged }) => flagged));
  const common = (all: typeof boats) => range(all.map((group) => group.common ?? 0));
  return {
    "watermark first": `${firsts} of ${reports.length}`,
    "others flagged": `${others.filter(({ flagged }) => flagged).length + fixed.length}`,
    "boats' share": range(boats.map(({ share }) => share)),
    "boats' flips": range(boats.map(({ flips }) => flips)),
    "boats' control": range(boats.map(({ control }) => control)),
    "boats removed": range(boats.map(({ removed }) => removed)),
    "boats' common": common(boats),
    "others' flips": range(others.map(({ flips }) => flips)),
    "others' common": common(others),
  };
}
