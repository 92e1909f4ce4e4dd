import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadModel } from "../src/model/load.js";
import { fixture } from "./support/fixtures.js";
import { temporaryFolder } from "./support/models.js";
import { assertClose } from "./support/tensors.js";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../src/cli.js", import.meta.url));
const inside = (name: string) => join(temporaryFolder(), name);

/** The model with means, scales, labels and reversed channels in its model_info, and its weights beside it. */
async function annotated(name: string): Promise<string> {
  const xml = await readFile(fixture("ir/efficientnet.xml"), "utf8");
  const labels = Array.from({ length: 10 }, (_, i) => `thing_${i}`).join(" ");
  const info = `<model_info><mean_values value="123.675 116.28 103.53"/><scale_values value="58.395 57.12 57.375"/><reverse_input_channels value="True"/><labels value="${labels}"/></model_info>`;
  const path = inside(`${name}.xml`);
  await writeFile(path, xml.replace("<Runtime_version", `${info}<Runtime_version`));
  await writeFile(inside(`${name}.bin`), await readFile(fixture("ir/efficientnet.bin")));
  return path;
}

describe("sightline convert", () => {
  it("makes an ONNX file that predicts as the OpenVINO model does, its labels and preprocessing included", async () => {
    const source = await annotated("net");
    const target = inside("net.onnx");
    const { stdout } = await run(process.execPath, [cli, "convert", source, target]);
    assert.equal(stdout.trim(), target);
    await using before = await loadModel(source, { threads: 1 });
    await using after = await loadModel(target, { threads: 1 });
    assert.deepEqual([before.info.format, after.info.format], ["openvino-ir", "onnx"]);
    assert.deepEqual(after.labels, before.labels);
    assert.equal(after.labels[3], "thing_3");
    const picture = {
      data: Uint8Array.from({ length: 200 * 170 * 3 }, (_, i) => (i * 7919) % 256),
      width: 200,
      height: 170,
    };
    const [one, other] = [await before.prepare(picture), await after.prepare(picture)];
    assert.deepEqual(other.tensor, one.tensor);
    assertClose((await after.run(other.tensor)).data, (await before.run(one.tensor)).data, 1e-5);
  });

  it("says what is missing, and ends with an error", async () => {
    const path = inside("alone.xml");
    await writeFile(path, await readFile(fixture("ir/efficientnet.xml")));
    await assert.rejects(
      run(process.execPath, [cli, "convert", path, inside("alone.onnx")]),
      ({ code, stderr }: { code: number; stderr: string }) => code !== 0 && /alone\.bin.*missing/.test(stderr),
    );
  });
});
