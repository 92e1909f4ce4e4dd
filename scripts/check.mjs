// npm run check: format and lint, types of both sides, the rules of docs/architecture.md. About half a minute; builds what
// it needs, runs no other test. Ends with the line "N passed, N failed".
//   npm run check
//   npm run check -- --install    installs the packages first, as npm test does
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { packages, root } from "./setup.mjs";

if (process.argv.includes("--install") || !existsSync(join(root, "node_modules"))) await packages();

const tool = (path, ...args) => [join(root, "node_modules", path), ...args];
// two lanes, as types take as long as everything else together
const lanes = [
  [["types", tool("typescript/bin/tsc", "--noEmit", "--incremental", "false", "-p", "tsconfig.json")]],
  [
    ["format and lint", tool("@biomejs/biome/bin/biome", "check", ".")],
    ["build", [join(root, "scripts/build.mjs"), "--fast"]],
    ["architecture", ["--enable-source-maps", "--test", join(root, "dist/test/architecture.test.js")]],
    ["types of the browser's half", tool("typescript/bin/tsc", "--noEmit", "-p", "widgets")],
    ["types of the browser edition", tool("typescript/bin/tsc", "--noEmit", "-p", "src/browser")],
  ],
];

async function check([title, args]) {
  const started = Date.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const [[status], ...output] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  console.log(`${status === 0 ? "✔" : "✖"} ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) console.log(output.join("").trimEnd());
  return status === 0;
}

const results = await Promise.all(
  lanes.map(async (lane) => {
    const passed = [];
    for (const step of lane) passed.push(await check(step));
    return passed;
  }),
);
const failed = results.flat().filter((passed) => !passed).length;
console.log(`${results.flat().length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
