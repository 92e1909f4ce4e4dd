import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kernelForSuite, ofType, run } from "../support/kernel.js";

describe("an interrupt", () => {
  const suite = kernelForSuite();

  /** Interrupts a cell once it prints `go`. */
  async function interrupted(code: string) {
    const { client } = suite;
    const running = run(client, code);
    const going = client.once(
      ({ header, content }) => header.msg_type === "stream" && String(content.text).includes("go"),
    );
    await Promise.race([going, running.then(({ reply }) => assert.fail(`it ended before: ${reply.evalue}`))]);
    await client.interrupt();
    return running;
  }

  for (const [name, code] of [
    ["an await", "console.log('go'); await new Promise(() => {});"],
    ["a synchronous loop", "console.log('go'); while (true) {}"],
    [
      "a synchronous loop in a library",
      "console.log('go'); [...Array(1e4)].forEach(() => 'a'.repeat(28).match(/^(a+)+$/) && JSON.stringify(new Array(1e5).fill(0)));",
    ],
    ["a synchronous loop after an await", "await 1; console.log('go'); for (;;) { try { while (true); } catch {} }"],
    [
      "a recursion after an await",
      "await 1; console.log('go'); const f = (n: number): number => n < 2 ? n : f(n - 1) + f(n - 2); f(90)",
    ],
    [
      "a synchronous child process",
      "import { execSync } from 'node:child_process'; console.log('go'); execSync('sleep 60');",
    ],
    [
      "an awaited child process",
      "import { execFile } from 'node:child_process'; import { promisify } from 'node:util';\nconsole.log('go'); await promisify(execFile)('sleep', ['60']);",
    ],
  ] as const) {
    const windows = process.platform === "win32" && /library|child/.test(name);
    test(`stops ${name}`, { skip: windows && "Windows has no SIGINT" }, async () => {
      const { reply } = await interrupted(code);
      assert.equal(reply.ename, "KeyboardInterrupt");
      assert.equal((await run(suite.client, "1 + 1")).result, "2");
    });
  }

  test("kills the child process that the cell awaited", async () => {
    const ran = await interrupted(
      "import { spawn } from 'node:child_process'; const child = spawn('sleep', ['60']);\n" +
        "console.log('go'); await new Promise((resolve) => child.on('exit', resolve));",
    );
    assert.equal(ran.reply.ename, "KeyboardInterrupt");
    assert.equal(
      (await run(suite.client, "child.signalCode ?? await new Promise((r) => child.on('exit', (_, s) => r(s)))"))
        .result,
      "'SIGINT'",
    );
  });

  test("stops a running explanation within one batch, and the model goes on working", async () => {
    const { client } = suite;
    const prepared = await run(
      client,
      `import { explain, loadModel } from "sightline"; import { classroom } from "sightline/classroom";
       const { url, options } = classroom.models.honest;
       const model = await loadModel(url, options);
       const [{ image }] = classroom.pictures({ count: 1, labels: ["boat"] });
       const batches = { begun: 0 };
       const counted = new Function("masked", "batches", "return (...rest) => { batches.begun++; return masked(...rest); }");
       Object.assign(model, { masked: counted(model.masked.bind(model), batches) });`,
    );
    assert.equal(prepared.reply.status, "ok", String(prepared.reply.evalue));
    const { reply } = await interrupted(
      "const timer = setInterval(() => { if (batches.begun > 3) { console.log('go'); clearInterval(timer); } }, 10);\n" +
        "await explain(model, image, { method: 'rise', masks: 1_000_000 });",
    );
    assert.equal(reply.ename, "KeyboardInterrupt");
    const { result } = await run(
      client,
      `const begun = batches.begun; const [best] = await model.predict(image);
       for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 10));
       JSON.stringify([begun > 3, batches.begun - begun <= 1, best.label])`,
    );
    assert.equal(result, `'[true,true,"boat"]'`);
  });

  test("fires the cell's signal", async () => {
    await interrupted(
      "import { cellSignal } from 'sightline/notebook'; let fired = 0; cellSignal()!.addEventListener('abort', () => { fired++; });\n" +
        "console.log('go'); await new Promise(() => {});",
    );
    assert.equal((await run(suite.client, "[fired, cellSignal()!.aborted]")).result, "[ 1, false ]");
  });

  test("stops what the cell left behind, and leaves its functions usable", async () => {
    await interrupted(
      "let turns = 0; const add = (n: number) => n + 1;\nconsole.log('go'); while (true) { await new Promise((r) => setTimeout(r, 5)); turns++; }",
    );
    const [before, after] = JSON.parse(
      (
        await run(
          suite.client,
          "await new Promise((r) => setTimeout(r, 50)); const b = turns; await new Promise((r) => setTimeout(r, 50)); JSON.stringify([b, turns])",
        )
      ).result!.slice(1, -1),
    );
    assert.equal(before, after);
    assert.equal((await run(suite.client, "add(1)")).result, "2");
  });

  test("with nothing running does nothing", async () => {
    assert.equal((await suite.client.interrupt()).content.status, "ok");
    assert.equal((await run(suite.client, "3 + 4")).result, "7");
  });

  test("that cannot work says so while the cell still blocks", { skip: process.platform === "win32" }, async () => {
    const { client } = suite;
    const running = run(
      client,
      "await 1; console.log('go'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);",
    );
    await client.once(({ header, content }) => header.msg_type === "stream" && String(content.text).includes("go"));
    await client.interrupt();
    const said = await client.once(({ header, content }) => header.msg_type === "stream" && content.name === "stderr");
    assert.match(String(said?.content.text), /cannot be interrupted now.*restart the kernel/);
    assert.ok(ofType(await running, "stream").length >= 2);
  });

  test("never hits a later cell, 200 times in a row", async () => {
    const { client } = suite;
    const codes = [
      "while (true) {}",
      "await new Promise(() => {})",
      "await 1; while (true) {}",
      "for (let i = 0; i < 3e5; i++) {}",
    ];
    for (let i = 0; i < 200; i++) {
      const running = client.execute(codes[i % codes.length]);
      running.catch(() => {});
      await client.once(({ header }) => header.msg_type === "execute_input");
      await client.interrupt();
      const { content } = await running;
      assert.ok(content.status === "ok" || content.ename === "KeyboardInterrupt", String(content.ename));
      const next = await run(client, `${i} + 0`);
      assert.equal(next.result, String(i), `after interrupt ${i}: ${next.reply.evalue}`);
    }
  });
});
