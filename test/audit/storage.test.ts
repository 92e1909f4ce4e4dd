import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { importOptional } from "../../src/audit/servers/import-optional.js";
import { storageAt } from "../../src/audit/servers/storage-at.js";
import { writing } from "../../src/audit/shards/folder-storage.js";
import type { Storage } from "../../src/audit/shards/storage.js";
import { files } from "../../src/platform/node/files.js";
import { folder } from "./pictures.js";
import { s3Server } from "./s3-server.js";

const places: Record<string, (t: TestContext) => Promise<Storage>> = {
  "a folder": async () => storageAt(await folder()),
  "an S3-compatible store": async (t) => {
    await s3Server(t);
    return storageAt("s3://bucket/some/prefix");
  },
};

for (const [name, open] of Object.entries(places)) {
  test(`${name} reads what was written, lists a folder's files and forgets what is removed`, async (t) => {
    const storage = await open(t);
    assert.equal(await storage.read("rows/0.bin"), undefined);
    assert.deepEqual(await storage.list("rows"), []);
    for (const file of ["2", "0", "4", "1", "3"]) await storage.write(`rows/${file}.bin`, Uint8Array.of(Number(file)));
    await storage.write("rows/deeper/5.bin", "text");
    await storage.write("rows/1.bin", Uint8Array.of(7, 8));
    const files = (await storage.list("rows")).filter((file) => file.endsWith(".bin"));
    assert.deepEqual(files, ["0.bin", "1.bin", "2.bin", "3.bin", "4.bin"]);
    assert.deepEqual(Array.from((await storage.read("rows/1.bin")) ?? []), [7, 8]);
    assert.equal(new TextDecoder().decode(await storage.read("rows/deeper/5.bin")), "text");
    await storage.remove("rows/1.bin");
    await storage.remove("rows/1.bin");
    assert.equal(await storage.read("rows/1.bin"), undefined);
  });
}

test("a store that is busy is asked again; one that refuses is an error that names it", async (t) => {
  const server = await s3Server(t);
  const storage = await storageAt("s3://bucket/prefix");
  server.fail(2);
  await storage.write("a", "kept");
  assert.deepEqual([...server.objects.keys()], ["prefix/a"]);
  process.env.AWS_ACCESS_KEY_ID = "another";
  const refused = await storageAt("s3://bucket/prefix");
  await assert.rejects(refused.write("b", "text"), {
    code: "write-failed",
    message: /s3:\/\/bucket\/prefix: b could not/,
  });
  await assert.rejects(refused.read("a"), { code: "download-failed" });
  await assert.rejects(refused.list("a"), { code: "download-failed" });
});

test("credentials are not taken from an address", async () => {
  for (const place of ["s3://key:secret@bucket/prefix", "s3:///prefix", "s3:bucket"]) {
    await assert.rejects(async () => storageAt(place), {
      code: "bad-config",
      message: /credentials in the environment/,
    });
  }
});

test("a write that fails leaves the old file and no draft", async () => {
  const root = await folder();
  await writeFile(join(root, "a"), "old");
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  const path = join(root, "a");
  const failing = writing(path, () =>
    files.writeFileAtomic(path, async (draft) => {
      await writeFile(draft, "half of it");
      throw full;
    }),
  );
  await assert.rejects(failing, { code: "write-failed", message: /ENOSPC.*rerun to resume/ });
  assert.deepEqual(await readdir(root), ["a"]);
});

test("a package that is not there is named, with the command that brings it", async () => {
  const missing = "no-such-package-of-ours";
  await assert.rejects(
    importOptional("this", [missing, "friend"], () => import(missing)),
    {
      code: "not-installed",
      message: "this needs no-such-package-of-ours and friend: npm install no-such-package-of-ours friend",
    },
  );
  const broken = new Error("broken inside");
  await assert.rejects(
    importOptional("this", [missing], () => Promise.reject(broken)),
    broken,
  );
});
