import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { installKernel } from "../../src/kernel/install/install.js";
import { packageRoot } from "../../src/kernel/node/package-paths.js";

const python = join(packageRoot, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

test("jupyter-kernel-test passes with every feature on, nothing skipped", {
  skip: !existsSync(python) && "no Python environment",
}, async () => {
  const prefix = mkdtempSync(join(tmpdir(), "sightline-prefix-"));
  try {
    await installKernel({ prefix });
    const { stderr, status } = spawnSync(python, [join(packageRoot, "test/kernel/conformance.py"), "-v"], {
      encoding: "utf8",
      env: { ...process.env, JUPYTER_PATH: join(prefix, "share", "jupyter") },
    });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Ran 13 tests/);
    assert.doesNotMatch(stderr, /skipped/);
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
});
