import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { movingTest } from "../../src/audit/shortcuts/moving-test.js";
import type { SearchedPicture } from "../../src/audit/shortcuts/searched-pictures.js";
import { shortcutFindings } from "../../src/audit/shortcuts/shortcut-findings.js";
import type { MovingShortcut } from "../../src/audit/shortcuts/types.js";
import { type Random, random } from "../../src/core/random.js";
import type { RawImage } from "../../src/core/raw-image.js";
import { analyticModel } from "../support/analytic-model.js";

const SIZE = 64;
const TAG = 12;
const OBJECT = 40;

type Place = readonly [x: number, y: number];
type Paint = (x: number, y: number) => readonly number[];

/** Cells of three pixels, red or blue. */
const tag: Paint = (x, y) =>
  (0b1010_0110_1101_0011 >> (4 * Math.floor(y / 3) + Math.floor(x / 3))) & 1 ? [255, 0, 0] : [0, 0, 255];

/** What lies on a picture, and the side of the square in its middle that the map shows. */
interface Thing {
  readonly at: Place;
  readonly side: number;
  readonly paint: Paint;
  readonly seen?: number;
}

/** A picture of noise with something on it, and a map that is strongest there. */
function picture(source: Random, path: string, put?: Thing): SearchedPicture {
  const data = Uint8Array.from({ length: 3 * SIZE * SIZE }, () => 60 + source.integer(100));
  const evidence = new Float32Array(32 * 32);
  const [left, top] = put?.at ?? [source.integer(SIZE - TAG), source.integer(SIZE - TAG)];
  const { side = TAG, seen = TAG } = put ?? {};
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (put) data.set(put.paint(x, y), 3 * ((top + y) * SIZE + left + x));
      const near = Math.max(Math.abs(x - side / 2), Math.abs(y - side / 2)) <= seen / 2;
      if (near) evidence[Math.floor((top + y) / 2) * 32 + Math.floor((left + x) / 2)] = 1;
    }
  }
  const image: RawImage = { data, width: SIZE, height: SIZE };
  return { path, prediction: put ? "a" : "b", image, evidence };
}

/** "a" where the tag lies anywhere. */
const tagModel = analyticModel({
  width: SIZE,
  height: SIZE,
  labels: ["a", "b"],
  score(input) {
    for (let top = 0; top + TAG <= SIZE; top++) {
      for (let left = 0; left + TAG <= SIZE; left++) if (isTag(input, left, top)) return [9, 0];
    }
    return [0, 9];
  },
});

function isTag(input: Float32Array, left: number, top: number): boolean {
  for (let y = 1; y < TAG; y += 3) {
    for (let x = 1; x < TAG; x += 3) {
      const wanted = tag(x, y)[0] > 0;
      if (input[(top + y) * SIZE + left + x] > 0.8 !== wanted) return false;
    }
  }
  return true;
}

/** "a" where a square is red on the whole, however its pixels are. */
const redModel = analyticModel({
  width: SIZE,
  height: SIZE,
  labels: ["a", "b"],
  score(input) {
    for (let top = 0; top + TAG <= SIZE; top += 4) {
      for (let left = 0; left + TAG <= SIZE; left += 4) if (meanRed(input, left, top) > 0.6) return [9, 0];
    }
    return [0, 9];
  },
});

function meanRed(input: Float32Array, left: number, top: number): number {
  let total = 0;
  for (let y = 0; y < TAG; y++) for (let x = 0; x < TAG; x++) total += input[(top + y) * SIZE + left + x];
  return total / TAG ** 2;
}

const GREEN = 20;

/** "a" where the tag lies anywhere, and where the green square of the others is covered, be it in part. */
const coveredModel = analyticModel({
  width: SIZE,
  height: SIZE,
  labels: ["a", "b"],
  score(input) {
    for (let top = 0; top + TAG <= SIZE; top++) {
      for (let left = 0; left + TAG <= SIZE; left++) if (isTag(input, left, top)) return [9, 0];
    }
    for (let top = 0; top + GREEN <= SIZE; top++) {
      for (let left = 0; left + GREEN <= SIZE; left++) if (isGreen(input, left, top)) return [0, 9];
    }
    return [9, 0];
  },
});

function isGreen(input: Float32Array, left: number, top: number): boolean {
  for (let y = 0; y < GREEN; y++) {
    for (let x = 0; x < GREEN; x++) if (input[SIZE * SIZE + (top + y) * SIZE + left + x] < 0.99) return false;
  }
  return true;
}

async function tested(
  model: typeof tagModel,
  side: number,
  paint: (source: Random) => Paint,
  place: (source: Random) => Place,
  seen = TAG,
) {
  const source = random(3);
  const members = Array.from({ length: 24 }, (_, i) =>
    picture(source, `a${i}`, { at: place(source), side, paint: paint(source), seen }),
  );
  const others = Array.from({ length: 40 }, (_, i) => picture(source, `b${i}`));
  const { shortcut } = await movingTest(model, {
    members,
    others,
    prediction: "a",
    recipients: 24,
    share: 0.3,
    random: source,
  });
  assert.ok(shortcut && shortcut.flips >= 0.9 && shortcut.control === 0, JSON.stringify(shortcut));
  return shortcut;
}

const findingOf = (shortcut: MovingShortcut) =>
  shortcutFindings({
    ...{ groups: [], moving: [shortcut], properties: [], notes: [], clusters: 0, clusterMeans: [] },
    ...{ eigenvalues: [], points: [], forwardPasses: 0 },
  })[0];

describe("evidence in a region of each picture", () => {
  test("a tag that is elsewhere in each is a shortcut that moves", async () => {
    const anywhere = (source: Random): Place => [source.integer(SIZE - TAG), source.integer(SIZE - TAG)];
    const shortcut = await tested(tagModel, TAG, () => tag, anywhere);
    assert.ok(shortcut.flagged && Number(shortcut.common) >= 0.9 && Number(shortcut.likeness) >= 0.8);
    assert.equal(shortcut.place, null);
    assert.equal(findingOf(shortcut).kind, "moving-shortcut");
  });

  test("one that is in the same place in each, give or take a few pixels, has a place", async () => {
    const corner = (source: Random): Place => [4 + source.integer(4), SIZE - TAG - 4 - source.integer(4)];
    const shortcut = await tested(tagModel, TAG, () => tag, corner);
    assert.ok(shortcut.flagged && shortcut.place);
    const { x, y, width, height } = shortcut.place;
    const off = [x + width / 2, y + height / 2].map((at, i) => Math.abs(at * SIZE - [11.5, 52.5][i]));
    assert.ok(Math.max(...off) <= 6, JSON.stringify(shortcut.place));
    const { kind, claim, evidence } = findingOf(shortcut);
    assert.equal(kind, "shortcut");
    assert.match(claim, /of their evidence in one thing in the same place; pasted on other pictures it turns \d+ %/);
    assert.deepEqual([evidence.x, evidence.y, evidence.width, evidence.height], [x, y, width, height]);
  });

  test("a tag is found of a model that gives its class to most pictures that are covered anywhere", async () => {
    const source = random(5);
    const anywhere = (): Place => [source.integer(SIZE - TAG), source.integer(SIZE - TAG)];
    const middle = (): Place => [18 + source.integer(8), 18 + source.integer(8)];
    const members = Array.from({ length: 24 }, (_, i) =>
      picture(source, `a${i}`, { at: anywhere(), side: TAG, paint: tag }),
    );
    const others = Array.from({ length: 40 }, (_, i) => {
      const { image } = picture(source, `b${i}`, { at: middle(), side: GREEN, paint: () => [0, 255, 0] });
      return { ...picture(source, `b${i}`), image };
    });
    const test = { members, others, prediction: "a", recipients: 24, share: 0.3, random: source };
    const { shortcut } = await movingTest(coveredModel, test);
    assert.ok(shortcut && shortcut.flips === 1 && shortcut.control > 0.5, JSON.stringify(shortcut));
    assert.ok(shortcut.flagged && shortcut.common === 1 && Number(shortcut.commonControl) < 0.5);
    assert.equal(findingOf(shortcut).null.value, Math.round(24 * Number(shortcut.commonControl)) / 24);
  });

  test("things that are alike in a part that the model does not go by are no shortcut", async () => {
    const paint = (source: Random): Paint => {
      return (x, y) => {
        const [u, v] = [x, y].map((at) => at - (OBJECT - TAG) / 2);
        if (Math.min(u, v) >= 0 && Math.max(u, v) < TAG) return tag(u, v);
        return [source.uniform() < 0.1 ? 0 : 255, 255 * source.integer(2), 255 * source.integer(2)];
      };
    };
    const anywhere = (source: Random): Place => [source.integer(SIZE - OBJECT), source.integer(SIZE - OBJECT)];
    const shortcut = await tested(redModel, OBJECT, paint, anywhere, 20);
    assert.ok(Number(shortcut.common) >= 0.75 && shortcut.commonControl === 0, "with what is round it, it turns them");
    assert.ok(Number(shortcut.likeness) >= 0.82, String(shortcut.likeness));
    assert.ok(Number(shortcut.core) < 0.25, "not by itself");
    assert.equal(shortcut.flagged, false);
  });

  for (const [what, low] of [
    ["noise", () => 120],
    ["speckles", (source: Random) => (source.uniform() < 0.3 ? 0 : 200)],
    ["noise of one brightness", () => 90],
  ] as const) {
    test(`things that look different in each are no shortcut, though what they have on average is enough: ${what}`, async () => {
      const paint =
        (source: Random): Paint =>
        () => {
          const least = low(source);
          const red = Math.min(255, 2 * least + source.integer(200));
          return [red, source.integer(200), source.integer(200)];
        };
      const anywhere = (source: Random): Place => [source.integer(SIZE - OBJECT), source.integer(SIZE - OBJECT)];
      const shortcut = await tested(redModel, OBJECT, paint, anywhere);
      assert.ok(Number(shortcut.common) >= 0.75, "their median turns other pictures, too");
      assert.ok(Number(shortcut.likeness) < 0.8, String(shortcut.likeness));
      assert.equal(shortcut.flagged, false);
    });
  }
});
