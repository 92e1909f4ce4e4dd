import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import ort from "onnxruntime-node";
import { loadModel } from "../../src/load-model.js";
import { fetchModel } from "../../src/model/catalog.js";
import { CATALOG } from "../../src/model/catalog-entries.js";
import { median, paired, printTable } from "./measure.js";

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

interface Measured {
  readonly a: number;
  readonly b: number;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** The call alone, in this process, which has loaded both before; what was opened is closed within the time. */
function calls(source: string, path: string): Promise<Measured> {
  const ours = async () => (await loadModel(source)).close();
  const bare = async () => (await ort.InferenceSession.create(readFileSync(path))).release();
  return paired(ours, bare, ROUNDS);
}

/** Each in a process of its own, its imports included. */
function processes(source: string, path: string): Measured {
  const pairs = Array.from({ length: ROUNDS }, () => [inProcess(OURS, source), inProcess(BARE, path)]);
  const ratios = pairs.map(([ours, bare]) => ours / bare);
  return {
    a: median(pairs.map(([ours]) => ours)),
    b: median(pairs.map(([, bare]) => bare)),
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
  };
}

/**
 * Loading a model that was loaded before beside the runtime's bare creation of one session from the same file: the call
 * alone, and a whole process that imports the package and loads. Further models: --model=PATH.
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
    for (const [what, { a, b, ratio, low, high }] of [
      ["the call", await calls(source, path)],
      ["a process with its imports", processes(source, path)],
    ] as const) {
      rows.push({
        model: basename(source),
        what,
        "loadModel (ms)": a,
        "bare session (ms)": b,
        ratio,
        "lowest and highest": `${low.toFixed(2)} … ${high.toFixed(2)}`,
        goal: "≤ 2",
      });
    }
  }
  printTable(rows);
}
