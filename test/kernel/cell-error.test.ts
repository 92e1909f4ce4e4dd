import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { cellError } from "../../src/kernel/cell-error.js";
import { InterruptError } from "../../src/kernel/interrupt.js";
import { kernelForSuite, ofType, run } from "../support/kernel.js";

const plain = (text: string) => text.replace(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g"), "");
const withStack = (error: Error, ...frames: string[]) => {
  error.stack = [String(error), ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
};

test("what somebody stopped is one grey line, without a stack", () => {
  for (const error of [new InterruptError(), new SightlineError("aborted", "the work was cancelled")]) {
    const { reply, shown, folded } = cellError(withStack(error, "a (Cell [1]:1:1)"), 1, "a()");
    assert.deepEqual(shown, [`\x1b[90m${error.name}: ${error.message}\x1b[39m`]);
    assert.deepEqual([reply.traceback, reply.evalue, folded], [shown, error.message, undefined]);
  }
});

test("calls inside of libraries and the stacks of causes are folded; the reader's own lines stay", () => {
  const cause = withStack(new TypeError("deep"), "inner (/a/node_modules/b/c.js:1:2)");
  const error = withStack(
    new RangeError("too far", { cause }),
    "go (/a/node_modules/b/index.js:3:4)",
    "mine (Cell [2]:1:5)",
    "async helper (/notebook/helper.ts:7:8)",
  );
  const { reply, shown, folded } = cellError(error, 2, "mine()");
  assert.deepEqual(shown.map(plain), [
    "RangeError: too far",
    "→  1 | mine()\n     |     ^",
    "    at mine (Cell [2]:1:5)\n    at async helper (/notebook/helper.ts:7:8)",
    "Caused by TypeError: deep",
  ]);
  assert.match(String(folded), /go \(\/a\/node_modules[\s\S]*Caused by TypeError: deep\n {4}at inner/);
  assert.match(plain(reply.traceback.join("\n")), /go \(\/a\/node_modules[\s\S]*at inner/);
});

test("an error of the reader's own lines alone folds nothing", () => {
  const { reply, shown, folded } = cellError(withStack(new Error("x"), "f (Cell [1]:1:1)"), 1, "f()");
  assert.deepEqual([shown, folded], [reply.traceback, undefined]);
});

describe("errors of the library in a cell", () => {
  const suite = kernelForSuite();

  test("are a sentence and the line of the cell; the rest opens where HTML is shown", async () => {
    const ran = await run(suite.client, `import { loadModel } from "sightline";\nawait loadModel("nowhere.onnx");`);
    const [{ traceback }] = ofType(ran, "error") as [{ traceback: string[] }];
    const text = plain(traceback.join("\n"));
    assert.match(text, /^SightlineError: /);
    assert.match(text, /→ +2 \| await loadModel/);
    assert.doesNotMatch(text, /dist\/src/);
    const [{ data }] = ofType(ran, "display_data") as [{ data: Record<string, string> }];
    assert.match(data["text/html"], /^<details><summary>Where it happened<\/summary><pre>/);
    assert.match(data["text/plain"], /at .*dist\/src/);
    assert.match(plain((ran.reply.traceback as string[]).join("\n")), /dist\/src/);
  });
});
