import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

describe("sightline evaluate", () => {
  let folder: string;
  let common: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-evaluate-"));
    const [{ image, mask }] = classroom.pictures({ count: 1, labels: ["fish"] });
    const raw = { width: 64, height: 64, channels: 3 } as const;
    await sharp(image.data, { raw }).png().toFile(join(folder, "fish.png"));
    await sharp(
      mask.map((inside) => 255 * inside),
      { raw: { ...raw, channels: 1 } },
    )
      .png()
      .toFile(join(folder, "mask.png"));
    await writeFile(join(folder, "labels.txt"), classroom.labels.join("\n"));
    const model = fileURLToPath(classroom.models.honest.url);
    common = ["evaluate", join(folder, "fish.png"), "--model", model, "--labels", join(folder, "labels.txt")];
  });
  after(() => rm(folder, { recursive: true }));

  it("measures several methods against a mask, as JSON and as an HTML table", async () => {
    const html = join(folder, "table.html");
    const given = ["--method", "recipro-cam,activation-map", "--metrics", "iou,insertion", "--nulls", "2"];
    const mask = ["--mask", join(folder, "mask.png"), "--target", "fish", "--html", html, "--json"];
    const { rows } = JSON.parse((await run(process.execPath, [cli, ...common, ...given, ...mask])).stdout);
    assert.deepEqual(
      rows.map(
        ({ name, target, measurements }: { name: string; target: { label: string }; measurements: object[] }) => [
          name,
          target.label,
          measurements.length,
        ],
      ),
      [
        ["recipro-cam", "fish", 2],
        ["activation-map", "fish", 2],
      ],
    );
    const page = await readFile(html, "utf8");
    assert.match(page, /<h1>Evaluation of fish\.png<\/h1>\n<table/);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
  });

  it("measures the methods that work, names the others and fails", async () => {
    const methods = ["--method", "vit-recipro-cam,recipro-cam", "--metrics", "cost"];
    const failing = run(process.execPath, [cli, ...common, ...methods, "--json"]);
    await assert.rejects(failing, ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
      const { rows, failures } = JSON.parse(stdout);
      assert.equal(code, 1);
      assert.deepEqual([rows.length, rows[0].name], [1, "recipro-cam"]);
      assert.deepEqual([failures[0].method, failures[0].error.code], ["vit-recipro-cam", "not-supported"]);
      assert.match(stderr, /vit-recipro-cam/);
      return true;
    });
  });

  it("ends with an error that says what is missing", async () => {
    const failing = run(process.execPath, [cli, ...common, "--metrics", "iou"]);
    await assert.rejects(failing, ({ code, stderr }: { code: number; stderr: string }) => {
      assert.match(stderr, /mask or a box/);
      return code !== 0;
    });
  });
});
