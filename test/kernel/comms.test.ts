import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { Comm, display, isInKernel, onComm } from "../../src/notebook.js";
import { kernelForSuite, ofType, run } from "../support/kernel.js";

const NOTEBOOK = 'import { Comm, onComm } from "sightline/notebook";\n';

describe("comms", () => {
  const suite = kernelForSuite();
  const commMessage = (type: string, id: string) =>
    suite.client.once(({ header, content }) => header.msg_type === type && content.comm_id === id);

  test("opened by a cell: opening, messages, buffers and closing reach the front end", async () => {
    const ran = await run(
      suite.client,
      `${NOTEBOOK}const out = new Comm("t", { a: 1 }, { buffers: [new Float32Array([1, 2])], metadata: { m: 1 }, id: "given" });
       out.send({ b: 2 }, { buffers: [new Uint8Array([7]).buffer, new Uint8Array(100).subarray(3, 5)] }); out.close({ c: 3 });`,
    );
    const [open, message, close] = ran.outputs.filter(({ header }) => header.msg_type.startsWith("comm_"));
    assert.deepEqual(open.content, { comm_id: "given", target_name: "t", data: { a: 1 } });
    assert.deepEqual(open.metadata, { m: 1 });
    assert.deepEqual([...new Float32Array(new Uint8Array(open.buffers[0]).buffer)], [1, 2]);
    assert.deepEqual(message.content, { comm_id: "given", data: { b: 2 } });
    assert.deepEqual(
      message.buffers.map(({ length }) => length),
      [1, 2],
    );
    assert.deepEqual([close.header.msg_type, close.content.data], ["comm_close", { c: 3 }]);
  });

  test("opened by the front end: echo with binary, also while a cell awaits", async () => {
    await run(
      suite.client,
      `${NOTEBOOK}onComm("echo", (comm, { data }) => { comm.send({ hello: data }); comm.onMessage(({ data, buffers }) => comm.send(data, { buffers })); });`,
    );
    const cell = run(suite.client, "await new Promise((resolve) => setTimeout(resolve, 3000)); 'slept'");
    const id = randomUUID();
    const hello = commMessage("comm_msg", id);
    suite.client.send("comm_open", { comm_id: id, target_name: "echo", data: { n: 0 } });
    assert.deepEqual((await hello)?.content.data, { hello: { n: 0 } });
    for (let i = 1; i < 20; i++) {
      const bytes = new Uint8Array(i * 1_000).fill(i);
      const echo = commMessage("comm_msg", id);
      const sent = suite.client.send("comm_msg", { comm_id: id, data: { i } }, { buffers: [bytes] });
      const message = await echo;
      assert.deepEqual(message?.content.data, { i });
      assert.deepEqual(Buffer.from(message!.buffers[0]), Buffer.from(bytes));
      assert.equal(message?.parentHeader.msg_id, sent);
    }
    assert.equal((await cell).result, "'slept'");
  });

  test("messages of one comm are handled in order; a slow one does not starve the others", async () => {
    await run(
      suite.client,
      `${NOTEBOOK}let release = () => {}; const gate = new Promise<void>((resolve) => { release = resolve; });
       onComm("slow", (comm) => { comm.onMessage(async ({ data }) => { if (data.i === 0) await gate; comm.send(data); }); });
       onComm("fast", (comm) => { comm.onMessage(({ data }) => { comm.send(data); release(); }); });`,
    );
    const [slow, fast] = [randomUUID(), randomUUID()];
    const order: string[] = [];
    const stop = suite.client.listen(({ header, content }) => {
      if (header.msg_type === "comm_msg")
        order.push(content.comm_id === slow ? `slow ${(content.data as { i: number }).i}` : "fast");
    });
    suite.client.send("comm_open", { comm_id: slow, target_name: "slow", data: {} });
    suite.client.send("comm_open", { comm_id: fast, target_name: "fast", data: {} });
    for (let i = 0; i < 5; i++) suite.client.send("comm_msg", { comm_id: slow, data: { i } });
    const last = suite.client.once(({ content }) => (content.data as { i?: number })?.i === 4);
    suite.client.send("comm_msg", { comm_id: fast, data: {} });
    await last;
    stop();
    assert.deepEqual(order, ["fast", "slow 0", "slow 1", "slow 2", "slow 3", "slow 4"]);
  });

  test("what a listener prints and throws stands in the cell that registered it", async () => {
    const owner = await run(
      suite.client,
      `${NOTEBOOK}onComm("bad", (comm) => { comm.onMessage(() => { console.log("printed"); throw new Error("in a listener"); }); });`,
    );
    await run(suite.client, "'another cell'");
    const id = randomUUID();
    suite.client.send("comm_open", { comm_id: id, target_name: "bad", data: {} });
    const printed = suite.client.once(({ header }) => header.msg_type === "stream");
    const thrown = suite.client.once(({ header }) => header.msg_type === "error");
    suite.client.send("comm_msg", { comm_id: id, data: {} });
    const parent = owner.outputs[0].parentHeader.msg_id;
    assert.deepEqual([(await printed)?.content.text, (await printed)?.parentHeader.msg_id], ["printed\n", parent]);
    assert.deepEqual([(await thrown)?.content.evalue, (await thrown)?.parentHeader.msg_id], ["in a listener", parent]);
  });

  test("an unknown target is closed; comm_info knows what is open; closing is heard", async () => {
    const id = randomUUID();
    const closed = commMessage("comm_close", id);
    suite.client.send("comm_open", { comm_id: id, target_name: "nobody", data: {} });
    assert.ok(await closed);
    await run(
      suite.client,
      `${NOTEBOOK}const mine = new Comm("listed", {}, { id: "listed-1" }); mine.onClose(() => console.log("heard"));`,
    );
    const info = async (content: object) => (await suite.client.request("comm_info_request", content)).content.comms;
    assert.deepEqual(await info({ target_name: "listed" }), { "listed-1": { target_name: "listed" } });
    const heard = suite.client.once(({ header }) => header.msg_type === "stream");
    suite.client.send("comm_close", { comm_id: "listed-1", data: {} });
    assert.equal((await heard)?.content.text, "heard\n");
    assert.deepEqual(await info({ target_name: "listed" }), {});
    assert.equal(ofType(await run(suite.client, "0"), "error").length, 0);
  });
});

test("outside of a kernel the notebook functions say that they need one", () => {
  assert.equal(isInKernel(), false);
  for (const use of [() => display(1), () => new Comm("t"), () => onComm("t", () => {})]) {
    assert.throws(use, { code: "not-supported", message: /needs a notebook/ });
  }
});
