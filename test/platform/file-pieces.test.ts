import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { files } from "#platform/files";

const folder = mkdtempSync(join(tmpdir(), "sightline-files-"));
const path = join(folder, "ten");
writeFileSync(path, "0123456789");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("a part of a file, which ends where the file ends", async () => {
  assert.equal(text(await files.readPart(path, 3, 4)), "3456");
  assert.equal(text(await files.readPart(path, 8, 40)), "89");
  assert.equal(text(await files.readPart(path, 80, 4)), "");
  await assert.rejects(files.readPart(folder, 0, 1), { problem: "not-a-file" });
});

test("piece by piece, and never a pipe", async () => {
  let all = "";
  for await (const piece of files.pieces(path)) all += text(piece);
  assert.equal(all, "0123456789");
  if (process.platform === "win32") return;
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const read of [() => files.read(pipe), () => files.readPart(pipe, 0, 1)])
    await assert.rejects(read(), { problem: "not-a-file" });
  await assert.rejects(files.pieces(pipe)[Symbol.asyncIterator]().next(), { problem: "not-a-file" });
});

test("writing goes on behind what is there, or begins anew", async () => {
  const target = join(folder, "grows");
  for (const [piece, append, expected] of [
    ["ab", false, "ab"],
    ["cd", true, "abcd"],
    ["e", false, "e"],
  ] as const) {
    const file = await files.writer(target, { append });
    await file.write(new TextEncoder().encode(piece));
    await file.close();
    assert.equal(readFileSync(target, "utf8"), expected);
  }
});

test("a lock is one caller's until it gives it back; that of a process that is gone does not count", async () => {
  const lock = join(folder, "lock");
  const release = await files.lock(lock);
  assert.ok(release);
  assert.equal(await files.lock(lock), undefined);
  await release();
  writeFileSync(lock, "999999999");
  const again = await files.lock(lock);
  assert.ok(again);
  await again();
  writeFileSync(lock, String(process.ppid));
  assert.equal(await files.lock(lock), undefined);
});

test("links are followed to where they lead", async () => {
  mkdirSync(join(folder, "deep"));
  symlinkSync(path, join(folder, "deep", "link"));
  assert.equal(await files.realPath(join(folder, "deep", "link")), await files.realPath(path));
  await assert.rejects(files.realPath(join(folder, "none")), { problem: "missing" });
});
