import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { random } from "../../src/core/random.js";
import type { RawImage } from "../../src/image/types.js";
import { grid, quickshift, type Segmentation, type Segments, segment, slic } from "../../src/segment/index.js";

type Colour = readonly [number, number, number];

function paint(width: number, height: number, colour: (x: number, y: number) => Colour): RawImage {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) data.set(colour(p % width, Math.floor(p / width)), 3 * p);
  return { data, width, height };
}

/** Four quarters of one colour each, with a little noise. */
function quarters(side: number): RawImage {
  const colours: Colour[] = [
    [200, 40, 40],
    [40, 180, 60],
    [40, 60, 200],
    [220, 210, 60],
  ];
  const noise = random(1);
  return paint(side, side, (x, y) => {
    const [r, g, b] = colours[(y < side / 2 ? 0 : 2) + (x < side / 2 ? 0 : 1)];
    const n = noise.integer(7) - 3;
    return [r + n, g + n, b + n];
  });
}

function noisy(width: number, height: number, seed: number): RawImage {
  const noise = random(seed);
  return paint(width, height, () => [noise.integer(256), noise.integer(256), noise.integer(256)]);
}

function assertPartition({ labels, count, width, height }: Segments): void {
  assert.equal(labels.length, width * height);
  assert.deepEqual(
    [...new Set(labels)].sort((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  );
}

/** Number of 4-connected pieces. */
function pieces({ labels, width, height }: Segments): number {
  const seen = new Uint8Array(labels.length);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (seen[start]) continue;
    count++;
    const stack = [start];
    seen[start] = 1;
    for (let p = stack.pop(); p !== undefined; p = stack.pop()) {
      const x = p % width;
      const next = [x > 0 ? p - 1 : p, x < width - 1 ? p + 1 : p, p - width, p + width];
      for (const q of next) {
        if (q < 0 || q >= width * height || seen[q] || labels[q] !== labels[p]) continue;
        seen[q] = 1;
        stack.push(q);
      }
    }
  }
  return count;
}

/** Share of pixels whose segment lies mostly in the same quarter of the picture. */
function purity({ labels, count, width, height }: Segments): number {
  const votes = Array.from({ length: count }, () => new Float64Array(4));
  for (let p = 0; p < labels.length; p++) {
    const quarter = (p < (width * height) / 2 ? 0 : 2) + (p % width < width / 2 ? 0 : 1);
    votes[labels[p]][quarter]++;
  }
  return votes.reduce((sum, of) => sum + Math.max(...of), 0) / labels.length;
}

describe("grid", () => {
  it("numbers equal rectangles row by row", () => {
    assert.deepEqual([...grid(4, 4, 2).labels], [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]);
  });

  it("uses every label on any size, cells differing by at most one pixel a side", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        (w, h, n) => {
          const cells = grid(w, h, n);
          assertPartition(cells);
          assert.equal(pieces(cells), cells.count);
          const firstRow = [...cells.labels.subarray(0, w)];
          const sizes = [...new Set(firstRow)].map((label) => firstRow.filter((other) => other === label).length);
          assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
        },
      ),
    );
  });
});

describe("slic", () => {
  it("follows the borders of plain quarters", () => {
    const segments = slic(quarters(64), { count: 16 });
    assertPartition(segments);
    assert.ok(purity(segments) > 0.995, `purity ${purity(segments)}`);
  });

  it("makes connected segments, at most as many as asked for, on noise of any shape", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(1000),
        (width, height, count, seed) => {
          const segments = slic(noisy(width, height, seed), { count, iterations: 3 });
          assertPartition(segments);
          assert.ok(segments.count <= count);
          assert.equal(pieces(segments), segments.count);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("comes near the number of segments asked for on a picture without edges", () => {
    const plain = paint(96, 96, () => [90, 120, 150]);
    assert.equal(slic(plain, { count: 64 }).count, 64);
  });

  it("gives the same labels twice", () => {
    const image = noisy(40, 30, 3);
    assert.deepEqual(slic(image).labels, slic(image).labels);
  });
});

describe("quickshift", () => {
  it("never joins quarters that differ in colour", () => {
    const segments = quickshift(quarters(48), { ratio: 1, maxDistance: 10 });
    assertPartition(segments);
    assert.ok(purity(segments) > 0.995, `purity ${purity(segments)}`);
  });

  it("joins a plain picture into one segment and is finer with a smaller kernel", () => {
    assert.equal(quickshift(paint(32, 32, () => [90, 120, 150])).count, 1);
    const image = quarters(48);
    assert.ok(quickshift(image, { kernelSize: 2 }).count > quickshift(image, { kernelSize: 6 }).count);
  });

  it("gives the same labels twice", () => {
    const image = noisy(30, 20, 5);
    assert.deepEqual(quickshift(image).labels, quickshift(image).labels);
  });
});

describe("segment", () => {
  it("cuts a picture up by name; grid and slic keep the number, the others find it", () => {
    const image = quarters(48);
    const counts = (["grid", "slic", "quickshift", "felzenszwalb"] as const).map((kind) => {
      const segments = segment(image, kind, 20);
      assertPartition(segments);
      assert.ok(purity(segments) > 0.9, kind);
      return segments.count;
    });
    assert.equal(counts[0], 20);
    assert.ok(counts[1] <= 20);
  });

  it("refuses what it does not know or cannot make", () => {
    const image = quarters(8);
    assert.throws(() => segment(image, "voronoi" as Segmentation, 4), { code: "bad-config" });
    assert.throws(() => segment(image, "grid", 65), { code: "bad-config" });
    assert.throws(() => segment(image, "slic", 0), { code: "bad-config" });
  });
});
