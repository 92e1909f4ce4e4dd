// npm start: makes everything ready, runs the walkthroughs on our own kernel, prints the cases, opens JupyterLab.
//   npm start -- --no-lab    stop after the table
//   npm start -- --fresh     run the walkthroughs again although nothing has changed
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cli, prepare, root, venvBin } from "./setup.mjs";

const args = new Set(process.argv.slice(2));
const unknown = [...args].filter((word) => !["--no-lab", "--fresh"].includes(word));
if (unknown.length > 0) {
  console.error(`unknown option ${unknown.join(" ")}: expected --no-lab or --fresh`);
  process.exit(1);
}
const WALKTHROUGHS = ["1-basic", "2-deep-dive", "3-map-interpretation"];

console.log("Sightline\n");
const { missing, python } = await prepare();

const reports = join(root, "reports");
const notebooks = WALKTHROUGHS.map((name) => join(root, "notebooks", `${name}.ipynb`));
const stamp = join(reports, ".walkthroughs");
const state = stateOf([...notebooks, join(root, "dist/.built")]);
const upToDate =
  !args.has("--fresh") &&
  existsSync(stamp) &&
  readFileSync(stamp, "utf8") === state &&
  WALKTHROUGHS.every((name) => existsSync(join(reports, `${name}.html`)));
if (upToDate) {
  console.log("• The walkthroughs are as they were last run (npm start -- --fresh runs them again)");
} else {
  console.log("• Walkthroughs, on our own kernel");
  const run = spawnSync(process.execPath, [cli, "notebook", "run", ...notebooks, "--html", reports], {
    cwd: root,
    stdio: "inherit",
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  writeFileSync(stamp, stateOf([...notebooks, join(root, "dist/.built")]));
}

console.log(`\n${casesTable(notebooks[2])}\n`);
for (const name of WALKTHROUGHS) console.log(`  ${join("reports", `${name}.html`)}`);
for (const sentence of missing) console.log(`\nMissing: ${sentence}`);

if (!args.has("--no-lab") && python) await jupyterLab();

function stateOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  for (const name of readdirSync(join(root, "notebooks/images")))
    hash.update(readFileSync(join(root, "notebooks/images", name)));
  return hash.digest("hex");
}

/** The table of cases is an output of the third walkthrough. */
function casesTable(file) {
  const { cells } = JSON.parse(readFileSync(file, "utf8"));
  const data = cells
    .flatMap((cell) => cell.outputs ?? [])
    .map((output) => output.data?.["application/vnd.sightline.rows+json"])
    .find((value) => Array.isArray(value) && value[0]?.case !== undefined);
  if (!data) return "The third walkthrough has no table of cases.";
  const columns = Object.keys(data[0]);
  const text = (value) =>
    typeof value === "number" ? (Number.isInteger(value) ? String(value) : value.toFixed(2)) : String(value);
  const widths = columns.map((key) => Math.max(key.length, ...data.map((row) => text(row[key]).length)));
  const line = (texts) =>
    texts
      .map((value, i) => value.padEnd(widths[i]))
      .join("  ")
      .trimEnd();
  return [
    line(columns),
    line(widths.map((width) => "─".repeat(width))),
    ...data.map((row) => line(columns.map((key) => text(row[key])))),
  ].join("\n");
}

async function jupyterLab() {
  console.log("\n• JupyterLab (stop it with Ctrl-C)");
  const lab = spawn(
    venvBin("jupyter"),
    [
      "lab",
      "--notebook-dir",
      join(root, "notebooks"),
      "--LabApp.news_url=",
      "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
      ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
      ...(process.env.DISPLAY || process.platform !== "linux" ? [] : ["--no-browser"]),
    ],
    { cwd: root, stdio: ["inherit", "ignore", "pipe"] },
  );
  let shown = false;
  let tail = "";
  lab.stderr.on("data", (data) => {
    tail = (tail + data).slice(-4000);
    const url = /https?:\/\/(?:127\.0\.0\.1|localhost)\S*token=\S+/.exec(tail);
    if (url && !shown) {
      shown = true;
      console.log(`\n  ${url[0]}\n`);
    }
  });
  process.on("SIGINT", () => lab.kill("SIGTERM"));
  const status = await new Promise((done) => lab.once("close", done));
  if (!shown) console.error(tail);
  process.exit(status ?? 0);
}
