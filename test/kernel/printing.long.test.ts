import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Message } from "../../src/kernel/protocol.js";
import { kernelForSuite, run } from "../support/kernel.js";

const LINES = 1_000_000;

describe("a loop that prints a million lines", () => {
  const suite = kernelForSuite();

  for (const [name, opening] of [
    ["synchronous", ""],
    ["that awaits now and then", "if (i % 1000 === 0) await null; "],
  ] as const) {
    test(`${name}: none is lost, all in order, and they come in batches`, {
      timeout: 1_200_000,
    }, async (t) => {
      const { client } = suite;
      let next = 0;
      let rest = "";
      let messages = 0;
      const count = ({ header, content }: Message) => {
        if (header.msg_type !== "stream") return;
        messages++;
        const lines = (rest + String(content.text)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) assert.equal(line, `line ${next++}`);
      };
      await client.execute(`for (let i = 0; i < ${LINES}; i++) { ${opening}console.log("line " + i); }`, {
        onOutput: count,
      });
      assert.deepEqual([next, rest], [LINES, ""]);
      t.diagnostic(`${messages} messages for ${LINES} lines`);
      assert.ok(messages < LINES / 100);
      assert.equal((await run(client, "1 + 1")).result, "2");
    });
  }
});
