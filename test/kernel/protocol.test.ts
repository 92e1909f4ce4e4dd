import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Request, Subscriber } from "zeromq";
import { PROTOCOL_VERSION } from "../../src/kernel/protocol.js";
import { address } from "../../src/kernel/zeromq/connection.js";
import { encode, parse, Signer, unwrap } from "../../src/kernel/zeromq/wire.js";
import { kernelForSuite, ofType, run } from "../support/kernel.js";

for (const transport of ["tcp", "ipc"] as const) {
  describe(`the kernel over ${transport}`, { skip: transport === "ipc" && process.platform === "win32" }, () => {
    const suite = kernelForSuite({ transport, signatureScheme: transport === "tcp" ? "hmac-sha512" : "hmac-sha256" });
    const cell = (code: string) => run(suite.client, code);
    const alive = async () => assert.equal((await cell("6 * 7")).result, "42");

    test("answers the heartbeat, also while a cell blocks", async () => {
      const socket = new Request();
      socket.connect(address(suite.client.connection, "hb"));
      const blocked = cell("const end = Date.now() + 1000; while (Date.now() < end); 'done'");
      await suite.client.once(({ header }) => header.msg_type === "execute_input");
      await socket.send("ping");
      assert.equal((await socket.receive())[0].toString(), "ping");
      const [reply, first] = [blocked, suite.client.once(({ header }) => header.msg_type === "execute_result")];
      assert.ok(await first);
      assert.equal((await reply).result, "'done'");
      socket.close();
    });

    test("says who it is: its protocol, and the compiler that it runs", async () => {
      const { content } = await suite.client.request("kernel_info_request", {});
      const { version } = createRequire(import.meta.url)("typescript") as { version: string };
      assert.equal((content.language_info as { version: string }).version, version);
      assert.deepEqual([content.status, content.protocol_version], ["ok", PROTOCOL_VERSION]);
    });

    test("logs and ignores bad signatures, truncated messages, wrong JSON and unknown requests, and goes on", async () => {
      const { client } = suite;
      let logged = "";
      client.process.stderr!.on("data", (text: string) => {
        logged += text;
      });
      const message = { type: "execute_request", content: '{"code":"console.log(1)"}' };
      for (const channel of ["shell", "control", "stdin"] as const) {
        const forged = encode(new Signer("not the key"), "s", message);
        client.sendRaw(channel, forged);
        client.sendRaw(channel, forged.slice(0, 3));
        client.sendRaw(channel, [Buffer.from("<IDS|MSG>")]);
        client.sendRaw(channel, [Buffer.alloc(0)]);
        const { key, signature_scheme } = client.connection;
        for (const content of ["not JSON", "[]", "null"]) {
          client.sendRaw(channel, encode(new Signer(key, signature_scheme), "s", { ...message, content }));
        }
        client.sendRaw(channel, [randomBytes(1_000_000), randomBytes(1_000_000)]);
      }
      const { content } = await client.request("nonsense_request", {});
      assert.equal(content.status, "error");
      await alive();
      while (!logged.includes("nonsense_request")) await once(client.process.stderr!, "data");
      for (const channel of ["shell", "control", "stdin"]) {
        for (const reason of ["bad signature", "truncated message", "no delimiter", "not JSON", "no object"]) {
          assert.match(logged, new RegExp(`ignored a message on ${channel}: .*${reason}`));
        }
      }
    });

    test("executes a replayed message once", async () => {
      const { client } = suite;
      const { key, signature_scheme } = client.connection;
      await cell("let times = 0;");
      const frames = encode(new Signer(key, signature_scheme), client.session, {
        type: "execute_request",
        content: '{"code":"times++"}',
      });
      for (let i = 0; i < 5; i++) client.sendRaw("shell", frames);
      await alive();
      assert.equal((await cell("times")).result, "1");
    });

    test("welcomes each subscriber before anything else, also in the middle of much output", async () => {
      const { connection } = suite.client;
      const signer = new Signer(connection.key, connection.signature_scheme);
      const hear = async (socket: Subscriber) => parse(unwrap(signer, await socket.receive()));
      const running = cell(
        'import { display } from "sightline/notebook";\nlet busy = true;\n' +
          "while (busy) { display(1); display(2); await new Promise((resolve) => setTimeout(resolve, 1)); }",
      );
      await suite.client.once(({ header }) => header.msg_type === "display_data");
      for (let i = 0; i < 60; i++) {
        const topic = i % 2 === 0 ? "" : "display_data";
        const socket = new Subscriber({ linger: 0 });
        socket.connect(address(connection, "iopub"));
        socket.subscribe(topic);
        const first = await hear(socket);
        assert.equal(first.header.msg_type, "iopub_welcome");
        assert.deepEqual(first.content, { subscription: topic });
        assert.equal((await hear(socket)).header.msg_type, "display_data");
        if (i === 1) {
          socket.subscribe("status");
          socket.unsubscribe(topic);
          for (let type: unknown; type !== "iopub_welcome"; type = (await hear(socket)).header.msg_type);
          assert.equal(await Promise.race([hear(socket), delay(300)]), undefined, "heard what it no longer asks for");
        }
        socket.close();
      }
      await suite.client.interrupt();
      await running;
    });

    test("survives 10 MB of noise on every socket", async () => {
      const { connection } = suite.client;
      for (const channel of ["shell", "iopub", "stdin", "control", "hb"] as const) {
        const port = connection[`${channel}_port`];
        await new Promise<void>((resolve) => {
          const socket = transport === "ipc" ? connect(`${connection.ip}-${port}`) : connect(port, connection.ip);
          socket.on("error", () => resolve()).on("close", () => resolve());
          socket.on("connect", () => {
            for (let i = 0; i < 10; i++) socket.write(randomBytes(1_000_000));
            socket.end();
          });
        });
      }
      await alive();
    });

    test("listens on the given address and no other", { skip: transport === "ipc" }, async () => {
      const outside = Object.values(networkInterfaces())
        .flatMap((ones) => ones ?? [])
        .filter(({ internal, family }) => !internal && family === "IPv4")
        .map(({ address }) => address);
      const others = [...outside, ...(process.platform === "linux" ? ["127.0.0.2"] : [])];
      for (const channel of ["shell", "iopub", "stdin", "control", "hb"] as const) {
        for (const other of others) {
          const refused = await new Promise((resolve) => {
            const socket = connect(suite.client.connection[`${channel}_port`], other);
            socket.on("error", () => resolve(true)).on("connect", () => resolve(false));
          });
          assert.equal(refused, true, `${channel} on ${other}`);
        }
      }
    });

    test("prints what a synchronous loop prints while it still runs", async () => {
      const running = cell(
        "console.log('early'); const stop = Date.now() + 1500; while (Date.now() < stop); console.log('late')",
      );
      const early = await suite.client.once(({ header }) => header.msg_type === "stream");
      assert.equal(early?.content.text, "early\n");
      const late = await suite.client.once(({ header }) => header.msg_type === "stream");
      assert.equal(late?.content.text, "late\n");
      await running;
    });

    test("a loop that prints a hundred thousand lines loses none and is batched", async () => {
      const ran = await cell("for (let i = 0; i < 100000; i++) console.log(i);");
      assert.equal(ran.stdout, Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(""));
      assert.ok(ofType(ran, "stream").length < 2_000);
    });

    test("text, displays and results keep their order", async () => {
      const ran = await cell(
        'import { display } from "sightline/notebook";\n' +
          "for (let i = 0; i < 20; i++) { console.log('t' + i); display('d' + i); }\nconsole.error('e'); 'end'",
      );
      const seen = ran.outputs.flatMap(({ header: { msg_type: type }, content }) =>
        type === "stream"
          ? String(content.text).trim()
          : type === "display_data" || type === "execute_result"
            ? (content.data as Record<string, string>)["text/plain"]
            : [],
      );
      assert.deepEqual(seen, [...Array.from({ length: 20 }, (_, i) => [`t${i}`, `d${i}`]).flat(), "e", "'end'"]);
    });

    test("asks for text and passwords, and says when nobody can answer", async () => {
      const asked: [string, boolean][] = [];
      const ran = await run(
        suite.client,
        'import { input } from "sightline/notebook"; [await input("name? "), await input("word? ", { password: true })]',
        {
          onInput: (prompt, password) => {
            asked.push([prompt, password]);
            return password ? "secret" : "Ada";
          },
        },
      );
      assert.equal(ran.result, "[ 'Ada', 'secret' ]");
      assert.deepEqual(asked, [
        ["name? ", false],
        ["word? ", true],
      ]);
      assert.match(String((await cell("await input('x')")).reply.evalue), /cannot ask for input/);
    });

    test("display, update and clear carry their ids and flags", async () => {
      const ran = await cell(
        'import { display, updateDisplay, clearOutput } from "sightline/notebook";\n' +
          "display(1, { id: 'a' }); updateDisplay(2, { id: 'a' }); clearOutput({ wait: true }); clearOutput();",
      );
      const shown = ran.outputs.filter(({ header }) => /display|clear/.test(header.msg_type));
      assert.deepEqual(
        shown.map(({ header, content }) => [header.msg_type, content.transient ?? content.wait]),
        [
          ["display_data", { display_id: "a" }],
          ["update_display_data", { display_id: "a" }],
          ["clear_output", true],
          ["clear_output", false],
        ],
      );
    });

    test("completes names of earlier cells, members and nothing in the wrong place", async () => {
      await cell("/** How far it is. */\nconst distance = { metres: 3, miles: 1 };");
      const complete = async (code: string, cursor_pos = code.length) =>
        (await suite.client.request("complete_request", { code, cursor_pos })).content;
      const top = await complete("1 + dist");
      assert.deepEqual([(top.matches as string[])[0], top.cursor_start, top.cursor_end], ["distance", 4, 8]);
      assert.deepEqual((await complete("distance.m")).matches, ["metres", "miles"]);
      const behindEmoji = await complete("'😀'; distance.mi");
      assert.deepEqual([behindEmoji.matches, behindEmoji.cursor_start], [["miles"], 14]);
      assert.deepEqual((await complete("distance.nothing")).matches, []);
    });

    test("inspects types and doc comments", async () => {
      const { content } = await suite.client.request("inspect_request", {
        code: "distance",
        cursor_pos: 3,
        detail_level: 0,
      });
      assert.equal(content.found, true);
      const text = (content.data as Record<string, string>)["text/plain"];
      assert.match(text, /metres: number/);
      assert.match(text, /How far it is\./);
      const { content: none } = await suite.client.request("inspect_request", {
        code: "   ",
        cursor_pos: 1,
        detail_level: 0,
      });
      assert.equal(none.found, false);
    });

    test("ends when asked to, also while a cell blocks", async () => {
      const { client } = suite;
      void cell("while (true) JSON.stringify(new Array(10).fill(1));").catch(() => {});
      await client.once(({ header }) => header.msg_type === "execute_input");
      client.send("shutdown_request", { restart: false }, { channel: "control" });
      await client.exited;
      if (transport === "ipc") assert.ok(existsSync(client.folder));
    });
  });
}

describe("process.exit in a cell", () => {
  const suite = kernelForSuite();

  test("fails the cell with words and ends the process with its status", async () => {
    const ran = await run(suite.client, `const id = "${randomUUID()}"; process.exit(3)`);
    assert.equal(ran.reply.status, "error");
    assert.match(String(ran.reply.evalue), /process\.exit\(3\) was called/);
    assert.equal(await suite.client.exited, 3);
  });
});
