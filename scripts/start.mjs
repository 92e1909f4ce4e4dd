// npm start: packages and build, then `sightline start` on the repository's own lessons.
//   npm start -- --no-lab    stop after the walkthroughs and the table of cases
//   npm start -- --fresh     run the walkthroughs although nothing has changed
import { spawn } from "node:child_process";
import { join } from "node:path";
import { cli, prepareBuild, root } from "./setup.mjs";

console.log("Sightline\n");
await prepareBuild();
const own = ["--run", "--environment", join(root, ".venv"), "--reports", join(root, "reports")];
const child = spawn(process.execPath, [cli, "start", join(root, "notebooks"), ...own, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.once("close", (code) => process.exit(code ?? 1));
