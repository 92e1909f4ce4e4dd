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
const cache = () =>
  new SessionCache({
    open: async (graph) => {
      const { name } = graph as unknown as { name: string };
      opened.push(name);
      return { close: async () => void closed.push(name) } as unknown as Session;
    },
  });
const graph = (name: string, bytes: number) => () => ({ name, weightBytes: () => bytes }) as unknown as Graph;
const settled = () => new Promise((done) => setTimeout(done, 5));

test("of small models sixteen variants stay open, the one used least recently is closed for the next", async () => {
  const sessions = cache();
  for (let i = 0; i < 16; i++) await sessions.get(`${i}`, graph(`${i}`, 1e6));
  await sessions.get("0", graph("0", 1e6));
  await sessions.get("16", graph("16", 1e6));
  await settled();
  assert.equal(opened.length, 17);
  assert.deepEqual(closed, ["1"]);
});

test("variants of large models are closed before their weights take gigabytes; three stay, however large", async () => {
  const sessions = cache();
  for (let i = 0; i < 6; i++) await sessions.get(`${i}`, graph(`${i}`, 0.4 * GIB));
  await settled();
  assert.deepEqual(closed, ["0", "1", "2"]);
  for (const name of ["a", "b", "c"]) await sessions.get(name, graph(name, 2 * GIB));
  await settled();
  assert.deepEqual(closed, ["0", "1", "2", "3", "4", "5"]);
  await sessions.get("a", graph("a", 2 * GIB));
  assert.equal(opened.filter((name) => name === "a").length, 1);
});

test("a variant that cannot be made is tried again", async () => {
  const sessions = cache();
  await assert.rejects(
    sessions.get("a", () => Promise.reject(new Error("no"))),
    /no/,
  );
  await sessions.get("a", graph("a", 1));
  assert.deepEqual(opened, ["a"]);
});
