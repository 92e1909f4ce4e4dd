// What must stand before anything can run: packages, build, Python environment, model, kernel. Plain Node, nothing installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const windows = process.platform === "win32";
export const venv = join(root, ".venv");
export const venvBin = (name) => join(venv, windows ? "Scripts" : "bin", windows ? `${name}.exe` : name);
export const cli = join(root, "dist/src/cli/main.js");

/** Makes everything ready; each step is skipped when what it makes is already there. Returns what is missing. */
export async function prepare({ browser = false, queue = false } = {}) {
  checkNode();
  await packages();
  await build();
  const missing = [];
  const python = await pythonEnvironment();
  if (python.missing) missing.push(python.missing);
  await model();
  if (!python.missing) await kernelspec();
  if (browser) {
    const chromium = findChromium();
    if (!chromium) missing.push("Chromium for the browser tests: apt-get install chromium");
  }
  if (queue && spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status !== 0) {
    missing.push("Redis for the tests of the job queue: apt-get install redis-server");
  }
  for (const sentence of missing) console.log(`  missing: ${sentence}`);
  return { missing, python: python.missing ? undefined : venvBin("python") };
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
  const inputs = ["src", "test", "widgets"].flatMap(filesUnder).filter((file) => /\.(ts|json|css|onnx)$/.test(file));
  const state = digest(
    join(root, "tsconfig.json"),
    join(root, "scripts/build.mjs"),
    join(root, "package-lock.json"),
    ...inputs,
  );
  if (stamped(stamp, state)) return;
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await step("Build", process.execPath, [join(root, "scripts/build.mjs")]);
  mark(stamp, state);
}

function findPython() {
  const candidates = windows ? [["py", "-3.11"], ["python"]] : [["python3.11"], ["python3"], ["python"]];
  for (const [command, ...args] of candidates) {
    const probe = spawnSync(command, [...args, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"], {
      encoding: "utf8",
    });
    const [major, minor] = (probe.stdout ?? "").trim().split(" ").map(Number);
    if (probe.status === 0 && major === 3 && minor >= 11) return [command, ...args];
  }
  return undefined;
}

async function pythonEnvironment() {
  const requirements = join(root, "scripts/requirements.txt");
  const stamp = join(venv, ".sightline-requirements");
  const state = digest(requirements);
  if (stamped(stamp, state) && existsSync(venvBin("jupyter"))) return {};
  const python = findPython();
  if (!python) {
    return {
      missing:
        "Python 3.11 with pip and venv, for JupyterLab (Debian: apt-get install python3 python3-venv python3-pip)",
    };
  }
  if (!existsSync(venvBin("python"))) {
    await step("Python environment (.venv)", python[0], [...python.slice(1), "-m", "venv", venv]);
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "-r", requirements];
  await step("JupyterLab and its friends (pip)", venvBin("python"), pip);
  mark(stamp, state);
  return {};
}

async function model() {
  const have = spawnSync(process.execPath, [cli, "models", "path", "efficientnet-lite0"], { stdio: "ignore" });
  if (have.status === 0) return;
  await step("Model efficientnet-lite0", process.execPath, [cli, "models", "get", "efficientnet-lite0"]);
}

async function kernelspec() {
  const installed = spawnSync(process.execPath, [cli, "kernel", "install", "--prefix", venv], { encoding: "utf8" });
  if (installed.status !== 0) throw new Error(`the kernel could not be installed: ${installed.stderr}`);
}

/** Path of a Chromium, from CHROMIUM or the usual names. */
export function findChromium() {
  const names = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"].filter(Boolean);
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}
