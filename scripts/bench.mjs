// npm run bench [name …]: benchmarks print ratios from one run; nothing here is a test.
//   npm run bench methods -- --write    also puts what it prints into docs/benchmarks.md (truth writes its own page)
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeBench } from "./bench-page.mjs";
import { prepareBuild, prepareModel, root } from "./setup.mjs";

const folder = join(root, "dist/test/bench");
await prepareBuild();
await prepareModel();
const known = readdirSync(folder)
  .filter((name) => name.endsWith(".js"))
  .map((name) => name.slice(0, -3))
  .sort();
const flags = process.argv.slice(2).filter((word) => word.startsWith("-"));
const OWN_PAGE = new Set(["truth"]);
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`unknown benchmark ${unknown.join(", ")}: expected ${known.join(", ")}`);
  process.exit(1);
}
for (const name of wanted.length > 0 ? wanted : known) {
  console.log(`\n# ${name}\n`);
  const { bench } = await import(pathToFileURL(join(folder, `${name}.js`)).href);
  if (flags.includes("--write") && !OWN_PAGE.has(name)) await writeBench(name, bench, flags);
  else await bench(flags);
}
