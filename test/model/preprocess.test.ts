import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { RawImage } from "../../src/image/types.js";
import { checkPreprocess, type PreprocessData, preprocessor } from "../../src/model/preprocess.js";
import { checkPreset, PREPROCESS_PRESETS, presetPreprocess } from "../../src/model/preprocess-presets.js";
import type { InputGeometry } from "../../src/model/types.js";
import { fixture } from "../support/fixtures.js";
import { assertClose, fails } from "../support/tensors.js";

const input = (height: number, width = height, layout: "nchw" | "nhwc" = "nhwc"): InputGeometry => ({
  name: "x",
  layout,
  channels: 3,
  height,
  width,
});

const { colours, applications } = JSON.parse(readFileSync(fixture("preprocess/preprocess.json"), "utf8")) as {
  colours: number[][];
  applications: Record<"caffe" | "tf" | "torch", number[][]>;
};

const row = (pixels: readonly (readonly number[])[]): RawImage => ({
  data: Uint8Array.from(pixels.flat()),
  width: pixels.length,
  height: 1,
});

async function values(data: PreprocessData, image: RawImage, to: InputGeometry): Promise<number[]> {
  return [...(await preprocessor(checkPreprocess(data), to).toInput(image)).tensor.data];
}

describe("preprocessing as data", () => {
  for (const mode of ["caffe", "tf", "torch"] as const) {
    it(`keras-${mode}: the values of Keras's preprocess_input`, async () => {
      const to = input(1, colours.length);
      assertClose(
        await values(presetPreprocess(`keras-${mode}`, to), row(colours), to),
        applications[mode].flat(),
        1e-4,
      );
    });
  }

  it("every preset is data that fits square and wide inputs", async () => {
    const image: RawImage = { data: new Uint8Array(50 * 40 * 3).fill(90), width: 50, height: 40 };
    for (const name of PREPROCESS_PRESETS) {
      for (const to of [input(32), input(24, 48), input(224, 160, "nchw")]) {
        const made = await values(presetPreprocess(checkPreset(name), to), image, to);
        assert.equal(made.length, to.height * to.width * 3, name);
        assert.ok(made.every(Number.isFinite), name);
      }
    }
    assert.throws(() => checkPreset("torch-vision"), fails("bad-config", /did you mean 'torchvision'/));
  });

  it("presets ask for the sizes that the tools ask for", () => {
    assert.equal(presetPreprocess("torchvision", input(224)).resize, "shortest-256");
    assert.equal(presetPreprocess("timm", input(299)).resize, "shortest-341");
    assert.deepEqual(presetPreprocess("timm", input(224, 112)).resize, { cover: [256, 128] });
    assert.equal(presetPreprocess("ultralytics-classify", input(64)).resize, "shortest-64");
  });

  it("scale, mean and std are one value or one a channel; padding one level or a colour", async () => {
    const to = input(1, 1);
    const made = await values(
      { scale: [1, 0.5, 0.1], mean: [1, 2, 3], std: 2, channels: "bgr" },
      row([[10, 20, 30]]),
      to,
    );
    assertClose(made, [(30 - 1) / 2, (10 - 2) / 2, (1 - 3) / 2], 1e-5);
    const padded = async (padding: PreprocessData["padding"], align: PreprocessData["align"]) => {
      const made = await values({ scale: 1, resize: "letterbox", padding, align }, row([[9, 9, 9]]), input(1, 3));
      return made.map(Math.round);
    };
    assert.deepEqual(await padded(114, "center"), [114, 114, 114, 9, 9, 9, 114, 114, 114]);
    assert.deepEqual(await padded([1, 2, 3], "top-left"), [9, 9, 9, 1, 2, 3, 1, 2, 3]);
  });

  it("refuses what cannot be, naming the key", () => {
    for (const [data, message] of [
      [{ resize: "shortest-0" }, /preprocess cannot use resize/],
      [{ resize: { squeeze: 3 } }, /preprocess cannot use resize/],
      [{ interpolation: "area" }, /preprocess cannot use interpolation "area"/],
      [{ padding: 300 }, /preprocess cannot use padding 300/],
      [{ scale: 0 }, /preprocess cannot use scale 0/],
      [{ align: "left" }, /preprocess cannot use align/],
    ] as const) {
      assert.throws(() => checkPreprocess(data as unknown as PreprocessData), fails("bad-config", message));
    }
    assert.throws(
      () => preprocessor({ scale: [1, 2] }, input(8)),
      fails("bad-config", /preprocess\.scale has 2 values/),
    );
  });
});
