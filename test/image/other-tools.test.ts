import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fromBase64 } from "../../src/core/bytes.js";
import { type Fit, fitImage } from "../../src/image/geometry.js";
import { fixture } from "../support/fixtures.js";

interface Case {
  readonly from: [width: number, height: number];
  readonly fit: Partial<Fit> & { width: number; height: number };
}

const { cases, keras } = JSON.parse(readFileSync(fixture("preprocess/preprocess.json"), "utf8")) as {
  cases: (Case & { tool: string; sha256: string })[];
  keras: (Case & { float32: string })[];
};

/** The generator's picture of that size, brought to a size as the fit says. */
function fitted({ from: [width, height], fit }: Case) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 31 + i * 7) % 251);
  return fitImage({ data, width, height }, { resize: "exact", interpolation: "bilinear", padding: [0, 0, 0], ...fit });
}

const COUNTS = {
  torchvision: 200,
  "timm center": 40,
  "timm squash": 40,
  "timm border": 40,
  OpenCV: 200,
  Ultralytics: 80,
};

describe("pictures are prepared as other tools prepare them", () => {
  for (const [tool, count] of Object.entries(COUNTS)) {
    it(`${tool}: the same bytes at ${count} sizes`, async () => {
      const own = cases.filter((one) => one.tool === tool);
      assert.equal(own.length, count);
      const different: string[] = [];
      for (const one of own) {
        const { data } = await fitted(one);
        const same = createHash("sha256").update(data).digest("hex") === one.sha256;
        if (!same) different.push(`${one.from} → ${JSON.stringify(one.fit)}`);
      }
      assert.equal(different.length, 0, `${different.length} differ:\n${different.slice(0, 10).join("\n")}`);
    });
  }

  it("Keras: its values, rounded to whole levels, at 24 sizes", async () => {
    assert.equal(keras.length, 24);
    for (const one of keras) {
      const expected = new Float32Array(fromBase64(one.float32).buffer);
      const { data } = await fitted(one);
      assert.equal(data.length, expected.length);
      const furthest = Math.max(...expected.map((value, i) => Math.abs(value - data[i])));
      assert.ok(furthest <= 0.501, `${one.from}: ${furthest}`);
    }
  });
});
