import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { installKernel } from "../../src/kernel/install/install.js";
import { noPython, python } from "../support/jupyter.js";

/** A front end of the Jupyter project with the part of its server that watches over kernels. */
const FRONT_END = `
import time
from jupyter_client import KernelManager
from jupyter_client.restarter import KernelRestarter

class Restarter(KernelRestarter):
    def start(self): pass
    def stop(self): pass

manager = KernelManager(kernel_name="sightline")
manager.start_kernel()
restarter = Restarter(kernel_manager=manager)
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=120)

def run(code):
    seen = []
    reply = client.execute_interactive(code, timeout=120, output_hook=seen.append)["content"]
    texts = [m["content"].get("text") or m["content"].get("data", {}).get("text/plain") or m["content"].get("evalue") for m in seen]
    return reply["status"], [text for text in texts if text]

def until(condition):
    while not condition():
        time.sleep(0.05)
`;

async function inFrontEnd(script: string): Promise<string[]> {
  const prefix = mkdtempSync(join(tmpdir(), "sightline-restart-"));
  await installKernel({ prefix });
  const env = { ...process.env, JUPYTER_PATH: join(prefix, "share", "jupyter") };
  const whole = `${FRONT_END}\ntry:\n${script.trim().replace(/^/gm, "    ")}\nfinally:\n    manager.shutdown_kernel(now=True)`;
  const { stdout, stderr, status } = spawnSync(python, ["-c", whole], { encoding: "utf8", env });
  rmSync(prefix, { recursive: true, force: true });
  assert.equal(status, 0, stderr);
  return stdout.trim().split("\n");
}

test("process.exit in a cell: the cell fails with words, the front end starts a fresh kernel, which runs", {
  skip: noPython,
}, async () => {
  const lines = await inFrontEnd(`
run("const kept = 1;")
print(run("process.exit(3)"))
until(lambda: not manager.is_alive())
restarter.poll()
client.wait_for_ready(timeout=120)
print(run("typeof (globalThis as any).kept + (1 + 1)"))`);
  assert.match(lines[0], /^\('error', \['.*process\.exit\(3\) was called/);
  assert.equal(lines[1], `('ok', ["'undefined2'"])`);
});

test("a cell that cannot be interrupted says so, and restarting works", { skip: noPython }, async () => {
  const lines = await inFrontEnd(`
client.execute("await 1; console.log('go'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600000);")
def text():
    message = client.get_iopub_msg(timeout=120)
    return message["content"].get("text", "") if message["msg_type"] == "stream" else ""
until(lambda: "go" in text())
manager.interrupt_kernel()
until(lambda: "cannot be interrupted now" in text())
manager.restart_kernel()
client.wait_for_ready(timeout=120)
print(run("1 + 1"))`);
  assert.deepEqual(lines, [`('ok', ['2'])`]);
});
