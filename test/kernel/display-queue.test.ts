import assert from "node:assert/strict";
import { test } from "node:test";
import { displaySymbol } from "../../src/core/display.js";
import { DisplayQueue } from "../../src/kernel/display-queue.js";
import { InterruptError } from "../../src/kernel/interrupt.js";
import { Iopub } from "../../src/kernel/iopub.js";
import type { Outgoing } from "../../src/kernel/protocol.js";
import type { Transport } from "../../src/kernel/transport.js";

/** A queue with a short limit, and the texts that it sends. */
function queue(limit: number): { displays: DisplayQueue; shown: string[] } {
  const shown: string[] = [];
  const send = (_channel: string, { content }: Outgoing) => shown.push(JSON.parse(content).data["text/plain"]);
  const transport = { send } as unknown as Transport;
  return { displays: new DisplayQueue(new Iopub(transport), limit), shown };
}

/** A value that shows itself as a text once it is released. */
function held(text: string): { value: object; release(): void } {
  let release = () => {};
  const ready = new Promise<void>((resolve) => {
    release = resolve;
  });
  const value = { [displaySymbol]: () => ready.then(() => ({ "text/plain": text })) };
  return { value, release: () => release() };
}

test("what must be waited for holds back what was shown after it", async () => {
  const { displays, shown } = queue(1_000);
  const slow = held("slow");
  displays.display("first", {});
  displays.display(slow.value, {});
  displays.display("last", {});
  assert.deepEqual(shown, ["first"]);
  slow.release();
  await displays.sent();
  assert.deepEqual(shown, ["first", "slow", "last"]);
});

test("what is late is an error, holds nothing back any more, and is shown when it is ready", async () => {
  const { displays, shown } = queue(20);
  const late = held("late");
  displays.display(late.value, {});
  displays.display("behind it", {});
  await assert.rejects(displays.sent(), {
    code: "display-failed",
    message: "what this cell shows was not ready within 0.02 s: it appears when it is ready",
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(shown, ["behind it"]);
  displays.display("next cell", {});
  await displays.sent();
  assert.deepEqual(shown, ["behind it", "next cell"]);
  late.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(shown, ["behind it", "next cell", "late"]);
});

test("an interrupt leaves a moment for what is almost ready, and no more", async () => {
  const { displays, shown } = queue(60_000);
  const interrupted = Promise.reject(new InterruptError());
  const soon = held("soon");
  displays.display(soon.value, {});
  setTimeout(soon.release, 50);
  await displays.sent(interrupted);
  assert.deepEqual(shown, ["soon"]);
  displays.display(held("never").value, {});
  await assert.rejects(displays.sent(interrupted), InterruptError);
});

test("one that fails is its caller's error and does not disturb the others", async () => {
  const { displays, shown } = queue(1_000);
  const slow = held("slow");
  displays.display(slow.value, {});
  const failed = displays.display({ [displaySymbol]: async () => ({ "application/json": 1n }) }, {});
  displays.display("after it", {});
  slow.release();
  await assert.rejects(failed, { code: "display-failed", message: /this value cannot be shown: .*BigInt/ });
  await displays.sent();
  assert.deepEqual(shown, ["slow", "after it"]);
});
