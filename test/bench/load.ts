import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { loadModel } from "../../src/load-model.js";
import { fetchModel } from "../../src/model/catalog.js";
import { CATALOG } from "../../src/model/catalog-entries.js";
import { median, printTable } from "./measure.js";

const ROUNDS = 7;

/** Prints the milliseconds that a piece of work takes in a process of its own, from its first import on. */
function inProcess(script: string, path: string): number {
  const timed = `const started = performance.now(); ${script} console.log(performance.now() - started); process.exit();`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", timed, path], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

const OURS = `const { loadModel } = await import("sightline"); await loadModel(process.argv[1]);`;
const BARE = `const { readFileSync } = await import("node:fs");
  const { default: ort } = await import("onnxruntime-node");
  await ort.InferenceSession.create(readFileSync(process.argv[1]));`;

/**
 * Loading a model that was loaded before beside the runtime's bare creation of one session from the same file, each in a
 * process of its own with its imports. Further models: --model=PATH.
 */
export async function bench(flags: readonly string[]): Promise<void> {
  const [entry] = CATALOG;
  const file = await fetchModel(entry.name);
  const given = flags.filter((flag) => flag.startsWith("--model=")).map((flag) => flag.slice("--model=".length));
  const rows = [];
  for (const { source, path } of [
    { source: entry.name, path: file },
    ...given.map((path) => ({ source: path, path })),
  ]) {
    await (await loadModel(source)).close();
    const pairs = Array.from({ length: ROUNDS }, () => [inProcess(OURS, source), inProcess(BARE, path)]);
    const ratios = pairs.map(([ours, bare]) => ours / bare);
    rows.push({
      model: basename(source),
      "loadModel (ms)": median(pairs.map(([ours]) => ours)),
      "bare session (ms)": median(pairs.map(([, bare]) => bare)),
      ratio: median(ratios),
      "lowest and highest": `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
      goal: "≤ 2",
    });
  }
  printTable(rows);
}
