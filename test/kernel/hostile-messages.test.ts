import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Dealer, Subscriber } from "zeromq";
import type { KernelClient } from "../../src/kernel/runner/client.js";
import { address } from "../../src/kernel/zeromq/connection.js";
import { encode, Signer } from "../../src/kernel/zeromq/wire.js";
import { kernelForSuite, run } from "../support/kernel.js";

const MEGABYTE = 1_000_000;
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The most memory that a process has held, in megabytes; Linux alone says it. */
const peakMemory = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_000;

/** Texts that JavaScript objects and protocols take for more than texts. */
const names = fc.constantFrom("__proto__", "constructor", "toString", "then", "", "\0", "\ud800", "x".repeat(10_000));
const json = fc.oneof({ arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 2 }, { arbitrary: names, weight: 1 });
const record = fc.dictionary(fc.oneof(names, fc.string()), json, { maxKeys: 4 });

/** A content of the right names and any values. */
const contentOf = (...keys: string[]) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, fc.oneof(json, record, fc.constantFrom(-1, 1e9, 1.5, null))])), {
    requiredKeys: [],
  });

const REQUESTS = {
  kernel_info_request: contentOf(),
  comm_info_request: contentOf("target_name"),
  history_request: contentOf("hist_access_type", "n", "start", "stop", "pattern", "unique", "output", "session", "raw"),
  is_complete_request: contentOf("code"),
  complete_request: contentOf("code", "cursor_pos"),
  inspect_request: contentOf("code", "cursor_pos", "detail_level"),
  interrupt_request: contentOf(),
  constructor_request: contentOf(),
  __proto___request: contentOf(),
};

const MESSAGES = {
  comm_open: contentOf("comm_id", "target_name", "data"),
  comm_msg: contentOf("comm_id", "data"),
  comm_close: contentOf("comm_id", "data"),
  input_reply: contentOf("value"),
  comm_unheard_of: record,
  status: record,
  "": record,
};

/** What a widget may be told: right names, any values. */
const widgetData = fc.record(
  {
    method: fc.oneof(fc.constantFrom("update", "request_state", "custom", "echo_update"), json),
    state: fc.oneof(fc.record({ value: json, children: json, layout: json, _dom_classes: json }), json),
    buffer_paths: fc.oneof(json, fc.array(fc.oneof(json, fc.array(fc.oneof(names, fc.integer()))))),
    content: json,
  },
  { requiredKeys: [] },
);

describe("odd messages of a front end", () => {
  const suite = kernelForSuite();
  const check = (arbitrary: fc.Arbitrary<unknown[]>, numRuns: number, predicate: (values: never) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(arbitrary, (values) => predicate(values as never)),
      { numRuns, seed: 20, endOnFailure: true },
    );
  const alive = async () => assert.equal((await run(suite.client, "40 + 2")).result, "42");

  for (const [type, content] of Object.entries(REQUESTS)) {
    test(`every ${type} is answered`, async () => {
      await check(fc.tuple(content, record), 30, async ([content, metadata]: [object, Record<string, unknown>]) => {
        const options = { metadata, channel: type === "interrupt_request" ? "control" : "shell" } as const;
        const reply = await suite.client.request(type, content, options);
        assert.equal(reply.header.msg_type, type.replace("_request", "_reply"));
        assert.ok(type === "is_complete_request" || ["ok", "error"].includes(String(reply.content.status)));
      });
      await alive();
    });
  }

  test("every execute_request is answered and idle follows", async () => {
    const content = contentOf("silent", "store_history", "user_expressions", "allow_stdin", "stop_on_error");
    const code = fc.oneof(fc.constantFrom("1", "", "const a = 1", "🦜", "`", "x".repeat(50_000)), json);
    await check(
      fc.tuple(content, code, record),
      40,
      async ([content, code, metadata]: [object, unknown, Record<string, unknown>]) => {
        const idle = (id: string) =>
          suite.client.once(
            (message) => message.parentHeader.msg_id === id && message.content.execution_state === "idle",
          );
        const id = suite.client.send("execute_request", { ...content, code }, { metadata });
        const [reply] = await Promise.all([
          suite.client.once((message) => message.channel === "shell" && message.parentHeader.msg_id === id),
          idle(id),
        ]);
        assert.ok(["ok", "error"].includes(String(reply?.content.status)));
      },
    );
    await wait(50);
    await alive();
  });

  test("messages without an answer end with idle, on every channel", async () => {
    for (const [type, content] of Object.entries(MESSAGES)) {
      await check(fc.tuple(content, record), 20, async ([content, metadata]: [object, Record<string, unknown>]) => {
        for (const channel of ["shell", "control", "stdin"] as const) {
          suite.client.send(type, content, { metadata, channel: channel === "stdin" ? "shell" : channel });
        }
        sendOn(suite.client, "stdin", type, content);
      });
    }
    await alive();
  });

  test("a widget takes what fits and ignores the rest", async () => {
    const { client } = suite;
    const shown = await run(
      client,
      `import { IntSlider, VBox, SaliencyViewer } from "sightline/widgets"; import { Comm } from "sightline/notebook";
       const slider = new IntSlider({ value: 3 }); const box = new VBox({ children: [slider] }); box`,
    );
    const view = shown.data?.["application/vnd.jupyter.widget-view+json"] as { model_id: string };
    const ids = Object.keys((await client.request("comm_info_request", {})).content.comms as object);
    assert.ok(ids.includes(view.model_id));
    const buffers = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 });
    await check(fc.tuple(fc.oneof(widgetData, json), buffers), 300, async ([data, parts]: [unknown, Uint8Array[]]) => {
      for (const comm_id of ids) client.send("comm_msg", { comm_id, data }, { buffers: parts });
    });
    const { result } = await run(
      client,
      "JSON.stringify([typeof slider.value, Number.isInteger(slider.value), box.children.length])",
    );
    assert.equal(result, `'["number",true,1]'`);
    const odd = await run(client, "1");
    assert.equal(odd.stderr, "");
  });

  test("a pattern of history that invites backtracking takes no time", async () => {
    await run(suite.client, `const long = "${"a".repeat(20_000)}";`);
    const started = performance.now();
    const { content } = await suite.client.request("history_request", {
      hist_access_type: "search",
      pattern: `${"*a".repeat(12)}*b`,
      n: 10,
    });
    assert.deepEqual(content.history, []);
    assert.ok(performance.now() - started < 2_000);
  });
});

describe("peers without the key", { skip: process.platform !== "linux" }, () => {
  const suite = kernelForSuite();
  const sockets: (Dealer | Subscriber)[] = [];
  const connect = <T extends Dealer | Subscriber>(socket: T, channel: Parameters<typeof address>[1]): T => {
    socket.connect(address(suite.client.connection, channel));
    sockets.push(socket);
    return socket;
  };

  test("cannot make the kernel hold what they send", async () => {
    const { client } = suite;
    await run(client, "1");
    const before = peakMemory(client.process.pid!);
    const big = "x".repeat(20 * MEGABYTE);
    for (let n = 0; n < 5; n++) {
      connect(new Subscriber({ linger: 0, reconnectInterval: 10_000 }), "iopub").subscribe(`${n}${big}`);
    }
    const many = connect(new Subscriber({ linger: 0 }), "iopub");
    for (let n = 0; n < 100_000; n++) many.subscribe(`${n}`);
    for (const channel of ["hb", "control", "stdin"] as const) {
      const peer = connect(new Dealer({ linger: 0, sendTimeout: 100, reconnectInterval: 10_000 }), channel);
      for (let n = 0; n < 3; n++) await peer.send(Buffer.alloc(50 * MEGABYTE)).catch(() => {});
    }
    const shell = connect(new Dealer({ linger: 0, sendTimeout: 100 }), "shell");
    const forged = encode(new Signer("another key"), "s", {
      type: "execute_request",
      content: '{"code":"globalThis.forged = 1"}',
    });
    for (let n = 0; n < 50; n++) {
      await shell.send(forged as Buffer[]);
      await shell.send([randomBytes(2_000), ...Array.from({ length: 200 }, () => Buffer.alloc(10))]);
    }
    await wait(3_000);
    const grown = peakMemory(client.process.pid!) - before;
    for (const socket of sockets) socket.close();
    assert.ok(grown < 150, `${grown.toFixed(0)} MB`);
    assert.equal((await run(client, "String((globalThis as { forged?: number }).forged)")).result, "'undefined'");
  });

  test("do not take the welcome from those who come later", async () => {
    const late = connect(new Subscriber({ linger: 0 }), "iopub");
    late.subscribe("status");
    const received = (async () => {
      for await (const [topic] of late) return topic.toString();
      return undefined;
    })();
    await wait(100);
    await run(suite.client, "1");
    assert.equal(await Promise.race([received, wait(5_000)]), "status");
    late.close();
  });
});

/** Sends a signed message on a channel of choice. */
function sendOn(client: KernelClient, channel: "shell" | "control" | "stdin", type: string, content: object): void {
  const signer = new Signer(client.connection.key, client.connection.signature_scheme);
  client.sendRaw(channel, encode(signer, client.session, { type, content: JSON.stringify(content) }));
}
