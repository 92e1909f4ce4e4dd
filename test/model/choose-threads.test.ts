import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { availableCores } from "#platform/threads";
import { chooseThreads, rememberedThreads } from "../../src/model/choose-threads.js";
import type { PreparedGraph } from "../../src/model/prepare-graph.js";
import { RunMemory } from "../../src/model/run-memory.js";
import type { Session, SessionHost } from "../../src/model/session.js";

const skip = availableCores() < 2 && "one core leaves no choice";

/** A choice between sessions that take so many milliseconds a pass. */
async function choice(one: number, all: number, later = 0) {
  const closed: Session[] = [];
  const session = (milliseconds: number) =>
    ({
      pass: async () => ({ milliseconds }),
      async close(this: Session) {
        closed.push(this);
      },
    }) as unknown as Session;
  const [forward, wide] = [session(one), session(all)];
  const host = { threads: 1, open: async () => wide } as unknown as SessionHost;
  const memory = new RunMemory();
  const input = { name: "image", channels: 3, height: 4, width: 4, layout: "nchw" };
  const chosen = await chooseThreads(host, { forward, input, outputs: ["logits"] } as unknown as PreparedGraph, memory);
  const { now } = Date;
  Date.now = () => now() + later;
  try {
    return {
      all: chosen === wide,
      threads: host.threads,
      remembered: rememberedThreads(memory),
      closed: closed.length,
    };
  } finally {
    Date.now = now;
  }
}

const MINUTE = 60_000;

describe("one thread or all of them", { skip }, () => {
  const most = Math.min(8, availableCores());

  it("is what runs a picture faster; the other session is closed", async () => {
    assert.deepEqual(await choice(10, 6), { all: true, threads: most, remembered: most, closed: 1 });
    assert.deepEqual(await choice(6, 10), { all: false, threads: 1, remembered: 1, closed: 1 });
  });

  it("is remembered for good where all gain clearly", async () => {
    assert.equal((await choice(10, 6, 1e6 * MINUTE)).remembered, most);
  });

  it("is measured again after ten minutes where all hardly gain, or where one won: the machine may have been busy", async () => {
    for (const [one, all, threads] of [
      [10, 9.5, most],
      [1, 50, 1],
    ]) {
      assert.equal((await choice(one, all, 9 * MINUTE)).remembered, threads);
      assert.equal((await choice(one, all, 11 * MINUTE)).remembered, undefined);
      assert.equal((await choice(one, all, -MINUTE)).remembered, undefined);
    }
  });
});
