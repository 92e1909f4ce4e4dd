// docs/benchmarks.md: a section for each benchmark, as `npm run bench NAME -- --write` printed it, and the machine that it ran on.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";

const page = join(root, "docs/benchmarks.md");
const INTRO = `# Benchmarks

Each section is written by the command under its heading. Ratios come from one run, ours and the comparison in turn, so that they hold
when the machine's speed drifts; milliseconds and pauses are those of the machine that is named, under the load that is named.
`;

/** Runs a benchmark, prints what it prints, and puts it into the page. */
export async function writeBench(name, bench, flags) {
  const printed = [];
  const { log } = console;
  console.log = (...values) => {
    printed.push(values.join(" "));
    log(...values);
  };
  const load = loadavg()[0].toFixed(1);
  try {
    await bench(flags);
  } finally {
    console.log = log;
  }
  const words = ["npm run bench", name, "--", ...flags].join(" ");
  const section = `## ${name}\n\n\`${words}\`, ${machine(load)}\n\n${printed.join("\n").trim()}\n`;
  const sections = (existsSync(page) ? readFileSync(page, "utf8") : "").split(/^(?=## )/m).slice(1);
  const others = sections.filter((text) => !text.startsWith(`## ${name}\n`)).map((text) => `${text.trimEnd()}\n`);
  writeFileSync(page, [INTRO, ...[...others, section].sort()].join("\n"));
}

function machine(load) {
  const [{ model }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, on ${model.trim()}, ${cpus().length} cores, ${memory} GiB, ${platform()} ${release()}, Node ${process.versions.node}; load before it ${load}.`;
}
