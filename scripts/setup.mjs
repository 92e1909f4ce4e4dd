// What must stand before anything can run: packages and build, in plain Node with nothing installed; then, by what was
// built, the Python environment, the kernel and the model, as `sightline start` makes them.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
export const cli = join(root, "dist/src/cli/main.js");
const venv = join(root, ".venv");

/** Packages and build; each step is skipped when what it makes is already there. */
export async function prepareBuild() {
  checkNode();
  await packages();
  await build();
}

/**
 * Everything that the tests need; returns what is missing: a part, and the command that brings it.
 * @param wants which parts of the tests are to run
 */
export async function prepareTests(wants) {
  await prepareBuild();
  const missing = [];
  const built = (module) => import(new URL(`../dist/src/${module}.js`, import.meta.url).href);
  const { prepareEnvironment } = await built("cli/start/environment");
  try {
    await prepareEnvironment(venv, join(root, "scripts/requirements.txt"));
  } catch (error) {
    if (error.code !== "not-installed") throw error;
    missing.push({ part: "tests with JupyterLab, nbclient and nbconvert", why: error.message });
  }
  await prepareModel();
  const { chromium, redis } = await built("cli/doctor/test-programs");
  for (const [wanted, part, look] of [
    [wants.browser, "tests in a browser", chromium],
    [wants.queue, "tests of the job queue", redis],
  ]) {
    try {
      if (wanted) look();
    } catch (error) {
      missing.push({ part, why: `${error.message}: ${error.fix}` });
    }
  }
  return missing;
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Sightline needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs one step with its output shown, indented under its title, and the time it took. */
async function step(title, command, args, options = {}) {
  const started = Date.now();
  console.log(`• ${title}`);
  const windows = process.platform === "win32";
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: windows, ...options });
  const tail = [];
  let shown = Date.now();
  const note = (data) => {
    for (const line of String(data)
      .split(/\r?\n|\r/)
      .filter((text) => text.trim())) {
      tail.push(line);
      if (tail.length > 60) tail.shift();
      if (Date.now() - shown > 3000) {
        shown = Date.now();
        console.log(`    ${line.slice(0, 110)}`);
      }
    }
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const pulse = setInterval(() => {
    if (Date.now() - shown > 10_000) {
      shown = Date.now();
      console.log(`    … ${Math.round((Date.now() - started) / 1000)} s`);
    }
  }, 1000);
  const status = await new Promise((done) => {
    child.once("error", (error) => done(error));
    child.once("close", done);
  });
  clearInterval(pulse);
  if (status === 0) {
    console.log(`  done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return;
  }
  console.error(tail.join("\n"));
  throw new Error(`${title}: ${status instanceof Error ? status.message : `ended with code ${status}`}`);
}

const digest = (...files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest("hex");
};
const stamped = (stamp, value) => existsSync(stamp) && readFileSync(stamp, "utf8") === value;
const mark = (stamp, value) => {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, value);
};

export async function packages() {
  const stamp = join(root, "node_modules/.sightline-lock");
  const lock = digest(join(root, "package-lock.json"));
  if (stamped(stamp, lock)) return;
  await step("Node packages (npm ci)", "npm", ["ci", "--no-audit", "--no-fund"]);
  mark(stamp, lock);
}

const filesUnder = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
        .map((name) => join(root, folder, name))
        .filter((file) => statSync(file).isFile())
        .sort()
    : [];

async function build() {
  const stamp = join(root, "dist/.built");
  const inputs = ["src", "test", "widgets"]
    .flatMap(filesUnder)
    .filter((file) => /\.(ts|json|css|onnx|txt)$/.test(file));
  const scripts = filesUnder("scripts").filter((file) => /build|bundle|vendor/.test(file));
  const state = digest(join(root, "tsconfig.json"), join(root, "package-lock.json"), ...scripts, ...inputs);
  if (stamped(stamp, state)) return;
  await step("Build", process.execPath, [join(root, "scripts/build.mjs"), "--clean"]);
  mark(stamp, state);
}

/** The model of the lessons, in the cache. */
export async function prepareModel() {
  const have = spawnSync(process.execPath, [cli, "models", "path", "efficientnet-lite0"], { stdio: "ignore" });
  if (have.status === 0) return;
  await step("Model efficientnet-lite0", process.execPath, [cli, "models", "get", "efficientnet-lite0"]);
}
