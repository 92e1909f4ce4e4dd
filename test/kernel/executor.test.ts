import assert from "node:assert/strict";
import { test } from "node:test";
import { Executor } from "../../src/kernel/executor.js";
import { InterruptSignals } from "../../src/kernel/interrupt-signals.js";
import { NodeCellRuntime } from "../../src/kernel/node/node-cell-runtime.js";
import { folder } from "../audit/pictures.js";

/** Cells that are JavaScript already. */
const plain = {
  convert: (code: string) => ({ code, imports: [], diagnostics: [], declared: [], commit: () => {} }),
};

test("what a cell throws because an interrupt took its child process away is the interrupt", async () => {
  const signals = new InterruptSignals();
  const executor = new Executor(new NodeCellRuntime(await folder(), signals), async () => plain, signals, "error");
  executor.scope.askToStop = (execution: number) => {
    signals.target = execution;
  };
  const run = (execution: number, source: string) => {
    executor.begin(execution, new AbortController());
    return executor.execute(source, 1, { execution, request: {}, output: {}, identities: [], allowStdin: false });
  };
  const stopped = await run(7, "$scope.askToStop(7); throw new Error('the child ended with SIGINT');");
  assert.ok(stopped.status === "error" && stopped.interrupted);
  assert.equal(stopped.error.reply.ename, "KeyboardInterrupt");

  const failed = await run(8, "throw new Error('of its own');");
  assert.ok(failed.status === "error" && !failed.interrupted);
  assert.equal(failed.error.reply.evalue, "of its own");
});
