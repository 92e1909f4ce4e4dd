import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/model/load.js";
import { fixture } from "../support/fixtures.js";
import { temporaryFolder } from "../support/models.js";
import { assertClose } from "../support/tensors.js";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
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

describe("sightline evaluate", () => {
  const picture = inside("evaluated.png");
  const evaluate = (...args: string[]) => {
    const { honest } = classroom.models;
    const model = ["--model", fileURLToPath(honest.url), "--labels", inside("labels.txt")];
    return run(process.execPath, [cli, "evaluate", picture, ...model, ...args]);
  };
  /** The lines of what was printed, in words. */
  const words = (stdout: string) => stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
  before(async () => {
    await writeFile(inside("labels.txt"), classroom.labels.join("\n"));
    const [{ image }] = classroom.pictures({ count: 1, seed: 1 });
    await sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } }).toFile(picture);
  });

  it("prints how alike the maps are, pair by pair", async () => {
    const methods = ["--method", "recipro-cam,grad-cam,occlusion"];
    const { agreement } = JSON.parse((await evaluate(...methods, "--metrics", "agreement", "--json")).stdout);
    const shown = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(3));
    const pair = (a: number, b: number) => [
      agreement.names[a],
      agreement.names[b],
      shown(agreement.spearman[a][b]),
      shown(agreement.overlap[a][b]),
    ];
    const expected = [pair(0, 1), pair(0, 2), pair(1, 2)];
    const alone = words((await evaluate(...methods, "--metrics", "agreement")).stdout);
    assert.deepEqual(alone[0], ["method", "other method", "rank correlation", "overlap of the largest 10 %"]);
    assert.deepEqual(alone.slice(2, -1), expected);
    const beside = words((await evaluate(...methods, "--metrics", "cost,agreement")).stdout);
    assert.deepEqual(beside.slice(-4, -1), expected);
  });

  it("prints forward passes, backward passes and milliseconds as costs", async () => {
    const { stdout } = await evaluate("--method", "grad-cam", "--metrics", "cost");
    const costs = words(stdout).slice(2, -1);
    assert.deepEqual(
      costs.map((cells) => cells[2]),
      ["cost", "cost: backward passes", "cost: milliseconds"],
    );
    for (const cells of costs) assert.match(cells[4], /^\d+$/);
  });

  it("says before the work that a page cannot be written", async () => {
    for (const [file, why] of [
      [inside("none/page.html"), /cannot be written: there is no folder .*none/],
      [temporaryFolder(), /cannot be written: it is a folder/],
    ] as const) {
      const args = ["evaluate", "no-such-picture.png", "--model", "no-such-model", "--html", file, "--json"];
      await assert.rejects(run(process.execPath, [cli, ...args]), ({ stderr }: { stderr: string }) => {
        const { error } = JSON.parse(stderr);
        assert.equal(error.code, "write-failed");
        assert.match(error.message, why);
        return true;
      });
    }
    const page = inside("page.html");
    await evaluate("--method", "grad-cam", "--metrics", "cost", "--html", page);
    assert.match(await readFile(page, "utf8"), /<table/);
  });
});

it("a reader of the output that goes away is no error", async () => {
  const child = spawn(process.execPath, [cli, "methods"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  assert.deepEqual([await once(child, "close"), stderr], [[0, null], ""]);
});
