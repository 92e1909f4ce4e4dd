import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { KernelClient } from "../src/kernel/runner/client.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the README's first ten lines run, and print what it says", async () => {
  const readme = await readFile(`${root}README.md`, "utf8");
  const [, code, output] = /## The first ten lines\n+```ts\n([\s\S]*?)```\n+```text\n([\s\S]*?)```/.exec(readme) ?? [];
  assert.ok(code && output, "a ts block and its output");
  const client = await KernelClient.start({ folder: root });
  let printed = "";
  try {
    const shown = code.replace('.save("tripod.png")', ".png()");
    const reply = await client.execute(shown, {
      onOutput: ({ header, content }) => {
        if (header.msg_type === "stream" && content.name === "stdout") printed += content.text;
      },
    });
    assert.equal((reply.content as { status: string }).status, "ok", JSON.stringify(reply.content));
  } finally {
    await client.shutdown();
  }
  assert.equal(printed.trim(), output.trim());
});
