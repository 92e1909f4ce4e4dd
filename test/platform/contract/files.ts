import assert from "node:assert/strict";
import { FileError, type FileProblem, type Files } from "../../../src/platform/files.js";
import type { Contract } from "./contract.js";

const problem = (expected: FileProblem, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FileError);
  assert.equal(error.problem, expected);
  assert.match(error.message, message);
  return true;
};

const notWritten = { code: "write-failed", message: /be written/ };
const TEXT = "\ufeffgrün";

/** @param root a folder to work in */
export function filesContract(files: Files, root: string): Contract {
  let count = 0;
  const { join } = files;
  const example = async () => {
    const folder = join(root, `files-${count++}`);
    await files.makeFolder(folder);
    await files.writeFileAtomic(join(folder, "text"), TEXT);
    return folder;
  };

  return {
    async "a file is read as plain bytes, in part, piece by piece, or as text without its byte order mark"() {
      const path = join(await example(), "text");
      const bytes = await files.read(path);
      const expected = [...new TextEncoder().encode(TEXT)];
      assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
      assert.deepEqual([...bytes], expected);
      assert.deepEqual([...(await files.readShared(path))], expected);
      assert.equal(await files.readText(path), "grün");
      assert.deepEqual([...(await files.readPart(path, 2, 3))], expected.slice(2, 5));
      assert.deepEqual([...(await files.readPart(path, 6, 100))], expected.slice(6));
      const pieces: number[] = [];
      for await (const piece of files.pieces(path)) pieces.push(...piece);
      assert.deepEqual(pieces, expected);
    },

    async "what cannot be read says why"() {
      const folder = await example();
      const path = join(folder, "text");
      await assert.rejects(files.read(join(folder, "none")), problem("missing", /there is no '.*none'/));
      await assert.rejects(files.read(join(path, "below")), problem("missing", /there is no/));
      await assert.rejects(files.read(folder), problem("not-a-file", /is a folder/));
      assert.equal((await files.read(path, { atMost: 8 })).length, 8);
      for (const read of [files.read, files.readShared])
        await assert.rejects(read(path, { atMost: 7 }), problem("too-large", /has 8 bytes, more than 7/));
    },

    async "what lies under a path is told apart, and nothing is undefined"() {
      const folder = await example();
      const { kind, size, modified } = (await files.stat(join(folder, "text")))!;
      assert.deepEqual([kind, size], ["file", 8]);
      assert.ok(Math.abs(modified - Date.now()) < 60_000);
      assert.equal((await files.stat(folder))?.kind, "folder");
      assert.equal(await files.stat(join(folder, "none")), undefined);
      assert.equal(await files.stat(join(folder, "text", "below")), undefined);
      assert.deepEqual([files.existsSync(folder), files.existsSync(join(folder, "none"))], [true, false]);
    },

    async "folders are made, listed in order and removed with what is in them"() {
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
    },

    async "an empty folder is a folder, and lists nothing"() {
      const folder = join(await example(), "empty");
      await files.makeFolder(folder);
      assert.deepEqual(await files.list(folder), []);
      await files.remove(folder);
      await assert.rejects(files.list(folder), problem("missing", /empty/));
    },

    async "a file is replaced whole or not at all"() {
      const folder = join(await example(), "whole");
      await files.makeFolder(folder);
      await files.writeFileAtomic(join(folder, "x"), "old");
      await files.writeFileAtomic(join(folder, "x"), Uint8Array.of(110, 101, 119));
      assert.equal(await files.readText(join(folder, "x")), "new");
      await files.makeFolder(join(folder, "taken"));
      await assert.rejects(files.writeFileAtomic(join(folder, "taken"), "x"), notWritten);
      await assert.rejects(files.writeFileAtomic(join(folder, "none", "x"), "x"), notWritten);
      await assert.rejects(files.writeFileAtomic(join(folder, "x", "below"), "x"), notWritten);
      assert.deepEqual(await files.list(folder), ["taken", "x"]);
      await files.remove(folder);
    },

    async "a file that was read stays as it was when it is written anew, and what was written when its bytes change"() {
      const path = join(await example(), "text");
      const bytes = Uint8Array.of(1, 2, 3);
      await files.writeFileAtomic(path, bytes);
      bytes[0] = 9;
      const read = await files.read(path);
      await files.writeFileAtomic(path, "other");
      read[1] = 9;
      assert.deepEqual([...read], [1, 9, 3]);
      assert.equal(await files.readText(path), "other");
    },

    async "files grow piece by piece, move, and stand for locks"() {
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
    },

    async "whether a path leads into a folder"() {
      for (const path of ["a/b", "a/b/c", "a/..b", "a/x/../b"]) assert.ok(files.isInside(path, "a"), path);
      for (const path of ["a", "a/..", "a/../b", "ab", "/b", "../a"]) assert.ok(!files.isInside(path, "a"), path);
    },

    async "a path becomes a URL and a path again, whatever is in its name"() {
      for (const name of ["a b", "100 %", "a#b?c", "grün"]) {
        const path = join(root, name);
        assert.equal(files.fromUrl(files.toUrl(path)), path);
      }
    },

    async "the package's own files are assets"() {
      const wasm = await files.asset("image/resample.wasm");
      assert.deepEqual([...wasm.subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
      assert.deepEqual(files.assetSync("image/resample.wasm"), wasm);
      const font = await files.asset("render/fonts/inter-latin-400-normal.woff");
      assert.equal(new TextDecoder().decode(font.subarray(0, 4)), "wOFF");
      assert.deepEqual(await files.read(files.fromUrl(files.assetUrl("image/resample.wasm"))), wasm);
    },
  };
}
