import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelClient } from "../../../src/kernel/runner/client.js";
import { WidgetRecorder } from "../../../src/kernel/runner/widget-state.js";
import { fails } from "../../support/tensors.js";

const message = (type: string, data: object, buffers: Uint8Array[] = []) =>
  ({
    header: { msg_type: type },
    content: { comm_id: "a", target_name: "jupyter.widget", data },
    buffers,
  }) as never;

test("paths of buffers that are no lists, or have no buffer, are left out", () => {
  const recorder = new WidgetRecorder();
  recorder.add(message("comm_open", { state: { _model_name: "X", value: null } }));
  for (const paths of [7, "value", null, {}, [7], [["value"]], [[{}]], [[]], [null, ["value"]]]) {
    recorder.add(message("comm_msg", { method: "update", state: {}, buffer_paths: paths }));
  }
  assert.doesNotMatch(JSON.stringify(recorder.state), /"buffers"/);
  recorder.add(message("comm_msg", { method: "update", state: {}, buffer_paths: [["value"]] }, [Uint8Array.of(1)]));
  assert.match(JSON.stringify(recorder.state), /"buffers":\[\{"path":\["value"\]/);
});

test("a folder of temporary files that is not there is an error with what to do", async () => {
  const { TMPDIR: before } = process.env;
  process.env.TMPDIR = "/no/such/folder";
  try {
    await assert.rejects(KernelClient.start(), fails("write-failed", /'\/no\/such\/folder' \(ENOENT\).*set TMPDIR/));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});
