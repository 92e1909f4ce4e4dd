import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { TextRing } from "../../../src/kernel/zeromq/text-ring.js";

test("text comes out as it went in, by origin and stream, across the end of the memory", () => {
  const write = fc.record({
    origin: fc.nat(3),
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(write, { maxLength: 5 })), (batches) => {
      const ring = new TextRing(TextRing.allocate(2_048));
      for (const batch of batches) {
        for (const { origin, stream, text } of batch) ring.write(origin, stream, text, () => {});
        const joined: typeof batch = [];
        for (const one of batch) {
          const last = joined.at(-1);
          if (last?.origin === one.origin && last.stream === one.stream) last.text += one.text;
          else joined.push({ ...one });
        }
        assert.deepEqual(ring.read(), joined);
      }
    }),
  );
});

test("reading stops at a position and at an unknown origin, and goes on from there", () => {
  const ring = new TextRing(TextRing.allocate(1_024));
  ring.write(1, "stdout", "before", () => {});
  const { position } = ring;
  ring.write(2, "stdout", "after", () => {});
  assert.deepEqual(
    ring.read(position).map(({ text }) => text),
    ["before"],
  );
  assert.deepEqual(
    ring.read(undefined, (origin) => origin !== 2),
    [],
  );
  assert.deepEqual(
    ring.read().map(({ text }) => text),
    ["after"],
  );
});

test("the reader is woken once for what it has not read", () => {
  const ring = new TextRing(TextRing.allocate(1_024));
  let woken = 0;
  for (let i = 0; i < 5; i++) ring.write(1, "stdout", "x", () => woken++);
  assert.equal(woken, 1);
  ring.read();
  ring.write(1, "stdout", "x", () => woken++);
  assert.equal(woken, 2);
});

test("a writer that is faster than the reader waits and nothing is lost, text longer than the memory included", async () => {
  const shared = TextRing.allocate(1 << 18);
  const writer = new Worker(
    `const { workerData } = require("node:worker_threads");
     import(workerData.module).then(({ TextRing }) => {
       const ring = new TextRing(workerData.shared);
       for (let i = 0; i < 20000; i++) ring.write(1, "stdout", "line " + i + "\\n", () => {});
       ring.write(1, "stderr", "ä".repeat(400000), () => {});
     });`,
    {
      eval: true,
      workerData: { shared, module: new URL("../../../src/kernel/zeromq/text-ring.js", import.meta.url).href },
    },
  );
  const ring = new TextRing(shared);
  let stdout = "";
  let stderr = "";
  while (stderr.length < 400_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { stream, text } of ring.read()) {
      if (stream === "stdout") stdout += text;
      else stderr += text;
    }
  }
  await writer.terminate();
  assert.equal(stdout, Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
  assert.equal(stderr, "ä".repeat(400_000));
});
