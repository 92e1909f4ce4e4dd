// npm test: set-up as needed, then every test. Ends with the line "N passed, N failed".
//   npm test                 everything but the long lane
//   npm test -- render       only test files whose path contains "render"
//   npm run test:long        the long lane (files *.long.test.ts) as well
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { prepareTests, root } from "./setup.mjs";

const words = process.argv.slice(2);
const long = words.includes("--long");
const filters = words.filter((word) => !word.startsWith("--"));

const wanted = (part) => filters.length === 0 || filters.some((word) => part.includes(word));
const missing = await prepareTests({ browser: wanted("browser"), queue: wanted("audit/queue") });

const files = readdirSync(join(root, "dist/test"), { recursive: true })
  .map((name) => join("dist/test", name))
  .filter((name) => name.endsWith(".test.js"))
  .filter((name) => long || !name.endsWith(".long.test.js"))
  .filter((name) => filters.length === 0 || filters.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  console.log(`no test file matches ${filters.join(", ")}`);
  console.log("0 passed, 1 failed");
  process.exit(1);
}

const child = spawn(
  process.execPath,
  ["--enable-source-maps", "--test", "--test-concurrency=2", "--test-timeout=600000", "--test-reporter=spec", ...files],
  { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
);
const counts = { pass: 0, fail: 0, skipped: 0, cancelled: 0 };
for await (const line of createInterface({ input: child.stdout })) {
  const count = /^ℹ (pass|fail|skipped|cancelled) (\d+)$/.exec(line);
  if (count) counts[count[1]] = Number(count[2]);
  console.log(line);
}
const status = await new Promise((done) => child.once("close", done));
const failed = counts.fail + counts.cancelled + (status !== 0 && counts.fail + counts.cancelled === 0 ? 1 : 0);
if (counts.skipped) console.log(`${counts.skipped} skipped`);
for (const { part, why } of missing) console.log(`skipped: ${part}; ${why}`);
console.log(`${counts.pass} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
