import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Session } from "../../src/model/session.js";
import { SessionCache } from "../../src/model/session-cache.js";
import type { Graph } from "../../src/onnx/graph.js";

const GIB = 2 ** 30;
let [opened, closed]: string[][] = [[], []];
beforeEach(() => {
  [opened, closed] = [[], []];
});

/** A host that says what is opened and closed; a graph is its name and what its weights would take. */
const cache = (resident = () => 0) =>
  new SessionCache(
    {
      open: async (graph) => {
        const { name } = graph as unknown as { name: string };
        opened.push(name);
        return { close: async () => void closed.push(name) } as unknown as Session;
      },
    },
    resident,
  );
const graph = (name: string, bytes: number) => () => ({ name, weightBytes: () => bytes }) as unknown as Graph;
const used = async (sessions: SessionCache, name: string, bytes: number) => {
  using _ = await sessions.take(name, graph(name, bytes));
};
const settled = () => new Promise((done) => setTimeout(done, 5));

test("of small models sixteen variants stay open, the one used least recently is closed for the next", async () => {
  const sessions = cache();
  for (let i = 0; i < 16; i++) await used(sessions, `${i}`, 1e6);
  await used(sessions, "0", 1e6);
  await used(sessions, "16", 1e6);
  await settled();
  assert.equal(opened.length, 17);
  assert.deepEqual(closed, ["1"]);
});

test("variants of large models are closed before their weights take gigabytes; three stay, however large", async () => {
  const sessions = cache();
  for (let i = 0; i < 6; i++) await used(sessions, `${i}`, 0.4 * GIB);
  await settled();
  assert.deepEqual(closed, ["0", "1", "2"]);
  for (const name of ["a", "b", "c"]) await used(sessions, name, 2 * GIB);
  await settled();
  assert.deepEqual(closed, ["0", "1", "2", "3", "4", "5"]);
  await used(sessions, "a", 2 * GIB);
  assert.equal(opened.filter((name) => name === "a").length, 1);
});

test("where the process has grown to gigabytes each new question closes one; three stay, and what was closed is opened again", async () => {
  let resident = 2.9 * GIB;
  const sessions = cache(() => resident);
  for (const name of ["a", "b", "c", "d", "e"]) await used(sessions, name, 1e6);
  assert.deepEqual(closed, []);
  resident = 3.1 * GIB;
  for (let i = 0; i < 4; i++) await used(sessions, "e", 1e6);
  await settled();
  assert.deepEqual(closed, ["a", "b"]);
  resident = 1 * GIB;
  await used(sessions, "a", 1e6);
  await settled();
  assert.deepEqual([opened.filter((name) => name === "a").length, closed], [2, ["a", "b"]]);
});

test("none is closed while it is in use; what is given back is the first to go", async () => {
  const sessions = cache();
  const working = await sessions.take("long", graph("long", 1e6));
  for (let i = 0; i < 20; i++) await used(sessions, `${i}`, 1e6);
  await settled();
  assert.deepEqual(closed, ["0", "1", "2", "3", "4"]);
  working[Symbol.dispose]();
  await used(sessions, "next", 1e6);
  await settled();
  assert.deepEqual(closed.slice(5), ["long"]);
});

test("a variant that cannot be made is tried again", async () => {
  const sessions = cache();
  await assert.rejects(
    sessions.take("a", () => Promise.reject(new Error("no"))),
    /no/,
  );
  await used(sessions, "a", 1);
  assert.deepEqual(opened, ["a"]);
});
