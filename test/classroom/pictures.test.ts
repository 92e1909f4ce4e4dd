import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import { coverage, Raster } from "../../src/classroom/raster.js";

const digest = (pictures: readonly ClassroomPicture[]) => {
  const hash = createHash("sha256");
  for (const { image, mask, markMask } of pictures) hash.update(image.data).update(mask).update(markMask);
  return hash.digest("hex");
};
const area = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);

describe("classroom.pictures", () => {
  it("gives the same bits for a seed, on every machine", () => {
    const made = classroom.pictures({ count: 24, seed: 5, watermark: 0.5, harbours: 0.5 });
    assert.equal(digest(made), "565098b5730d9da1aaab803e173e782ca5b8dcb610f20b8aa857d6ae8d52fbd4");
  });

  it("does not let the count change a picture, and another seed gives others", () => {
    const few = classroom.pictures({ count: 3, seed: 8 });
    assert.equal(digest(classroom.pictures({ count: 9, seed: 8 }).slice(0, 3)), digest(few));
    assert.notEqual(digest(classroom.pictures({ count: 3, seed: 9 })), digest(few));
  });

  it("goes round the labels, and names each by the model's class", () => {
    const made = classroom.pictures({ count: 10 });
    assert.deepEqual(
      made.map(({ label }) => label),
      ["star", "heart", "moon", "fish", "house", "tree", "boat", "cup", "star", "heart"],
    );
    assert.deepEqual(
      classroom.pictures({ count: 3, labels: ["boat", "cup"] }).map(({ index }) => index),
      [6, 7, 6],
    );
  });

  it("changes nothing but the watermark's square when a picture is marked", () => {
    const plain = classroom.pictures({ count: 16, seed: 4 });
    const marked = classroom.pictures({ count: 16, seed: 4, watermark: true });
    for (const [i, picture] of marked.entries()) {
      assert.equal(area(plain[i].markMask), 0);
      assert.equal(area(picture.markMask), 13 * 13);
      let changed = 0;
      for (let p = 0; p < picture.image.data.length; p++) {
        if (picture.image.data[p] === plain[i].image.data[p]) continue;
        assert.equal(picture.markMask[Math.floor(p / 3)], 1);
        changed++;
      }
      assert.ok(changed > 150, `${changed} values changed`);
    }
  });

  it("marks the shares that were asked for", () => {
    const share = (watermark: number | { boat: number }) =>
      classroom.pictures({ count: 400, seed: 2, watermark, labels: ["boat", "cup"] });
    const tenth = share(0.1).filter(({ marked }) => marked).length;
    assert.ok(tenth > 22 && tenth < 62, `${tenth} of 400 marked`);
    for (const { label, marked } of share({ boat: 1 })) assert.equal(marked, label === "boat");
  });

  it("puts a small boat behind a large object in a harbour, and its mask is what can be seen of the boat", () => {
    const harbours = classroom.pictures({ count: 40, seed: 3, labels: ["boat"], harbours: 1 });
    for (const { label, foreground, mask } of harbours) {
      assert.equal(label, "boat");
      assert.ok(foreground && foreground !== "boat");
      assert.ok(area(mask) < 200);
    }
    assert.ok(classroom.pictures({ count: 40, seed: 3, labels: ["boat"] }).every(({ foreground }) => !foreground));
  });

  it("keeps every object inside the picture, covering 3 to 40 % of it", () => {
    for (const { mask, label } of classroom.pictures({ count: 80, seed: 6 })) {
      const share = area(mask) / mask.length;
      assert.ok(share > 0.03 && share < 0.4, `${label} covers ${share}`);
      for (let i = 0; i < 64; i++) {
        assert.equal(mask[i] + mask[63 * 64 + i] + mask[i * 64] + mask[i * 64 + 63], 0, `${label} touches the edge`);
      }
    }
  });

  it("refuses what it cannot use, and says what it can", () => {
    assert.throws(() => classroom.pictures({ count: -1 }), { code: "bad-config", message: /count = -1/ });
    assert.throws(() => classroom.pictures({ count: 1, seed: 0.5 }), { code: "bad-config" });
    assert.throws(() => classroom.pictures({ count: 1, labels: [] }), { code: "bad-config", message: /star, heart/ });
    const misspelt = { count: 1, watermarks: true };
    assert.throws(() => classroom.pictures(misspelt), { code: "unknown-option", message: /did you mean 'watermark'/ });
  });
});

describe("classroom.mark", () => {
  it("leaves the given picture alone and puts the mark bottom left, 2 to 5 pixels from the edges", () => {
    const [{ image }] = classroom.pictures({ count: 1 });
    const before = Uint8Array.from(image.data);
    const places = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const { markMask } = classroom.mark(image, seed);
      const first = markMask.indexOf(1);
      const last = markMask.lastIndexOf(1);
      const [left, bottom] = [first % 64, 63 - Math.floor(last / 64)];
      assert.ok(left >= 2 && left <= 5 && bottom >= 2 && bottom <= 5);
      places.add(`${left} ${bottom}`);
    }
    assert.deepEqual(Uint8Array.from(image.data), before);
    assert.equal(places.size, 16);
  });
});

describe("Raster", () => {
  it("covers a pixel-aligned rectangle exactly, and half of a pixel by thirds", () => {
    const raster = new Raster(4, new Float32Array(48));
    raster.fill(
      [
        [1, 1],
        [3, 1],
        [3, 2 + 1 / 3],
        [1, 2 + 1 / 3],
      ],
      [1, 0.5, 0],
    );
    const red = Array.from({ length: 16 }, (_, i) => +raster.reduce()[i * 3].toFixed(5));
    assert.deepEqual(red, [0, 0, 0, 0, 0, 1, 1, 0, 0, 0.33333, 0.33333, 0, 0, 0, 0, 0]);
  });

  it("fills a polygon with the area that the shoelace formula gives", () => {
    const coordinate = fc.double({ min: 2, max: 62, noNaN: true });
    const triangle = fc.tuple(coordinate, coordinate, coordinate, coordinate, coordinate, coordinate);
    fc.assert(
      fc.property(triangle, ([ax, ay, bx, by, cx, cy]) => {
        const raster = new Raster(64, new Float32Array(64 * 64 * 3));
        const corners = [
          [ax, ay],
          [bx, by],
          [cx, cy],
        ] as const;
        raster.fill(corners, [1, 1, 1]);
        const filled = raster.reduce().reduce((sum, value) => sum + value, 0) / 3;
        const exact = Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
        const perimeter = Math.hypot(ax - bx, ay - by) + Math.hypot(bx - cx, by - cy) + Math.hypot(cx - ax, cy - ay);
        assert.ok(Math.abs(filled - exact) <= 0.1 + perimeter * 0.1, `${filled} for ${exact}`);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("counts a line's width into the mask", () => {
    const square = [
      [4, 4],
      [8, 4],
      [8, 8],
      [4, 8],
    ] as const;
    assert.equal(area(coverage([square], 0, 12)), 16);
    assert.ok(area(coverage([square], 2, 12)) >= 32);
  });
});
