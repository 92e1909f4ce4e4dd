import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { doctor, type Finding, type Machine } from "../../src/cli/doctor.js";
import { installKernel } from "../../src/kernel/install/install.js";

const require = createRequire(import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), "sightline-doctor-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const posix = process.platform !== "win32";
const prefix = join(scratch, "env");

/** A script that stands for a program. */
function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

/** Answers what the search for Python asks: its version, and whether it can make environments. */
const PYTHON = 'case "$*" in *version_info*) echo 3 12;; esac';

/** A machine with everything: a kernel in an environment, and a program that calls itself JupyterLab. */
async function machine(name: string, labVersion = "4.6.6"): Promise<Machine> {
  const root = join(scratch, name);
  const programs = join(root, "programs");
  program(programs, "jupyter", `echo ${labVersion}`);
  program(programs, "python3", PYTHON);
  await installKernel({ prefix });
  mkdirSync(join(prefix, "share/jupyter/labextensions/sightline"), { recursive: true });
  const env = { VIRTUAL_ENV: prefix, PATH: programs, SIGHTLINE_CACHE: join(root, "cache") };
  const host = { platform: process.platform, env, home: join(root, "home") };
  return { nodeVersion: "20.19.0", host, root, address: "127.0.0.1", load: async () => ({}) };
}

function finding(findings: readonly Finding[], check: string): Finding {
  return findings.find((one) => one.check === check) ?? assert.fail(`no check ${check}`);
}

test("nothing is wrong with a machine that has everything", { skip: !posix }, async () => {
  const findings = await doctor(await machine("whole"));
  assert.deepEqual(
    findings.filter(({ ok, fix }) => !ok || fix),
    [],
  );
  assert.deepEqual(
    findings.map(({ check }) => check),
    [
      ...["Node", "Python", "JupyterLab", "kernelspec", "labextension", "zeromq", "onnxruntime-node", "sharp"],
      ...["proxy", "free ports", "home folder", "model cache"],
    ],
  );
  assert.equal(finding(findings, "JupyterLab").found, "4.6.6");
});

test("this very machine can load its native modules and listen", async () => {
  const findings = await doctor();
  for (const check of ["Node", "zeromq", "onnxruntime-node", "sharp", "free ports"]) {
    assert.equal(finding(findings, check).ok, true, check);
  }
});

test("where sightline start has set everything up in the cache, nothing is missing", { skip: !posix }, async () => {
  const { host, ...rest } = await machine("started");
  const cache = join(scratch, "started-cache");
  const started = join(cache, "jupyter");
  program(join(started, "bin"), "jupyter", "echo 4.5.0");
  await installKernel({ prefix: started });
  mkdirSync(join(started, "share/jupyter/labextensions/sightline"), { recursive: true });
  const programs = program(join(scratch, "started-programs"), "python3", PYTHON);
  const env = { PATH: programs, SIGHTLINE_CACHE: cache, HOME: join(scratch, "started-home") };
  const findings = await doctor({ ...rest, host: { ...host, env } });
  for (const check of ["JupyterLab", "kernelspec", "labextension"])
    assert.equal(finding(findings, check).fix, "", check);
  assert.equal(finding(findings, "JupyterLab").found, "4.5.0");
});

const without = (machine: Machine, env: Record<string, string>): Machine => ({
  ...machine,
  host: { ...machine.host, env: { ...machine.host.env, ...env } },
});

const REPAIRS: Record<string, RegExp> = {
  zeromq: /^rm -rf "node_modules\/zeromq" && npm install$/,
  sharp: /^npm install --include=optional sharp$/,
  "onnxruntime-node": /^rm -rf "node_modules\/onnxruntime-node" && ONNXRUNTIME_NODE_INSTALL=skip npm install$/,
};

const PROXY = "http://reader:secret@proxy.school:8080";

/** onnxruntime-node as it is installed, but for its native half, which is what the test says. */
function withoutBinding(one: Machine, binding?: string): Machine {
  const packages = join(one.root, "node_modules");
  const own = join(packages, "onnxruntime-node");
  const installed = dirname(require.resolve("onnxruntime-node/package.json"));
  for (const name of ["package.json", "dist"]) cpSync(join(installed, name), join(own, name), { recursive: true });
  const common = dirname(dirname(dirname(createRequire(installed).resolve("onnxruntime-common"))));
  symlinkSync(common, join(packages, "onnxruntime-common"));
  if (binding !== undefined) {
    const folder = join(own, "bin/napi-v6", process.platform, process.arch);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "onnxruntime_binding.node"), binding);
  }
  return { ...one, load: async (name) => name === "onnxruntime-node" && createRequire(join(packages, "x.js"))(name) };
}

for (const [check, what, broken, found, fix] of [
  ["Node", "too old", (one) => ({ ...one, nodeVersion: "20.18.1" }), /20\.18\.1 is too old/, /Node 20\.19/],
  ["Python", "missing", (one) => without(one, { PATH: "/nowhere" }), /^Python is not found$/, /python3/],
  [
    "Python",
    "too old",
    (one) => without(one, { PATH: program(join(one.root, "old"), "python3", "echo 3 9") }),
    /^Python 3\.9 is too old: 3\.11 or newer is needed$/,
    /python3/,
  ],
  [
    "Python",
    "without ensurepip",
    (one) =>
      without(one, {
        PATH: program(join(one.root, "bare"), "python3", `${PYTHON}; case "$*" in *venv*) exit 1;; esac`),
      }),
    /^Python 3\.12 is there, but its venv module is not$/,
    process.platform === "linux" ? /apt-get install .*python3-venv/ : /python/i,
  ],
  ["JupyterLab", "missing", (one) => without(one, { PATH: "/nowhere" }), /not found/, /pip install 'jupyterlab/],
  ["kernelspec", "missing", (one) => without(one, { VIRTUAL_ENV: "/nowhere" }), /not installed/, /kernel install/],
  ["labextension", "not built", (one) => without(one, { VIRTUAL_ENV: "/nowhere" }), /not built/, /npm run build/],
  ...["zeromq", "onnxruntime-node", "sharp"].map(
    (name) =>
      [
        name,
        "unable to load",
        (one: Machine) => ({
          ...one,
          load: async (asked: string) => {
            if (asked === name) throw new Error(`${name}.node: wrong ELF class\nrequire stack`);
          },
        }),
        /^\S+: wrong ELF class$/,
        REPAIRS[name],
      ] as const,
  ),
  [
    "onnxruntime-node",
    "not installed",
    (one) => ({
      ...one,
      load: async (name) => name === "onnxruntime-node" && createRequire(join(one.root, "x.js"))(name),
    }),
    /^Cannot find module 'onnxruntime-node'$/,
    /^npm install$/,
  ],
  [
    "onnxruntime-node",
    "without its binding",
    (one) => withoutBinding(one),
    /^Cannot find module '\.\.\/bin\/.*onnxruntime_binding\.node'$/,
    /^rm -rf "\/.*\/node_modules\/onnxruntime-node" && ONNXRUNTIME_NODE_INSTALL=skip npm install$/,
  ],
  [
    "onnxruntime-node",
    "with half of its binding",
    (one) => withoutBinding(one, "cut off"),
    /onnxruntime_binding\.node/,
    /^rm -rf "\/.*\/node_modules\/onnxruntime-node" && /,
  ],
  [
    "proxy",
    "for some programs only",
    (one) => without({ ...one, nodeVersion: "24.1.0" }, { http_proxy: PROXY, NO_PROXY: "school.local" }),
    /^HTTP_PROXY is set, but npm, pip, Node and JupyterLab need HTTPS_PROXY, NO_PROXY, NODE_USE_ENV_PROXY beside it$/,
    /^export HTTPS_PROXY="\$http_proxy" && export NO_PROXY="school\.local,localhost,127\.0\.0\.1" && export NODE_USE_ENV_PROXY="1"$/,
  ],
  [
    "proxy",
    "without http://",
    (one) => without(one, { HTTPS_PROXY: "reader:secret@proxy.school:8080" }),
    /^HTTPS_PROXY begins with no http:\/\/, and npm refuses it$/,
    /^export HTTPS_PROXY="http:\/\/\$HTTPS_PROXY"$/,
  ],
  [
    "proxy",
    "that this Node cannot ask",
    (one) => without(one, { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: "*" }),
    /^Node 20\.19\.0 downloads models past the proxy of HTTPS_PROXY: it cannot ask one$/,
    /^install Node 24, or/,
  ],
  ["free ports", "refused", (one) => ({ ...one, address: "192.0.2.1" }), /EADDRNOTAVAIL|listen/, /allow programs/],
  ...(["home folder", "model cache"] as const).map(
    (name) =>
      [
        name,
        "that is a file",
        (one: Machine) => {
          const file = join(one.root, "file");
          writeFileSync(file, "");
          if (name === "model cache") return without(one, { SIGHTLINE_CACHE: file });
          return { ...one, host: { ...one.host, home: file } };
        },
        /file\S* cannot be written \(ENOTDIR\)$/,
        name === "model cache" ? /export SIGHTLINE_CACHE="\$\(mktemp -d\)"/ : /export HOME="\$\(mktemp -d\)"/,
      ] as const,
  ),
] as readonly (readonly [string, string, (machine: Machine) => Machine, RegExp, RegExp])[]) {
  test(`${check} ${what}: said, with what to do, and the rest is still looked at`, { skip: !posix }, async () => {
    const findings = await doctor(broken(await machine(`${check} ${what}`)));
    const { ok, found: said, fix: advice } = finding(findings, check);
    assert.equal(ok, false);
    assert.match(said, found);
    assert.match(advice, fix);
    assert.equal(findings.length, 12);
    assert.doesNotMatch(JSON.stringify(findings), /secret/);
  });
}

test("a folder on a file system that takes no files is not writable, whoever asks", {
  skip: process.platform !== "linux",
}, async () => {
  const one = await machine("read-only");
  const home = finding(await doctor(without(one, { JUPYTER_DATA_DIR: "/proc/jupyter" })), "home folder");
  assert.match(home.found, /^\/proc\/jupyter cannot be written \(\w+\)$/);
  assert.match(home.fix, /export JUPYTER_DATA_DIR=/);
});

test("a proxy that everybody asks is no fault", { skip: !posix }, async () => {
  const all = { https_proxy: PROXY, http_proxy: PROXY, no_proxy: "localhost, 127.0.0.1", NODE_USE_ENV_PROXY: "1" };
  const one = without({ ...(await machine("behind a proxy")), nodeVersion: "22.21.0" }, all);
  assert.deepEqual(finding(await doctor(one), "proxy"), {
    ...{ check: "proxy", ok: true, found: "npm, pip and Node ask it", fix: "" },
  });
});

test("a checkout is also told what its tests lack, and what they have", { skip: !posix }, async () => {
  const one = await machine("checkout");
  mkdirSync(join(one.root, "scripts"));
  writeFileSync(join(one.root, "scripts/test.mjs"), "");
  const bare = await doctor(one);
  for (const [check, fix] of [
    ["Chromium (tests)", "apt-get install chromium"],
    ["Redis (tests)", "apt-get install redis-server"],
  ]) {
    const { ok, found, fix: advice } = finding(bare, check);
    assert.deepEqual([ok, found, advice], [false, `${check.split(" ")[0]} is not found`, fix]);
  }
  program(join(one.root, "programs"), "redis-server", "echo 7");
  const browser = join(program(join(one.root, "browsers"), "mine", "echo 140"), "mine");
  const complete = await doctor(without(one, { CHROMIUM: browser }));
  assert.equal(finding(complete, "Chromium (tests)").found, browser);
  program(join(one.root, "programs"), "chromium", "echo 140");
  assert.equal(finding(await doctor(one), "Chromium (tests)").found, join(one.root, "programs/chromium"));
  assert.equal(finding(complete, "Redis (tests)").ok, true);
});

test("JupyterLab 3 is too old; a kernelspec whose program is gone does not count", { skip: !posix }, async () => {
  const old = finding(await doctor(await machine("old", "3.6.7")), "JupyterLab");
  assert.deepEqual([old.ok, old.found], [false, "JupyterLab 3.6.7 is too old for the widgets"]);
  const one = await machine("gone");
  const spec = join(prefix, "share/jupyter/kernels/sightline/kernel.json");
  writeFileSync(spec, '{"argv":["/gone/node","/gone/main.js"],"display_name":"x","metadata":{"sightline":{}}}');
  const gone = finding(await doctor(one), "kernelspec");
  assert.equal(gone.ok, false);
  assert.match(gone.found, /'\/gone\/node' does not exist/);
});

test("a labextension that is built but not installed is told from one that is not built", {
  skip: !posix,
}, async () => {
  const one = await machine("built");
  rmSync(join(prefix, "share/jupyter/labextensions"), { recursive: true });
  mkdirSync(join(one.root, "dist/labextension"), { recursive: true });
  assert.equal(finding(await doctor(one), "labextension").found, "not installed");
});
