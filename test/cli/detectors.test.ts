import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { audit } from "../../src/audit/index.js";
import { loadModel } from "../../src/load-model.js";
import { BLOBS, blobDetector, blobPicture, SIDE } from "../support/blob-detector.js";
import { savedModel, temporaryFolder } from "../support/models.js";

const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const inside = (name: string) => join(temporaryFolder(), name);

describe("detectors on the command line", () => {
  const picture = inside("blobs.png");
  let model: string[];
  const sightline = (command: string[], ...args: string[]) =>
    promisify(execFile)(process.execPath, [cli, ...command, ...model, "--task", "detection", ...args]);

  before(async () => {
    const { data } = blobPicture([
      { x: 28, y: 28, radius: 12, colour: "red" },
      { x: 68, y: 60, radius: 12, colour: "blue" },
    ]);
    await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toFile(picture);
    await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: "#646464" } })
      .png()
      .toFile(inside("nothing.png"));
    writeFileSync(inside("blobs.txt"), BLOBS.join("\n"));
    model = ["--model", savedModel(blobDetector("head")), "--labels", inside("blobs.txt"), "--preprocess", "0..1"];
  });

  it("predict prints the boxes, most confident first", async () => {
    const rows = JSON.parse((await sightline(["predict", picture, inside("nothing.png")], "--json")).stdout);
    assert.deepEqual([...new Set(rows.map(({ label }: { label: string }) => label))].sort(), ["blue", "red"]);
    for (const [index, { box, label, probability, ...row }] of rows.entries()) {
      assert.equal(row.index, index);
      assert.ok(probability >= 0.25 && probability <= (rows[index - 1]?.probability ?? 1));
      const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
      const [centreX, centreY] = label === "red" ? [28, 28] : [68, 60];
      assert.ok(Math.abs(x - centreX) <= 16 && Math.abs(y - centreY) <= 16, String(box));
    }
    const { stdout, stderr } = await sightline(["predict", picture, inside("nothing.png")], "--top", "1");
    assert.equal(stdout.trim().split("\n").length, 3);
    assert.match(stdout, /\d+, \d+, \d+, \d+/);
    assert.match(stderr, /nothing\.png: nothing was found/);
    assert.match(stderr, /note: outputs are read as yolov8/);
  });

  it("explain saves the map of a box, by its index or label", async () => {
    const explain = async (targets: string) =>
      JSON.parse(
        (
          await sightline(
            ["explain", picture],
            "--json",
            "--targets",
            targets,
            "--preset",
            "speed",
            "--out",
            inside("maps"),
          )
        ).stdout,
      ) as { index: number; target: string; box: number[]; file: string }[];
    const [second] = await explain("1");
    assert.equal(second.index, 1);
    assert.equal(second.box.length, 4);
    assert.ok(existsSync(second.file));
    const [blue] = await explain("blue");
    assert.equal(blue.target, "blue");
    await assert.rejects(explain("99"), ({ stderr }: { stderr: string }) => /there is no box 99/.test(stderr));
  });

  it("models info tells of its outputs, and --output is refused", async () => {
    const [, file, ...rest] = model;
    const args = ["models", "info", file, ...rest, "--task", "detection"];
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args]);
    assert.match(stdout, /output0 \[any, 7, .*\] float/);
    assert.match(stdout, /^layout +nchw$/m);
    assert.match(stdout, /note: outputs are read as yolov8/);
    await assert.rejects(sightline(["predict", picture], "--output", "0"), { code: 1 });
  });

  it("audits refuse them, and write no boxes", async () => {
    const [, file, , labels] = model;
    await using detector = await loadModel(file, { task: "detection", labels, preprocess: { mean: 0, std: 1 } });
    await assert.rejects(audit(detector as never, picture, { out: inside("audit") }), {
      code: "not-supported",
      message: /an audit is of answers to whole pictures, and a detector gives none/,
      next: /boxesAsClasses/,
    });
    assert.equal(existsSync(inside("audit")), false);
    const told = promisify(execFile)(process.execPath, [
      cli,
      "audit",
      "export",
      inside("audit"),
      "boxes.json",
      "--format",
      "coco",
    ]);
    await assert.rejects(told, {
      stderr: /Allowed choices are csv, .*\. COCO is a format of boxes; audits take classifiers alone/,
    });
  });
});
