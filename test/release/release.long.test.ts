/**
 * The package as a stranger gets it: packed, published to a registry of its own on this machine, installed from there into
 * an empty project and an empty Python environment, and used. Nothing leaves the machine but what the installs fetch.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { freePort, launch, missingForBrowser, openPage, root, runAll, startJupyter } from "../browser/support.js";
import { loadedModules, loadedTooEarly } from "../support/loaded-modules.js";
import { codeBlocks } from "../support/markdown.js";

/** What a user's `node_modules` may weigh on Linux x64, and how many packages it may hold. */
const MOST_MEGABYTES = 480;
const MOST_PACKAGES = 130;
/** Milliseconds that `import "sightline"` may take. */
const LONGEST_IMPORT = 250;
const PEERS = { verdaccio: { verdaccio: "6.3.2" }, publint: "publint@0.3.25", attw: "@arethetypeswrong/cli@0.18.5" };
const COMPILERS = ["5.7", "5.8", "5.9", "6.0"];

const place = mkdtempSync(join(tmpdir(), "sightline-release-"));
const project = join(place, "project");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const run = (command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 2 ** 20,
    timeout: 900_000,
    cwd: options.cwd ?? project,
    env: { ...process.env, ...options.env },
  });

describe("the package, published and installed", { timeout: 1_800_000 }, () => {
  let registry: { url: string; process: ChildProcess };
  let tarball: string;

  before(async () => {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "name": "reader", "private": true, "type": "module" }\n');
    tarball = packClean();
    registry = await localRegistry();
    writeFileSync(join(project, ".npmrc"), `registry=${registry.url}\n${registry.url.slice(5)}:_authToken=reader\n`);
    run("npm", ["publish", tarball, "--tag", "rehearsal"]);
    run("npm", ["install", "--no-audit", "--no-fund", `sightline@${manifest.version}`]);
  });

  after(() => {
    registry?.process.kill();
    rmSync(place, { recursive: true, force: true });
  });

  test(`weighs at most ${MOST_MEGABYTES} MB in ${MOST_PACKAGES} packages`, () => {
    // onnxruntime-node has 301; of the two units that are called megabyte, the smaller counts
    const bytes = weight(join(project, "node_modules"));
    const megabytes = bytes / 1e6;
    const packages = (JSON.parse(run("npm", ["query", "*"])) as unknown[]).length - 1;
    console.log(`${megabytes.toFixed(1)} MB (${(bytes / 2 ** 20).toFixed(1)} MiB), ${packages} packages`);
    assert.ok(packages <= MOST_PACKAGES, `${packages} packages`);
    if (process.platform === "linux" && process.arch === "x64")
      assert.ok(megabytes <= MOST_MEGABYTES, `${megabytes} MB`);
  });

  test("holds nothing that an earlier build left behind", () => {
    const packed = run("tar", ["-tzf", tarball]).split("\n");
    for (const part of ["src/index.js", "src/index.d.ts", "browser/", "labextension/", "lessons/", "index.js"])
      assert.ok(
        packed.some((name) => name.startsWith(`package/dist/${part}`)),
        part,
      );
    assert.ok(!packed.includes(`package/${LEFT_BEHIND}`));
  });

  test("brings no command that is another tool's", () => {
    const commands = readdirSync(join(project, "node_modules/.bin"));
    assert.ok(commands.includes("sightline"));
    for (const name of ["tsc", "tsserver", "tslab", "node", "npm", "jupyter"])
      assert.ok(!commands.includes(name), name);
  });

  test("is well-formed in the eyes of publint and attw", () => {
    run("npm", ["exec", "--yes", "--package", PEERS.publint, "--", "publint", tarball, "--strict"]);
    run("npm", ["exec", "--yes", "--package", PEERS.attw, "--", "attw", tarball, "--profile", "esm-only"]);
  });

  test(`is imported within ${LONGEST_IMPORT} ms, and loads nothing that it does not need`, () => {
    const timed = 'const start = performance.now(); await import("sightline"); console.log(performance.now() - start);';
    const times = Array.from({ length: 9 }, () => Number(run("node", ["--input-type=module", "-e", timed])));
    const fastest = Math.min(...times);
    console.log(`import, the fastest of ${times.length}: ${fastest.toFixed(0)} ms`);
    const loaded = run("node", [
      "--import",
      loadedModules(),
      "--input-type=module",
      "-e",
      'await import("sightline");',
    ]);
    assert.deepEqual(loadedTooEarly(loaded.trim().split("\n")), []);
    assert.ok(fastest <= LONGEST_IMPORT, `${fastest} ms`);
  });

  test("the README's first ten lines run in plain Node", () => {
    const [code, output] = codeBlocks("README.md", "The first ten lines");
    const picture = join(root, "notebooks/images/camera.png");
    writeFileSync(join(project, "ten-lines.mjs"), code.replaceAll("notebooks/images/camera.png", picture));
    assert.equal(run("node", ["ten-lines.mjs"]).trim(), output.trim());
  });

  test("works where npm runs no install script of what it brings", () => {
    const folder = join(place, "without-scripts");
    mkdirSync(folder);
    for (const name of ["package.json", ".npmrc", "ten-lines.mjs"]) cpSync(join(project, name), join(folder, name));
    run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", `sightline@${manifest.version}`], {
      cwd: folder,
    });
    assert.equal(run("node", ["ten-lines.mjs"], { cwd: folder }), run("node", ["ten-lines.mjs"]));
    const code = 'import { Dealer } from "zeromq"; new Dealer().close(); console.log("sockets");';
    assert.equal(run("node", ["--input-type=module", "-e", code], { cwd: folder }).trim(), "sockets");
  });

  for (const version of COMPILERS) {
    test(`a consumer compiles with TypeScript ${version}, with and without @types/node`, () => {
      const folder = join(place, `typescript-${version}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "package.json"), '{ "private": true }');
      run("npm", ["install", "--no-audit", "--no-fund", `typescript@${version}`], { cwd: folder });
      writeFileSync(join(project, "consumer.ts"), CONSUMER);
      for (const module of ["nodenext", "bundler"]) {
        for (const types of [[], ["node"]]) {
          const config = {
            compilerOptions: {
              target: "es2022",
              lib: ["es2022"],
              module: module === "bundler" ? "preserve" : module,
              moduleResolution: module,
              types,
              strict: true,
              noEmit: true,
              skipLibCheck: false,
            },
            files: ["consumer.ts"],
          };
          writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
          run("node", [join(folder, "node_modules/typescript/bin/tsc"), "-p", "."]);
        }
      }
    });
  }

  test("kernel, lesson 1 and JupyterLab in an empty Python environment", { skip: missingForBrowser() }, async () => {
    const lessons = join(place, "lessons");
    const environment = join(place, "environment");
    const start = ["exec", "--", "sightline", "start", lessons, "--environment", environment, "--set-up"];
    run("npm", start);
    const page = readdirSync(lessons).find((name) => name.startsWith("1-") && name.endsWith(".ipynb"));
    assert.ok(page, "lesson 1 is there");
    await using jupyter = await startJupyter("lab", environment);
    const url = await jupyter.walkthrough(page);
    const browser = await launch();
    try {
      const { page: lab, problems } = await openPage(browser);
      await lab.goto(url);
      await runAll(lab, jupyter);
      // the first picture is held back until it is revealed
      await lab.locator(".jp-OutputArea-output img").locator("visible=true").first().waitFor();
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
    }
  });
});

const CONSUMER = `
import { audit, type Explanation, explain, inputGradient, loadModel, SightlineError, testClaim, visualize } from "sightline";
import { Comm, display } from "sightline/notebook";
import { IntSlider, SaliencyViewer } from "sightline/widgets";
import * as classroom from "sightline/classroom";

export async function main(): Promise<Explanation> {
  const model = await loadModel("model.onnx", { labels: ["cat", "dog"] });
  try {
    const explanation = await explain(model, "cat.png", { method: "rise", preset: "speed", targets: ["cat"] });
    await (await visualize(explanation)).save("cat.png");
    await display(explanation);
    return explanation;
  } catch (error) {
    if (error instanceof SightlineError) console.log(error.code);
    throw error;
  } finally {
    await model.close();
  }
}
export const all = [audit, inputGradient, testClaim, Comm, IntSlider, SaliencyViewer, classroom];
declare const console: { log(...values: unknown[]): void };
`;

/** A file of an earlier build, as each checkout has them. */
const LEFT_BEHIND = "dist/src/left-behind.js";

/** Packs the checkout's own files, with what npm builds of them on the way; returns the tarball. */
function packClean(): string {
  const checkout = join(place, "checkout");
  for (const name of run("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root }).split("\0")) {
    if (name && existsSync(join(root, name))) cpSync(join(root, name), join(checkout, name));
  }
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"), "junction");
  mkdirSync(join(checkout, "dist/src"), { recursive: true });
  writeFileSync(join(checkout, LEFT_BEHIND), "");
  run("npm", ["pack", "--pack-destination", place], { cwd: checkout });
  const tarball = readdirSync(place).find((name) => name.endsWith(".tgz"));
  assert.ok(tarball, "npm packed");
  return join(place, tarball);
}

/** Bytes of all files in a folder. */
function weight(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Installs the registry; returns its program. One of its plugins asks for a tag of node-fetch, which mirrors may not carry. */
function verdaccio(): string {
  const folder = join(place, "verdaccio");
  mkdirSync(folder);
  const wanted = { private: true, dependencies: PEERS.verdaccio, overrides: { "node-fetch": "2.7.0" } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(wanted));
  run("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder });
  return join(folder, "node_modules/verdaccio/bin/verdaccio");
}

/** A registry on this machine that takes our package and passes all others through. */
async function localRegistry(): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort();
  const upstream = run("npm", ["config", "get", "registry"], { cwd: root }).trim();
  const open = "access: $all, publish: $all, unpublish: $all";
  const config = [
    `storage: ${join(place, "registry")}`,
    `uplinks: { upstream: { url: "${upstream}", max_fails: 100, timeout: 120s } }`,
    "packages:",
    `  sightline: { ${open} }`,
    `  "**": { ${open}, proxy: upstream }`,
    "max_body_size: 200mb",
    "log: { type: stdout, format: pretty, level: warn }",
    "",
  ].join("\n");
  writeFileSync(join(place, "registry.yaml"), config);
  const child = spawn(
    process.execPath,
    [verdaccio(), "--config", join(place, "registry.yaml"), "--listen", `127.0.0.1:${port}`],
    { cwd: place, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (log += data));
  const url = `http://127.0.0.1:${port}/`;
  for (const deadline = Date.now() + 300_000; ; ) {
    const up = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return { url, process: child };
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the registry did not start:\n${log}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}
