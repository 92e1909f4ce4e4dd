import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type PillowKernel, resample } from "../../src/image/resample.js";
import type { RawImage } from "../../src/image/types.js";
import { fixture } from "../support/fixtures.js";

const picture = (width: number, height: number): RawImage => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 31 + i * 7) % 251),
  width,
  height,
});
const KERNELS = ["nearest", "bilinear", "bicubic", "lanczos"] as const;
const whole = ([width, height]: readonly [number, number]) => ({ x: 0, y: 0, width, height });

interface Case {
  readonly from: [number, number];
  readonly to: [number, number];
  readonly kernel: PillowKernel;
  readonly sha256: string;
}

describe("resample", () => {
  for (const kernel of KERNELS) {
    it(`${kernel}: Pillow's bytes, larger and smaller, wide and tall`, async () => {
      const cases = (JSON.parse(await readFile(fixture("resize.json"), "utf8")) as Case[]).filter(
        (one) => one.kernel === kernel,
      );
      assert.ok(cases.length >= 10);
      for (const { from, to, sha256 } of cases) {
        const { data } = await resample(picture(...from), { width: to[0], height: to[1] }, whole(to), kernel);
        assert.equal(createHash("sha256").update(data).digest("hex"), sha256, `${from} to ${to}`);
      }
    });
  }

  it("hundreds of pictures at once share a few memories, and one that fails keeps none", async (context) => {
    const { mock } = context.mock.method(WebAssembly, "instantiate");
    const one = () => resample(picture(40, 30), { width: 20, height: 20 }, whole([20, 20]), "bilinear");
    const first = await one();
    const broken = { ...picture(8, 8), data: undefined as never };
    const failing = Array.from({ length: 8 }, () =>
      assert.rejects(resample(broken, { width: 4, height: 4 }, whole([4, 4]), "bilinear"), TypeError),
    );
    const all = await Promise.all(Array.from({ length: 600 }, one));
    await Promise.all(failing);
    for (const { data } of all) assert.deepEqual(data, first.data);
    assert.ok(mock.callCount() <= 16, `${mock.callCount()} memories`);
  });

  it("a window is that part of the whole, also when many are made at a time", async () => {
    const side = fc.integer({ min: 1, max: 70 });
    const part = fc.tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    const cut = ([start, share]: [number, number], size: number) => {
      const first = Math.floor(start * size);
      return [first, Math.max(1, Math.floor(share * (size - first)))];
    };
    const one = fc.tuple(side, side, side, side, part, part, fc.constantFrom(...KERNELS));
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 3 }), async (several) => {
        await Promise.all(
          several.map(async ([w, h, width, height, across, down, kernel]) => {
            const [x, columns] = cut(across, width);
            const [y, rows] = cut(down, height);
            const window = { x, y, width: columns, height: rows };
            const all = await resample(picture(w, h), { width, height }, whole([width, height]), kernel);
            const { data } = await resample(picture(w, h), { width, height }, window, kernel);
            const expected = Array.from({ length: rows }, (_, row) => [
              ...all.data.subarray(((y + row) * width + x) * 3, ((y + row) * width + x + columns) * 3),
            ]).flat();
            assert.deepEqual([...data], expected);
          }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it("large pictures, whose turns let others through, do not mix", async () => {
    const [a, b] = [picture(2000, 1500), picture(1500, 2000)];
    const make = (image: RawImage) => resample(image, { width: 90, height: 80 }, whole([90, 80]), "lanczos");
    const [first, second] = [await make(a), await make(b)];
    const together = await Promise.all([make(a), make(b), make(a), make(b), make(a), make(b)]);
    for (const [i, { data }] of together.entries()) assert.deepEqual(data, (i % 2 ? second : first).data);
  });
});
