// docs/benchmarks.md: a section for each benchmark, as `npm run bench NAME -- --write` printed it, and the machine that it ran on.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./setup.mjs";

/** The sections of docs/benchmarks.md, with what keeps all of them together below a quarter of an hour on two idle cores. */
export const PAGE = {
  kernel: [],
  "round-trip": [],
  load: [],
  methods: ["--rounds=3"],
  gradients: [],
  processor: ["--rounds=5"],
  precision: [],
  "path-steps": [],
  audit: ["--pictures=192"],
  explorer: [],
  shortcuts: ["--sets=2"],
  concepts: ["--sets=2"],
  recommend: ["--pictures=3"],
  duplicates: [],
  train: [],
  quality: ["--classroom", "--short", "--plain"],
  site: [],
  widgets: [],
};

/** Benchmarks with a page of their own, which they write themselves. */
export const OWN_PAGE = new Set(["truth"]);

/** Benchmarks for machines of a kind of their own, which write no page. */
export const ELSEWHERE = new Set(["device"]);

const INTRO = `# Benchmarks

Each section is written by the command under its heading, and all of them by \`npm run bench -- --page\`; numbers of pictures, sets and
rounds are options of each. Ratios come from one run, ours and the comparison in turn, so that they hold when the machine's speed
drifts; milliseconds and pauses are those of the machine that is named, under the load that is named: a load above the number of
cores means that other work ran beside.
`;

/** The modules that are benchmarks, by name; the others help them. */
export async function benchmarks() {
  const folder = join(root, "dist/test/bench");
  const found = new Map();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".js")) continue;
    const { bench } = await import(pathToFileURL(join(folder, file)).href);
    if (bench) found.set(file.slice(0, -3), bench);
  }
  return found;
}

/** Runs a benchmark, prints what it prints, and puts it into the page. */
export async function writeBench(name, bench, flags, page = join(root, "docs/benchmarks.md")) {
  const printed = [];
  const { log } = console;
  console.log = (...values) => {
    printed.push(values.join(" "));
    log(...values);
  };
  const before = loadavg()[0].toFixed(1);
  try {
    await bench(flags);
  } finally {
    console.log = log;
  }
  if (printed.length === 0) throw new Error(`the benchmark ${name} printed nothing`);
  const words = ["npm run bench", name, "--", ...flags].join(" ");
  const section = `## ${name}\n\n\`${words}\`, ${machine(before)}\n\n${printed.join("\n").trim()}\n`;
  const sections = (existsSync(page) ? readFileSync(page, "utf8") : "").split(/^(?=## )/m).slice(1);
  const others = sections.filter((text) => !text.startsWith(`## ${name}\n`)).map((text) => `${text.trimEnd()}\n`);
  writeFileSync(page, [INTRO, ...[...others, section].sort()].join("\n"));
}

function machine(before) {
  const [{ model }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, on ${model.trim()}, ${cpus().length} cores, ${memory} GiB, ${platform()} ${release()}, Node ${process.versions.node}; load average before it ${before}, after it ${loadavg()[0].toFixed(1)}.`;
}
