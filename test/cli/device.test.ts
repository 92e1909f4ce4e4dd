import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeviceRow, measureDevices } from "../../src/cli/measure-devices.js";
import { DEVICE_KINDS } from "../../src/platform/devices.js";
import { savedModel, tinyVit } from "../support/models.js";
import { useSwiftShader } from "../support/swiftshader.js";
import { fails } from "../support/tensors.js";

useSwiftShader();
const model = savedModel(tinyVit());

test("device lists every kind: what runs with its speed and its distance to the processor, what does not with the reason", async () => {
  const rows: DeviceRow[] = [];
  for await (const row of measureDevices({ model }, AbortSignal.timeout(240_000))) rows.push(row);
  assert.deepEqual(
    rows.map(({ device }) => device),
    [...DEVICE_KINDS],
  );
  const [cpu, webgpu] = ["cpu", "webgpu"].map((kind) => rows.find(({ device }) => device === kind) as DeviceRow);
  for (const row of [cpu, webgpu]) {
    assert.equal(row.works, "yes", row.why);
    assert.ok((row["pictures/s"] as number) > 0);
    assert.ok((row["first batch (ms)"] as number) >= 0);
  }
  assert.equal(cpu["scores differ"], undefined);
  for (const of of ["scores differ", "map differs", "gradient differs"]) {
    const share = Number(webgpu[of]);
    assert.ok(share >= 0 && share < 1e-3, `${of}: ${webgpu[of]}`);
  }
  for (const row of rows.filter(({ works }) => works === "no"))
    assert.match(row.why ?? "", new RegExp(`'${row.device}'`));
  assert.ok(rows.some(({ device, works }) => device === "coreml" && works === "no"));
});

test("a model that is no model ends the list with the processor's error", async () => {
  const first = measureDevices({ model: "no-such-model" }, new AbortController().signal)[Symbol.asyncIterator]();
  await assert.rejects(first.next(), fails("unknown-model"));
});
