// npm run bench [name …]: benchmarks print ratios from one run; nothing here is a test.
//   npm run bench methods -- --write    also puts what it prints into docs/benchmarks.md (truth writes its own page)
//   npm run bench -- --page             every section of that page anew, in the length that PAGE gives each
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benchmarks, ELSEWHERE, OWN_PAGE, PAGE, writeBench } from "./bench-page.mjs";
import { prepareBuild, prepareModel, root } from "./setup.mjs";

const flags = process.argv.slice(2).filter((word) => word.startsWith("-"));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("-"));
await prepareBuild();
await prepareModel();
if (flags.includes("--page")) writePage();
else await run(wanted);

async function run(names) {
  const known = await benchmarks();
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    console.error(`unknown benchmark ${unknown.join(", ")}: expected ${[...known.keys()].join(", ")}`);
    process.exit(1);
  }
  const all = [...known.keys()].filter((name) => !ELSEWHERE.has(name));
  for (const name of names.length > 0 ? names : all) {
    console.log(`\n# ${name}\n`);
    if (flags.includes("--write") && !OWN_PAGE.has(name)) await writeBench(name, known.get(name), flags);
    else await known.get(name)(flags);
  }
}

/** Each in a process of its own, so that none changes what the next one measures; one that fails leaves its section as it is. */
function writePage() {
  const failed = [];
  for (const [name, options] of Object.entries(PAGE)) {
    const started = performance.now();
    const script = fileURLToPath(import.meta.url);
    const { status } = spawnSync(process.execPath, [script, name, ...options, "--write"], {
      cwd: root,
      stdio: "inherit",
    });
    console.log(`\n${name}: ${Math.round((performance.now() - started) / 1000)} s`);
    if (status !== 0) failed.push(name);
  }
  if (failed.length === 0) return;
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}
