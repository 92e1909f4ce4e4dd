import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";
import { temporaryFolder } from "../support/models.js";

const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const inside = (name: string) => join(temporaryFolder(), name);
const labels = ["ground", ...classroom.labels];
const preprocess = { mean: 0.6, std: 0.25 };
const [{ image, label }] = classroom.pictures({ count: 1, seed: 77 });

describe("segmentation models on the command line", () => {
  const picture = inside("shape.png");
  const model = ["--model", fixture("segmentation/shapes.onnx"), "--labels", inside("areas.txt")];
  const how = ["--task", "segmentation", "--preprocess", JSON.stringify(preprocess), "--json"];
  const sightline = async (...words: string[]) =>
    JSON.parse((await promisify(execFile)(process.execPath, [cli, ...words, ...model, ...how])).stdout);
  const maps = ["--method", "grad-cam", "--out", inside("maps")];

  before(async () => {
    await writeFile(inside("areas.txt"), labels.join("\n"));
    await sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } }).toFile(picture);
    // white in the middle half of the picture, at twice its size
    const white = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#fff" } })
      .png()
      .toBuffer();
    await sharp({ create: { width: 128, height: 128, channels: 3, background: "#000" } })
      .composite([{ input: white, left: 32, top: 32 }])
      .png()
      .toFile(inside("middle.png"));
  });

  it("predict prints the areas, the largest first", async () => {
    const rows = await sightline("predict", picture);
    assert.deepEqual(
      rows.slice(0, 2).map((row: { label: string }) => row.label),
      ["ground", label],
    );
    assert.ok(rows[0].share > rows[1].share && rows[1].probability > 0.9);
  });

  it("explain takes a class where it is predicted, in a rectangle, and in a mask of the same place", async () => {
    const regions = async (...words: string[]) =>
      sightline("explain", picture, ...maps, "--targets", label, ...words.flatMap((region) => ["--region", region]));
    const [predicted] = await regions();
    assert.equal(predicted.target, `${label} (predicted area)`);
    const [rectangle] = await regions(".25,.25,.5,.5");
    const [mask] = await regions(inside("middle.png"));
    assert.equal(rectangle.target, `${label} (target area)`);
    assert.equal(mask.peak, rectangle.peak);
    assert.ok(Math.abs(mask.probability - rectangle.probability) < 1e-6);
    await using shapes = await loadModel(fixture("segmentation/shapes.onnx"), {
      task: "segmentation",
      labels,
      preprocess,
    });
    const region = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
    const own = await explain(shapes, picture, { method: "grad-cam", targets: { label, region } });
    assert.ok(Math.abs(own.targets[0].probability - rectangle.probability) < 1e-6);
    const several = await sightline("explain", picture, ...maps, "--targets", `ground,${label}`);
    assert.deepEqual(
      several.map(({ target }: { target: string }) => target),
      ["ground (predicted area)", `${label} (predicted area)`],
    );
  });

  it("says what is no region, and that an audit is of whole pictures", async () => {
    const told = async (...words: string[]) => {
      const failed = await promisify(execFile)(process.execPath, [cli, ...words]).catch((error) => error);
      return `${failed.stderr}${failed.stdout}`;
    };
    const asked = ["explain", picture, ...maps, ...model, ...how];
    assert.match(await told(...asked, "--region", "0,0,1,1"), /--region was given without --targets/);
    assert.match(await told(...asked, "--targets", label, "--region", "left"), /neither a region nor a picture/);
    assert.match(
      await told(...asked, "--targets", label, "--region", "0,0,1,1", "--region", "predicted"),
      /2 regions for 1/,
    );
    const classifier = fileURLToPath(classroom.models.honest.url);
    assert.match(
      await told("explain", picture, "--model", classifier, "--region", "0,0,1,1"),
      /segmentation model's class/,
    );
    await using shapes = await loadModel(fixture("segmentation/shapes.onnx"), {
      task: "segmentation",
      labels,
      preprocess,
    });
    await assert.rejects(audit(shapes as never, picture, { out: inside("audit") }), {
      code: "not-supported",
      message: /an audit is of answers to whole pictures, and a segmentation model gives none/,
    });
  });
});
