import assert from "node:assert/strict";
import { test } from "node:test";
import { pixelColumns } from "../../src/audit/pictures/pixel-columns.js";
import { random } from "../../src/core/random.js";
import type { RawImage } from "../../src/core/raw-image.js";

function picture(width: number, height: number, colour: (x: number, y: number) => readonly number[]): RawImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(colour(i % width, Math.floor(i / width)), 3 * i);
  return { data, width, height };
}

const close = (actual: number | null, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(Number(actual) - expected) <= tolerance, `${actual} is not ${expected}`);

test("one colour: its luma is the brightness, and there is nothing sharp and no information", () => {
  const { brightness, darkest, brightest, saturation, sharpness, entropy } = pixelColumns(
    picture(40, 20, () => [255, 0, 0]),
  );
  close(brightness, 0.299);
  close(darkest, Math.floor(0.299 * 256) / 255);
  assert.equal(brightest, darkest);
  close(saturation, 1);
  assert.deepEqual([sharpness, entropy], [0, 0]);
});

test("half black, half white: one bit, the quantiles at the ends, no colour", () => {
  const { brightness, darkest, brightest, saturation, entropy } = pixelColumns(
    picture(64, 64, (x) => (x < 32 ? [0, 0, 0] : [255, 255, 255])),
  );
  close(brightness, 0.5);
  assert.deepEqual([darkest, brightest, saturation], [0, 1, 0]);
  close(entropy, 1);
});

test("white noise is as sharp as can be, 20; a smooth wave is not, whatever its contrast", () => {
  const source = random(1);
  const noise = picture(200, 200, () => new Array(3).fill(source.integer(256)));
  close(pixelColumns(noise).sharpness, 20, 1);
  for (const height of [120, 20]) {
    const wave = picture(200, 200, (x) => new Array(3).fill(Math.round(128 + height * Math.sin(x / 30))));
    assert.ok(Number(pixelColumns(wave).sharpness) < 0.01);
  }
});

test("large pictures are measured like the same ones made smaller", () => {
  const at = (side: number) =>
    picture(side, side, (x, y) => [((x * 8) / side) % 2 < 1 ? 200 : 60, (255 * y) / side, 90]);
  const [small, large] = [pixelColumns(at(256)), pixelColumns(at(2000))];
  for (const key of ["brightness", "saturation", "darkest", "brightest"] as const) {
    close(large[key], Number(small[key]), 0.02);
  }
});

test("a picture of one pixel, and one of a single row", () => {
  assert.deepEqual(pixelColumns(picture(1, 1, () => [255, 255, 255])).brightness?.toFixed(6), "1.000000");
  const { sharpness, entropy } = pixelColumns(picture(3000, 1, (x) => [x % 256, x % 256, x % 256]));
  assert.equal(sharpness, 0);
  assert.ok(Number(entropy) > 6);
});
