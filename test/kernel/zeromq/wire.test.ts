import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encode, parse, Signer, unwrap, WireError } from "../../../src/kernel/zeromq/wire.js";

const frames = (signer: Signer, content: object = {}, buffers: Uint8Array[] = []) =>
  encode(signer, "session", {
    type: "comm_msg",
    content: JSON.stringify(content),
    buffers,
    identities: [Buffer.from("me")],
  });

test("what is encoded comes back, whatever the content, hash and buffers", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.uint8Array()),
      fc.constantFrom("hmac-sha256", "hmac-sha1", "hmac-sha512", "hmac-md5", "hmac-sha3-256"),
      (content, buffers, scheme) => {
        const message = parse(unwrap(new Signer("key", scheme), frames(new Signer("key", scheme), content, buffers)));
        assert.deepEqual(message.content, JSON.parse(JSON.stringify(content)));
        assert.deepEqual(
          message.buffers.map((buffer) => [...buffer]),
          buffers.map((buffer) => [...buffer]),
        );
        assert.equal(Buffer.from(message.identities[0]).toString(), "me");
        assert.equal(message.header.msg_type, "comm_msg");
      },
    ),
    { numRuns: 50 },
  );
});

test("buffers are sent as the memory they are, not copied", () => {
  const memory = new Uint8Array(1_000);
  assert.equal(frames(new Signer("key"), {}, [memory]).at(-1), memory);
});

test("one changed bit anywhere in the signed parts is refused", () => {
  const good = frames(new Signer("key"), { a: "text" });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.integer({ min: 0, max: 7 }), (part, at, bit) => {
      const bad = good.map((frame) => Buffer.from(frame));
      bad[part][at % bad[part].length] ^= 1 << bit;
      assert.throws(() => unwrap(new Signer("key"), bad), WireError);
    }),
  );
});

test("another key, a replay, missing frames and noise are refused", () => {
  const good = frames(new Signer("key"));
  const signer = new Signer("key");
  unwrap(signer, good);
  assert.throws(() => unwrap(signer, good), /replayed/);
  assert.throws(() => unwrap(new Signer("other"), good), /bad signature/);
  for (let count = 0; count < good.length; count++) {
    assert.throws(() => unwrap(new Signer("key"), good.slice(0, count)), WireError);
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (noise) => {
      assert.throws(() => unwrap(new Signer("key"), noise), WireError);
    }),
  );
});

test("signed parts that are no JSON objects are refused", () => {
  const signer = new Signer("");
  for (const bad of ["", "1", "[]", "null", "{", '{"msg_id":1}']) {
    const parts = frames(signer);
    parts[3] = Buffer.from(bad);
    assert.throws(() => parse(unwrap(new Signer(""), parts)), WireError);
  }
});

test("without a key nothing is signed; an unknown hash is an error", () => {
  assert.equal(Buffer.from(frames(new Signer(""))[2]).toString(), "");
  assert.throws(() => new Signer("key", "hmac-nonsense"), /unknown signature scheme/);
});
