import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { random } from "../../src/core/random.js";
import { cosine, type Described, likenessMaps, pairShares } from "../../src/examples/features.js";
import { type PictureLibrary, pictureLibrary } from "../../src/examples/library.js";
import { neighbours } from "../../src/examples/neighbours.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { blobModel } from "../support/analytic-model.js";
import { plain } from "../support/explanations.js";

const near = (actual: number, expected: number, tolerance = 1e-5) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

describe("the cosine of features that are means over a map", () => {
  const source = random(0);
  const described = (width: number, height: number): Described => {
    const cells = Array.from({ length: width * height }, () =>
      Float32Array.from({ length: 5 }, () => source.normal() + 0.5),
    );
    const features = Float32Array.from(
      { length: 5 },
      (_, c) => cells.reduce((sum, cell) => sum + cell[c], 0) / cells.length,
    );
    return { features, colours: new Float32Array(), map: { cells, width, height } };
  };

  it("is the sum of what pairs of cells add, and so are both maps, whatever their sizes", () => {
    const [one, other] = [described(3, 2), described(4, 4)];
    const pairs = pairShares(one, other) as Float32Array;
    const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
    near(sum(pairs), cosine(one.features, other.features));
    const maps = likenessMaps(pairs, one.map!, other.map!);
    for (const map of maps) near(sum(map.data), cosine(one.features, other.features));
    assert.deepEqual(
      maps.map(({ width, height }) => [width, height]),
      [
        [3, 2],
        [4, 4],
      ],
    );
  });

  it("is 0 for a picture without features", () => {
    assert.equal(cosine(new Float32Array(3), Float32Array.of(1, 2, 3)), 0);
    assert.equal(cosine(Float32Array.of(1, 0), Float32Array.of(-2, 0)), -1);
  });
});

describe("neighbours", () => {
  let honest: Model;
  let library: PictureLibrary;
  const drawn = classroom.pictures({ count: 48, seed: 51 });
  const asked = classroom.pictures({ count: 8, seed: 52 });
  before(async () => {
    const { url, options } = classroom.models.honest;
    honest = await loadModel(url, { ...options, threads: 1 });
    library = await pictureLibrary(
      honest,
      drawn.map(({ image }) => image),
    );
  });
  after(() => honest.close());

  it("are of the same class by what the model has learned, and less often by colours alone", async () => {
    const right = async (by: "features" | "colours") => {
      let count = 0;
      for (const { image, index } of asked) {
        const [nearest] = (await neighbours(honest, image, library, { by, count: 1 })).neighbours;
        if (drawn[nearest.index].index === index) count++;
      }
      return count;
    };
    const [features, colours] = [await right("features"), await right("colours")];
    assert.ok(features >= 6 && features > colours, `${features} by features, ${colours} by colours`);
  });

  it("find the picture itself first, with a similarity of 1, above what is usual", async () => {
    const { neighbours: found, usual, searched } = await neighbours(honest, drawn[7].image, library, { count: 3 });
    assert.equal(found[0].index, 7);
    near(found[0].similarity, 1);
    assert.equal(searched, 48);
    assert.ok(usual < found[2].similarity);
    assert.deepEqual(
      found.map(({ similarity }) => similarity),
      found.map(({ similarity }) => similarity).toSorted((a, b) => b - a),
    );
  });

  it("match by patches within both pictures, no cell twice, and the maps add up to the similarity", async () => {
    const { neighbours: found } = await neighbours(honest, asked[0].image, library, { count: 2 });
    for (const { matches, maps, similarity } of found) {
      assert.equal(matches.length, 3);
      assert.equal(new Set(matches.map(({ here }) => `${here.x} ${here.y}`)).size, 3);
      assert.equal(new Set(matches.map(({ there }) => `${there.x} ${there.y}`)).size, 3);
      for (const { here, there } of matches)
        for (const { x, y, width, height } of [here, there])
          assert.ok(x >= 0 && y >= 0 && x + width <= 64 && y + height <= 64);
      for (const { data } of maps ?? [])
        near(
          data.reduce((sum, value) => sum + value, 0),
          similarity,
          1e-3,
        );
    }
    assert.ok(found[0].maps);
  });

  it("show themselves, names escaped, frames over the pictures", async () => {
    const list = await neighbours(honest, asked[0].image, library, { count: 1 });
    const hostile = { ...list.neighbours[0], name: "<img src=x onerror=alert(1)>" };
    const shown = await new (list.constructor as new (facts: object) => typeof list)({
      ...list,
      neighbours: [hostile],
    })[displaySymbol]();
    const html = shown["text/html"] as string;
    assert.ok(!html.includes("<img src=x"));
    assert.equal(html.match(/<rect /g)?.length, 6);
    assert.match(shown["text/plain"] as string, /of 48 pictures, whose median similarity is/);
  });

  it("leave out pictures that cannot be read, and say which", async () => {
    const broken = Uint8Array.of(1, 2, 3);
    const list = await neighbours(honest, drawn[0].image, [broken, drawn[0].image, drawn[1].image], { count: 5 });
    assert.deepEqual(
      list.failures.map(({ index }) => index),
      [0],
    );
    assert.deepEqual(
      list.neighbours.map(({ index }) => index),
      [1, 2],
    );
  });

  it("refuse a library of another model, a model without a last layer, no pictures, and options that there are not", async () => {
    await assert.rejects(neighbours(honest, drawn[0].image, []), { code: "bad-config" });
    await assert.rejects(neighbours(honest, drawn[0].image, [Uint8Array.of(1)]), { code: "bad-image" });
    await assert.rejects(neighbours(honest, drawn[0].image, library, { by: "sound" as "features" }), {
      code: "bad-config",
    });
    await assert.rejects(neighbours(honest, drawn[0].image, library, { count: 0 }), { code: "bad-config" });
    await assert.rejects(neighbours(honest, drawn[0].image, library, { signal: AbortSignal.abort() }), {
      code: "aborted",
    });
    const blob = blobModel(8, 8, { x: 1, y: 1, width: 3, height: 3 });
    await assert.rejects(pictureLibrary(blob, [plain(8, 8)]), { code: "not-supported" });
    await assert.rejects(neighbours(blob, plain(8, 8), library), /this library is of honest/);
  });
});
