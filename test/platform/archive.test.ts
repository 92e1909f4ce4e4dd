import assert from "node:assert/strict";
import { test } from "node:test";
import { unzip as unzipInBrowser } from "../../src/platform/browser/archive.js";
import { unzip as unzipInNode } from "../../src/platform/node/archive.js";
import { zip } from "../support/zip.js";

const entries = {
  "net/data.pkl": new TextEncoder().encode("a".repeat(5000)),
  "net/data/0": Uint8Array.from({ length: 300 }, (_, i) => (i * 37) % 251),
  "net/grün": new Uint8Array(),
};

for (const [platform, unzip] of Object.entries({ node: unzipInNode, browser: unzipInBrowser })) {
  test(`${platform}: deflated and stored entries come out as they went in`, async () => {
    for (const stored of [false, true]) {
      const unpacked = await unzip(zip(entries, { stored }), { atMost: 10_000 });
      assert.deepEqual([...unpacked.keys()], Object.keys(entries));
      for (const [name, bytes] of Object.entries(entries))
        assert.deepEqual(Buffer.from(unpacked.get(name) ?? []), Buffer.from(bytes));
    }
  });

  test(`${platform}: one entry alone is unpacked when one is asked for`, async () => {
    const unpacked = await unzip(zip(entries), { entry: "net/data/0", atMost: 400 });
    assert.deepEqual([...unpacked.keys()], ["net/data/0"]);
  });

  test(`${platform}: more than is allowed is refused before it is unpacked, damage is found`, async () => {
    await assert.rejects(unzip(zip(entries), { atMost: 5000 }), /more than 5000 bytes/);
    const archive = zip(entries);
    await assert.rejects(unzip(archive.subarray(0, 200), { atMost: 10_000 }));
    const bent = archive.slice();
    bent[60] ^= 255;
    await assert.rejects(unzip(bent, { atMost: 10_000 }));
  });
}
