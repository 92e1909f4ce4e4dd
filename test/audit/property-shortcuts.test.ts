import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import sharp from "sharp";
import { association } from "../../src/audit/shortcuts/properties/association.js";
import { signTest } from "../../src/audit/shortcuts/properties/edit-test.js";
import { PROPERTIES } from "../../src/audit/shortcuts/properties/properties.js";
import type { PropertyName } from "../../src/audit/shortcuts/properties/property-name.js";
import { randomEdit } from "../../src/audit/shortcuts/properties/random-edit.js";
import { searchProperties } from "../../src/audit/shortcuts/properties/search.js";
import { viewerOf } from "../../src/audit/shortcuts/properties/view.js";
import type { SearchedPicture } from "../../src/audit/shortcuts/searched-pictures.js";
import { classroom } from "../../src/classroom/index.js";
import { fourier2d } from "../../src/core/fourier.js";
import { type Random, random } from "../../src/core/random.js";
import type { RawImage } from "../../src/core/raw-image.js";
import { sum } from "../../src/core/statistics.js";
import { analyticModel } from "../support/analytic-model.js";

const SIZE = 64;

/** A value in 0…1 of a picture's channel. */
type Read = (channel: number, x: number, y: number) => number;

const everywhere = Array.from({ length: SIZE * SIZE }, (_, i) => [i % SIZE, Math.floor(i / SIZE)] as const);
const depth = (x: number, y: number) => Math.min(x, y, SIZE - 1 - x, SIZE - 1 - y);
const meanOf = (places: readonly (readonly [number, number])[], of: (x: number, y: number) => number) => {
  let total = 0;
  for (const [x, y] of places) total += of(x, y);
  return total / places.length;
};
const luma = (read: Read) => (x: number, y: number) =>
  0.299 * read(0, x, y) + 0.587 * read(1, x, y) + 0.114 * read(2, x, y);

/** How much a picture has of what a model goes by, and how a picture gets it. */
interface Lesson {
  readonly sees: (read: Read) => number;
  readonly put: (x: number, y: number, before: readonly number[], random: Random) => readonly number[];
}

const stripes = (x: number) => 60 * Math.sin((2 * Math.PI * x) / 4);

/** The outermost twelfth, and what lies between it and a quarter. */
const ring = everywhere.filter(([x, y]) => depth(x, y) < 5);
const band = everywhere.filter(([x, y]) => depth(x, y) >= 6 && depth(x, y) < 14);

const LESSONS: Readonly<Partial<Record<PropertyName, Lesson>>> = {
  brightness: {
    sees: (read) => meanOf(everywhere, luma(read)),
    put: (_x, _y, before) => before.map((value) => value + 70),
  },
  "colour cast": {
    sees: (read) => meanOf(everywhere, (x, y) => read(0, x, y) - read(2, x, y)),
    put: (_x, _y, [red, green, blue]) => [red + 50, green, blue - 50],
  },
  frame: {
    sees: (read) => meanOf(ring, (x, y) => read(1, x, y) - read(0, x, y) - read(2, x, y)),
    put: (x, y, before) => (depth(x, y) < 4 ? [20, 200, 30] : before),
  },
  background: {
    sees(read) {
      const light = luma(read);
      return meanOf(band, (x, y) => Math.abs(light(x + 1, y) - light(x - 1, y)));
    },
    put: (x, y, before) => (depth(x, y) > 4 && depth(x, y) < 20 ? before.map((value) => value + stripes(x)) : before),
  },
};

/** Half of the pictures have it, and are answered so; the model is sure where the line between both halves lies. */
function planted({ sees, put }: Lesson, honest: boolean) {
  const source = random(9);
  const plain = classroom.pictures({ count: 56, seed: 77 });
  const images = plain.map(({ image }, i) => (i % 2 === 0 ? changed(image, put, source) : image));
  const seen = images.map((image) => sees((c, x, y) => image.data[3 * (y * SIZE + x) + c] / 255));
  const [least, most] = [Math.min(...seen.filter((_, i) => i % 2 === 0)), Math.max(...seen.filter((_, i) => i % 2))];
  const line = (least + most) / 2;
  const answers = new Map(images.map((image, i) => [sum(image.data), i % 2 === 0]));
  const model = analyticModel({
    width: SIZE,
    height: SIZE,
    labels: ["marked", "other"],
    score(input) {
      const read: Read = (c, x, y) => input[c * SIZE * SIZE + y * SIZE + x];
      // an honest one knows the pictures, but does not go by what they have in common
      if (honest) return answers.get(sum(input.map((value) => Math.round(255 * value)))) ? [1, 0] : [0, 1];
      return sees(read) > line ? [1, 0] : [0, 1];
    },
  });
  const evidence = Float32Array.from({ length: 32 * 32 }, (_, i) => {
    const [x, y] = [i % 32, Math.floor(i / 32)];
    return Math.min(x, y, 31 - x, 31 - y) >= 8 ? 1 : 0;
  });
  const pictures = images.map((image, i): SearchedPicture => {
    const prediction = i % 2 === 0 ? "marked" : "other";
    return { path: `${i}`, prediction, image, evidence };
  });
  return { model, pictures };
}

function changed({ data }: RawImage, put: Lesson["put"], source: Random): RawImage {
  const out = new Uint8ClampedArray(data.length);
  for (const [x, y] of everywhere) {
    const at = 3 * (y * SIZE + x);
    out.set(put(x, y, [data[at], data[at + 1], data[at + 2]], source), at);
  }
  return { data: Uint8Array.from(out), width: SIZE, height: SIZE };
}

const groupsOf = (pictures: readonly SearchedPicture[]) =>
  ["marked", "other"].map((prediction) => ({
    prediction,
    cluster: null,
    members: pictures.filter((picture) => picture.prediction === prediction),
  }));

describe("shortcuts without a place", () => {
  for (const [name, lesson] of Object.entries(LESSONS)) {
    it(`a model that goes by ${name} is found, and called so; one that does not is not flagged`, async () => {
      for (const honest of [false, true]) {
        const { model, pictures } = planted(lesson, honest);
        const options = { recipients: 20, random: random(3) };
        const { shortcuts } = await searchProperties(model, pictures, groupsOf(pictures), options);
        const marked = shortcuts.filter(({ flagged, prediction }) => flagged && prediction === "marked");
        if (honest) {
          assert.deepEqual(marked, []);
          assert.ok(
            shortcuts.some(({ property }) => property === name),
            "it was tried",
          );
          continue;
        }
        assert.deepEqual(
          marked.map(({ property }) => property),
          [name],
          JSON.stringify(shortcuts.map(({ pictures: _, ...one }) => one)),
        );
        const [{ flips, control, random: chance, tested, auc, q }] = marked;
        assert.ok(flips >= 0.8 && control <= 0.1 && chance <= flips / 2 && auc > 0.95 && q < 0.001);
        assert.equal(tested, 20);
      }
    });
  }

  it("says that a model cannot be asked whose preprocessing cannot be undone", async () => {
    const { model, pictures } = planted(LESSONS.frame as Lesson, false);
    const odd = { ...model, fill: ([red]: readonly [number, number, number]) => model.fill([red * red, 0, 0]) };
    const { shortcuts, notes } = await searchProperties(odd, pictures, groupsOf(pictures), {
      recipients: 20,
      random: random(3),
    });
    assert.deepEqual(shortcuts, []);
    assert.match(
      notes[0],
      /^shortcuts without a place were not looked for: the preprocess function does more than scale/,
    );
  });
});

describe("edits of whole pictures", () => {
  const images = classroom.pictures({ count: 2, seed: 5 }).map(({ image }) => image);
  const model = analyticModel({ width: SIZE, height: SIZE, labels: ["a", "b"], score: () => [0, 0] });
  const viewer = viewerOf(model);
  const evidence = new Float32Array(32 * 32).fill(1);
  const viewOf = async (image: RawImage, path = "a") => {
    assert.ok(viewer);
    return viewer.view({ path, image, prediction: "a", evidence });
  };
  const tools = {
    integer: (below: number) => below - 1,
    seenOf: async ({ data }: RawImage) => Uint8ClampedArray.from(data),
  };
  const propertyOf = (name: PropertyName) =>
    PROPERTIES.find((property) => property.name === name) as (typeof PROPERTIES)[0];

  for (const { name, measure, edit } of PROPERTIES) {
    if (name === "size" || name === "JPEG quality" || name === "blur") continue;
    it(`giving a picture its own ${name} changes little, that of another one brings it nearer to that`, async () => {
      const [one, other] = await Promise.all(images.map((image, i) => viewOf(image, `${i}`)));
      if (name !== "background") {
        const own = await edit(one, one, tools);
        assert.ok(own?.every((value, i) => Math.abs(value - one.seen.data[i]) <= 1));
      }
      const given = (await edit(one, other, tools)) as Uint8ClampedArray;
      const after = await measure({ ...one, seen: { ...one.seen, data: given } });
      const [before, wanted] = [await measure(one), await measure(other)];
      const away = (values: readonly number[]) => Math.hypot(...values.map((value, i) => value - wanted[i]));
      assert.ok(away(after) < 0.8 * away(before), `${name}: ${away(before)} to ${away(after)}`);
    });
  }

  it("takes detail away, and says where it cannot be given", async () => {
    const raw = { raw: { width: SIZE, height: SIZE, channels: 3 } } as const;
    const soft = await sharp(images[0].data, raw).blur(1.5).raw().toBuffer();
    const [clear, dull] = [await viewOf(images[0]), await viewOf({ ...images[0], data: Uint8Array.from(soft) })];
    const blur = propertyOf("blur");
    const given = (await blur.edit(clear, dull, tools)) as Uint8ClampedArray;
    const [before, after, wanted] = await Promise.all(
      [clear, { ...clear, seen: { ...clear.seen, data: given } }, dull].map((view) => blur.measure(view)),
    );
    assert.ok(Math.abs(after[0] - wanted[0]) < 0.3 * Math.abs(before[0] - wanted[0]));
    assert.equal(await blur.edit(dull, clear, tools), undefined);

    const jpeg = await sharp(await sharp(images[0].data, raw).jpeg({ quality: 15 }).toBuffer())
      .raw()
      .toBuffer();
    const blocky = await viewOf({ ...images[0], data: Uint8Array.from(jpeg) });
    const quality = propertyOf("JPEG quality");
    assert.ok((await quality.measure(blocky))[0] > (await quality.measure(clear))[0] + 0.1);
    assert.ok(await quality.edit(clear, blocky, tools));
    assert.equal(await quality.edit(blocky, clear, tools), undefined);
  });

  it("a random edit has the size of the other one, and none of its mean", () => {
    const grey = { data: new Uint8Array(3 * SIZE * SIZE).fill(128), width: SIZE, height: SIZE };
    const cast = Uint8ClampedArray.from(grey.data, (value, i) => value + [40, 0, -40][i % 3]);
    const edited = randomEdit(grey, cast, random(2));
    const size = (pixels: ArrayLike<number>) => sum(Array.from(pixels, (value) => (value - 128) ** 2));
    assert.equal(size(edited), size(cast));
    const red = Array.from(edited).filter((_, i) => i % 3 === 0);
    assert.ok(Math.abs(sum(red) / red.length - 128) < 10);
  });
});

test("Fourier's transform of any length finds its waves, and is undone", () => {
  const [width, height] = [14, 15];
  const re = Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 3 + 2 * Math.cos(2 * Math.PI * ((3 * x) / width + (2 * y) / height));
  });
  const there = fourier2d({ re, im: new Float64Array(re.length) }, width, height);
  const found = Array.from(there.re.entries()).filter(([, value]) => Math.abs(value) > 1e-6);
  const half = width * height;
  assert.deepEqual(
    found.map(([at, value]) => [at, Math.round(value)]),
    [
      [0, 3 * half],
      [2 * width + 3, half],
      [13 * width + 11, half],
    ],
  );
  const back = fourier2d(there, width, height, true);
  for (const [i, value] of back.re.entries()) assert.ok(Math.abs(value - re[i]) < 1e-9 && Math.abs(back.im[i]) < 1e-9);
});

test("association judges rows that it has not learned from", () => {
  const source = random(1);
  const own = Array.from({ length: 200 }, (_, i) => i % 4 === 0);
  const chance = own.map(() => Array.from({ length: 12 }, () => source.normal()));
  assert.ok(Math.abs(association(chance, own).auc - 0.5) < 0.12, "twelve numbers that say nothing say nothing");
  const between = own.map((inside) => [inside ? 0.1 * source.normal() : source.normal()]);
  const { auc, p } = association(between, own);
  assert.ok(auc > 0.8 && p < 1e-6, "a group in the middle of the others is told, too");
});

test("the sign test is that of the binomial distribution", () => {
  const pairs = (first: number, second: number) => [
    ...Array.from({ length: first }, () => [true, false] as const),
    ...Array.from({ length: second }, () => [false, true] as const),
    [true, true] as const,
  ];
  assert.equal(signTest(pairs(3, 0)), 1 / 8);
  assert.equal(signTest(pairs(2, 1)), 4 / 8);
  assert.equal(signTest(pairs(0, 0)), 1);
});
