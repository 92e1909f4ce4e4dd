import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { files as node } from "#platform/files";
import { FileError, type FileProblem } from "../../src/platform/files.js";
import { files as memory } from "../support/memory-platform/files.js";
import { temporaryFolder } from "../support/models.js";
import { fails } from "../support/tensors.js";

const problem = (expected: FileProblem, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FileError);
  assert.equal(error.problem, expected);
  assert.match(error.message, message);
  return true;
};

const TEXT = "\ufeffgrün";

for (const [platform, files] of Object.entries({ node, memory })) {
  const example = async () => {
    const folder = join(temporaryFolder(), "files");
    await files.makeFolder(folder);
    await files.writeFileAtomic(join(folder, "text"), TEXT);
    return folder;
  };

  describe(`files of the platform: ${platform}`, () => {
    test("a file is read as plain bytes, in part, piece by piece, or as text without its byte order mark", async () => {
      const path = join(await example(), "text");
      const bytes = await files.read(path);
      const expected = [...new TextEncoder().encode(TEXT)];
      assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
      assert.deepEqual([...bytes], expected);
      assert.equal(await files.readText(path), "grün");
      assert.deepEqual([...(await files.readPart(path, 2, 3))], expected.slice(2, 5));
      assert.deepEqual([...(await files.readPart(path, 6, 100))], expected.slice(6));
      const pieces: number[] = [];
      for await (const piece of files.pieces(path)) pieces.push(...piece);
      assert.deepEqual(pieces, expected);
    });

    test("what cannot be read says why", async () => {
      const folder = await example();
      const path = join(folder, "text");
      await assert.rejects(files.read(join(folder, "none")), problem("missing", /there is no '.*none'/));
      await assert.rejects(files.read(join(path, "below")), problem("missing", /there is no/));
      await assert.rejects(files.read(folder), problem("not-a-file", /is a folder/));
      assert.equal((await files.read(path, { atMost: 8 })).length, 8);
      await assert.rejects(files.read(path, { atMost: 7 }), problem("too-large", /has 8 bytes, more than 7/));
    });

    test("what lies under a path is told apart, and nothing is undefined", async () => {
      const folder = await example();
      const { kind, size, modified } = (await files.stat(join(folder, "text")))!;
      assert.deepEqual([kind, size], ["file", 8]);
      assert.ok(Math.abs(modified - Date.now()) < 60_000);
      assert.equal((await files.stat(folder))?.kind, "folder");
      assert.equal(await files.stat(join(folder, "none")), undefined);
      assert.equal(await files.stat(join(folder, "text", "below")), undefined);
      assert.deepEqual([files.existsSync(folder), files.existsSync(join(folder, "none"))], [true, false]);
    });

    test("folders are made, listed in order and removed with what is in them", async () => {
      const folder = await example();
      const deep = join(folder, "a", "b");
      await files.makeFolder(deep);
      await files.makeFolder(deep);
      for (const name of ["c", "B", "a"]) await files.writeFileAtomic(join(deep, name), "");
      assert.deepEqual(await files.list(deep), ["B", "a", "c"]);
      await assert.rejects(files.list(join(folder, "none")), problem("missing", /none/));
      await files.remove(join(folder, "a"));
      await files.remove(join(folder, "a"));
      assert.equal(await files.stat(join(folder, "a")), undefined);
      assert.equal(await files.stat(deep), undefined);
    });

    test("a file is replaced whole or not at all", async () => {
      const folder = join(await example(), "whole");
      await files.makeFolder(folder);
      await files.writeFileAtomic(join(folder, "x"), "old");
      await files.writeFileAtomic(join(folder, "x"), Uint8Array.of(110, 101, 119));
      assert.equal(await files.readText(join(folder, "x")), "new");
      await files.makeFolder(join(folder, "taken"));
      await assert.rejects(files.writeFileAtomic(join(folder, "taken"), "x"), fails("write-failed", /be written/));
      await assert.rejects(files.writeFileAtomic(join(folder, "none", "x"), "x"), fails("write-failed", /be written/));
      assert.deepEqual(await files.list(folder), ["taken", "x"]);
      await files.remove(folder);
    });

    test("files grow piece by piece, move, and stand for locks", async () => {
      const folder = await example();
      const [draft, path, lock] = ["draft", "moved", "lock"].map((name) => join(folder, name));
      for (const [text, append] of [
        ["gone", false],
        ["a", false],
        ["b", true],
      ] as const) {
        const writer = await files.writer(draft, { append });
        await writer.write(new TextEncoder().encode(text));
        await writer.close();
      }
      await files.move(draft, path);
      assert.equal(await files.readText(path), "ab");
      assert.equal(await files.stat(draft), undefined);
      await assert.rejects(files.move(draft, path), problem("missing", /draft/));
      const release = await files.lock(lock);
      assert.ok(release);
      assert.equal(await files.lock(lock), undefined);
      await release();
      await (await files.lock(lock))?.();
    });

    test("whether a path leads into a folder", () => {
      for (const path of ["a/b", "a/b/c", "a/..b", "a/x/../b"]) assert.ok(files.isInside(path, "a"), path);
      for (const path of ["a", "a/..", "a/../b", "ab", "/b", "../a"]) assert.ok(!files.isInside(path, "a"), path);
    });

    test("the package's own files are assets", async () => {
      const wasm = await files.asset("image/resample.wasm");
      assert.deepEqual([...wasm.subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
      assert.deepEqual(files.assetSync("image/resample.wasm"), wasm);
      const font = await files.asset("render/fonts/inter-latin-400-normal.woff");
      assert.equal(new TextDecoder().decode(font.subarray(0, 4)), "wOFF");
    });
  });
}

test("devices and pipes are never begun", { timeout: 10_000 }, async () => {
  const folder = join(temporaryFolder(), "special");
  mkdirSync(folder);
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("/dev/zero", join(folder, "zeros"));
  for (const name of ["pipe", "zeros"]) {
    const path = join(folder, name);
    assert.equal((await node.stat(path))?.kind, "special");
    await assert.rejects(node.read(path), problem("not-a-file", /is not a regular file/));
    await assert.rejects(node.readPart(path, 0, 1), problem("not-a-file", /is not a regular file/));
  }
  await assert.rejects(node.read("a\0b"), problem("unreadable", /cannot be used/));
});
