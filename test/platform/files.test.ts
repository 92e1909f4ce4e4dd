import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { files } from "#platform/files";
import { USUAL_LIMIT } from "../../src/platform/files.js";
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

test("a file larger than any that is usual is refused before it is read, unless its reader says so", async () => {
  const path = join(temporaryFolder(), "sparse");
  const file = await open(path, "w");
  await file.truncate(USUAL_LIMIT + 1);
  await file.close();
  const tooLarge = { problem: "too-large", message: /has 268435457 bytes, more than 268435456/ };
  await assert.rejects(files.read(path), tooLarge);
  await assert.rejects(files.readText(path), tooLarge);
  assert.equal((await files.read(path, { atMost: USUAL_LIMIT + 1 })).length, USUAL_LIMIT + 1);
});
