import assert from "node:assert/strict";
import { createSha256, digest, sha256 } from "#platform/hash";
import type { Contract } from "./contract.js";

export const hashContract: Contract = {
  async "SHA-256 gives what its standard says"() {
    assert.equal(sha256(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert.equal(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert.equal(sha256(long), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  },

  async "pieces are as good as a whole, and a sum can be read on the way"() {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 31);
    const hash = createSha256();
    hash.update(bytes.subarray(0, 63));
    assert.equal(hash.hex(), sha256(bytes.subarray(0, 63)));
    hash.update(bytes.subarray(63));
    assert.equal(hash.hex(), sha256(bytes));
    assert.equal(sha256("gr", "ün"), sha256(new TextEncoder().encode("grün")));
  },

  async "large pieces have the same hash, parts of a buffer as well"() {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 31);
    const [first, second] = [bytes.subarray(0, 63), bytes.subarray(63)];
    assert.equal(await digest(), sha256());
    assert.equal(await digest(second), sha256(second));
    assert.equal(await digest(first, second), sha256(bytes));
  },
};
