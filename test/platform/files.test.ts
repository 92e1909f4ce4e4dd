import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { files } from "#platform/files";
import { temporaryFolder } from "../support/models.js";

const notRegular = { problem: "not-a-file", message: /is not a regular file/ };

test("devices and pipes are never begun", { timeout: 10_000 }, async () => {
  const folder = join(temporaryFolder(), "special");
  mkdirSync(folder);
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("/dev/zero", join(folder, "zeros"));
  for (const name of ["pipe", "zeros"]) {
    const path = join(folder, name);
    assert.equal((await files.stat(path))?.kind, "special");
    await assert.rejects(files.read(path), notRegular);
    await assert.rejects(files.readPart(path, 0, 1), notRegular);
  }
  await assert.rejects(files.read("a\0b"), { problem: "unreadable", message: /cannot be used/ });
});
