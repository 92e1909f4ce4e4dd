import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KernelClient } from "../../src/kernel/runner/client.js";
import { kernelForSuite, run } from "../support/kernel.js";

const BLOCKS = 50;
const CELLS = 100;
const MESSAGES = 1_000;
/** Blocks after which the kernel has seen everything that it will see. */
const WARM = 10;
/** Comm messages on their way at a time. */
const WINDOW = 50;

describe("one life of 5,000 cells and 50,000 comm messages", () => {
  const suite = kernelForSuite();

  test("loses none, keeps their order and grows by less than 20 % after warm-up", { timeout: 3_600_000 }, async (t) => {
    const { client } = suite;
    await run(
      client,
      `import { display, onComm } from "sightline/notebook";
       let received = 0; let outOfOrder = 0;
       onComm("echo", (comm) => {
         comm.onMessage(async ({ data, buffers }) => {
           if (data.n !== received++) outOfOrder++;
           if (received % 7 === 0) await null;
           comm.send(data, { buffers });
         });
       });`,
    );
    client.send("comm_open", { comm_id: "echo", target_name: "echo", data: {} });
    let cells = 0;
    let messages = 0;
    const memory: { rss: number; heap: number }[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      const echoed = echo(client, messages, messages + MESSAGES);
      for (let i = 0; i < CELLS; i++) await check(client, cells++);
      messages += await echoed;
      if (block + 1 >= WARM && (block + 1) % 5 === 0) memory.push(await memoryOf(client));
    }
    assert.deepEqual([cells, messages], [BLOCKS * CELLS, BLOCKS * MESSAGES]);
    assert.equal((await run(client, "JSON.stringify([received, outOfOrder])")).result, `'[${messages},0]'`);
    for (const kind of ["rss", "heap"] as const) {
      const sizes = memory.map((one) => Math.round(one[kind] / 1e6));
      t.diagnostic(`${kind} in MB after ${WARM} blocks and every 5 more: ${sizes.join(" ")}`);
      const growth = sizes[sizes.length - 1] / sizes[0] - 1;
      assert.ok(growth < 0.2, `${kind} grew by ${(100 * growth).toFixed(1)} %`);
    }
  });
});

/** Runs one of seven kinds of cells; the same names are declared again and again, as by somebody who edits cells. */
async function check(client: KernelClient, n: number): Promise<void> {
  const own = `value${n % 50}`;
  switch (n % 7) {
    case 0: {
      const ran = await run(client, `const ${own} = { n: ${n}, at: [${n}] }; ${own}.at[0] + ${own}.n`);
      return assert.equal(ran.result, String(2 * n));
    }
    case 1: {
      const ran = await run(client, `for (let i = 0; i < 100; i++) console.log(${n}, i);`);
      return assert.equal(ran.stdout.split("\n").length, 101);
    }
    case 2: {
      const ran = await run(
        client,
        `interface Row${n % 50} { a: number }\nconst ${own}: Row${n % 50}[] = [{ a: ${n} }]; ${own}`,
      );
      return assert.match(String(ran.data?.["text/html"]), new RegExp(`>${n}<`));
    }
    case 3: {
      const ran = await run(client, `throw new RangeError("number ${n}")`);
      return assert.equal(ran.reply.evalue, `number ${n}`);
    }
    case 4: {
      const ran = await run(client, `await new Promise((resolve) => setImmediate(resolve)); display("d${n}"); ${n}`);
      return assert.equal(ran.result, String(n));
    }
    case 5: {
      const ran = await run(client, `const ${own}: number = "${n}";`);
      return assert.match(String(ran.reply.evalue), /^TS2322/);
    }
    default: {
      const ran = await run(client, `function f${n % 50}(x: number) { return x + ${n}; }\nf${n % 50}(received * 0)`);
      return assert.equal(ran.result, String(n));
    }
  }
}

/** Sends numbered messages and checks that each comes back, once, in order, with its binary part. */
function echo(client: KernelClient, from: number, to: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let sent = from;
    let next = from;
    const send = () => {
      const buffers = sent % 100 === 0 ? [new Uint8Array(10_000).fill(sent / 100)] : [];
      client.send("comm_msg", { comm_id: "echo", data: { n: sent, text: "x".repeat(500) } }, { buffers });
      sent++;
    };
    const stop = client.listen(({ header, content, buffers }) => {
      if (header.msg_type !== "comm_msg" || content.comm_id !== "echo") return;
      const { n } = content.data as { n: number };
      const whole = n % 100 !== 0 || (buffers[0]?.length === 10_000 && buffers[0][9_999] === ((n / 100) & 255));
      if (n !== next || !whole) {
        stop();
        reject(new Error(`message ${n} came where ${next} was expected${whole ? "" : ", without its bytes"}`));
        return;
      }
      next++;
      if (sent < to) send();
      else if (next === to) {
        stop();
        resolve(to - from);
      }
    });
    while (sent < Math.min(to, from + WINDOW)) send();
  });
}

/** What the kernel holds once its garbage is collected. */
async function memoryOf(client: KernelClient): Promise<{ rss: number; heap: number }> {
  const { result } = await run(
    client,
    `import { setFlagsFromString } from "node:v8"; import { runInNewContext } from "node:vm";
     setFlagsFromString("--expose-gc"); const collect = runInNewContext("gc");
     for (let i = 0; i < 3; i++) { collect(); await new Promise((resolve) => setTimeout(resolve, 100)); }
     JSON.stringify({ rss: process.memoryUsage().rss, heap: process.memoryUsage().heapUsed })`,
  );
  return JSON.parse(String(result).slice(1, -1));
}
