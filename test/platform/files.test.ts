import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { files } from "#platform/files";
import { FileError, type FileProblem } from "../../src/platform/files.js";
import { temporaryFolder } from "../support/models.js";
import { fails } from "../support/tensors.js";

const problem = (expected: FileProblem, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FileError);
  assert.equal(error.problem, expected);
  assert.match(error.message, message);
  return true;
};

function example(): string {
  const folder = join(temporaryFolder(), "files");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "text"), "\ufeffgrün");
  return folder;
}

test("a file is read as plain bytes, or as text without its byte order mark", async () => {
  const path = join(example(), "text");
  const bytes = await files.read(path);
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  assert.deepEqual([...bytes], [0xef, 0xbb, 0xbf, ...Buffer.from("grün")]);
  assert.equal(await files.readText(path), "grün");
});

test("only regular files up to a size are read; devices and pipes never begin", { timeout: 10_000 }, async () => {
  const folder = example();
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("/dev/zero", join(folder, "zeros"));
  await assert.rejects(files.read(join(folder, "none")), problem("missing", /there is no '.*none'/));
  await assert.rejects(files.read(join(folder, "text", "below")), problem("missing", /there is no/));
  await assert.rejects(files.read(folder), problem("not-a-file", /is a folder/));
  await assert.rejects(files.read(join(folder, "pipe")), problem("not-a-file", /is not a regular file/));
  await assert.rejects(files.read(join(folder, "zeros")), problem("not-a-file", /is not a regular file/));
  await assert.rejects(files.read("a\0b"), problem("unreadable", /cannot be used/));
  const path = join(folder, "text");
  assert.equal((await files.read(path, { atMost: 8 })).length, 8);
  await assert.rejects(files.read(path, { atMost: 7 }), problem("too-large", /has 8 bytes, more than 7/));
});

test("what lies under a path is told apart, and nothing is undefined", async () => {
  const folder = example();
  const { kind, size, modified } = (await files.stat(join(folder, "text")))!;
  assert.deepEqual([kind, size], ["file", 8]);
  assert.ok(Math.abs(modified - Date.now()) < 60_000);
  assert.equal((await files.stat(folder))?.kind, "folder");
  assert.equal((await files.stat("/dev/null"))?.kind, "special");
  assert.equal(await files.stat(join(folder, "none")), undefined);
  assert.equal(await files.stat(join(folder, "text", "below")), undefined);
});

test("folders are made, listed in order and removed with what is in them", async () => {
  const folder = example();
  const deep = join(folder, "a", "b");
  await files.makeFolder(deep);
  await files.makeFolder(deep);
  for (const name of ["c", "B", "a"]) writeFileSync(join(deep, name), "");
  assert.deepEqual(await files.list(deep), ["B", "a", "c"]);
  await assert.rejects(files.list(join(folder, "none")), problem("missing", /none/));
  await assert.rejects(files.makeFolder(join(folder, "text", "x")), FileError);
  await files.remove(join(folder, "a"));
  await files.remove(join(folder, "a"));
  assert.equal(await files.stat(join(folder, "a")), undefined);
});

test("a file is replaced whole or not at all", async () => {
  const folder = join(example(), "whole");
  await files.makeFolder(folder);
  await files.writeFileAtomic(join(folder, "x"), "old");
  await files.writeFileAtomic(join(folder, "x"), Uint8Array.of(110, 101, 119));
  assert.equal(readFileSync(join(folder, "x"), "utf8"), "new");
  await files.makeFolder(join(folder, "taken"));
  await assert.rejects(files.writeFileAtomic(join(folder, "taken"), "x"), fails("write-failed", /untouched/));
  assert.deepEqual(readdirSync(folder), ["taken", "x"]);
});

test("whether a path leads into a folder", () => {
  for (const path of ["a/b", "a/b/c", "a/..b", "a/x/../b"]) assert.ok(files.isInside(path, "a"), path);
  for (const path of ["a", "a/..", "a/../b", "ab", "/b", "../a"]) assert.ok(!files.isInside(path, "a"), path);
});

test("the package's own files and those of its packages are assets", async () => {
  const wasm = await files.asset("image/resample.wasm");
  assert.deepEqual([...wasm.subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
  assert.deepEqual(files.assetSync("image/resample.wasm"), wasm);
  const font = await files.asset("node_modules/@fontsource/inter/files/inter-latin-400-normal.woff");
  assert.equal(new TextDecoder().decode(font.subarray(0, 4)), "wOFF");
  await assert.rejects(files.asset("image/none.wasm"), problem("missing", /none\.wasm/));
});
