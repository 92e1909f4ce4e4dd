import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { doctor, type Finding, type Machine } from "../../src/cli/doctor.js";
import { installKernel } from "../../src/kernel/install/install.js";

const scratch = mkdtempSync(join(tmpdir(), "sightline-doctor-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const posix = process.platform !== "win32";
const prefix = join(scratch, "env");

/** A machine with everything: a kernel in an environment, and a program that calls itself JupyterLab. */
async function machine(name: string, labVersion = "4.6.6"): Promise<Machine> {
  const root = join(scratch, name);
  const programs = join(root, "programs");
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, "jupyter"), `#!/bin/sh\necho ${labVersion}\n`, { mode: 0o755 });
  await installKernel({ prefix });
  mkdirSync(join(prefix, "share/jupyter/labextensions/sightline"), { recursive: true });
  const env = { VIRTUAL_ENV: prefix, PATH: `${programs}:/bin:/usr/bin`, SIGHTLINE_CACHE: join(root, "cache") };
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
      ...["Node", "JupyterLab", "kernelspec", "labextension", "zeromq", "onnxruntime-node", "sharp"],
      ...["free ports", "model cache"],
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

const without = (machine: Machine, env: Record<string, string>): Machine => ({
  ...machine,
  host: { ...machine.host, env: { ...machine.host.env, ...env } },
});

for (const [check, what, broken, found, fix] of [
  ["Node", "too old", (one) => ({ ...one, nodeVersion: "20.18.1" }), /20\.18\.1 is too old/, /Node 20\.19/],
  ["JupyterLab", "missing", (one) => without(one, { PATH: "/nowhere" }), /not found/, /pip install jupyterlab/],
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
        new RegExp(`npm install ${name}`),
      ] as const,
  ),
  ["free ports", "refused", (one) => ({ ...one, address: "192.0.2.1" }), /EADDRNOTAVAIL|listen/, /allow programs/],
  [
    "model cache",
    "no folder",
    (one) => {
      const file = join(scratch, "file");
      writeFileSync(file, "");
      return without(one, { SIGHTLINE_CACHE: file });
    },
    /EEXIST|ENOTDIR/,
    /writable, or name another with SIGHTLINE_CACHE/,
  ],
] as readonly (readonly [string, string, (machine: Machine) => Machine, RegExp, RegExp])[]) {
  test(`${check} ${what}: said, with what to do, and the rest is still looked at`, { skip: !posix }, async () => {
    const findings = await doctor(broken(await machine(`${check} ${what}`)));
    const { ok, found: said, fix: advice } = finding(findings, check);
    assert.equal(ok, false);
    assert.match(said, found);
    assert.match(advice, fix);
    assert.equal(findings.length, 9);
  });
}

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
