// npm run bench [name …]: benchmarks print ratios from one run; nothing here is a test.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepareBuild, prepareModel, root } from "./setup.mjs";

const folder = join(root, "dist/test/bench");
await prepareBuild();
await prepareModel();
const known = readdirSync(folder)
  .filter((name) => name.endsWith(".js"))
  .map((name) => name.slice(0, -3))
  .sort();
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`unknown benchmark ${unknown.join(", ")}: expected ${known.join(", ")}`);
  process.exit(1);
}
for (const name of wanted.length > 0 ? wanted : known) {
  console.log(`\n# ${name}\n`);
  const { bench } = await import(pathToFileURL(join(folder, `${name}.js`)).href);
  await bench(process.argv.slice(2).filter((word) => word.startsWith("-")));
}
