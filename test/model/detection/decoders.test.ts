import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iou } from "../../../src/core/box.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { chooseDecoder, customDecoder } from "../../../src/model/detection/decoders.js";
import type { DetectorFacts } from "../../../src/model/detection/decoding.js";
import { suppress } from "../../../src/model/detection/nms.js";
import type { BoxCorners, Detection } from "../../../src/model/detection/types.js";
import type { InputGeometry } from "../../../src/model/types.js";
import type { UltralyticsFacts } from "../../../src/model/ultralytics.js";

const input: InputGeometry = { name: "image", layout: "nchw", channels: 3, height: 200, width: 100 };
const options = { confidence: 0.3, overlap: 0.5, limit: 10 };
const of = (dims: number[], values: number[]): Tensor => ({ data: Float32Array.from(values), dims });
const rounded = (found: readonly Detection[]) =>
  found.map(({ box, label, score }) => ({
    box: box.map((x) => Math.round(x) + 0),
    label,
    score: Math.round(score * 100) / 100,
  }));
const logit = (p: number) => Math.log(p / (1 - p));

test("YOLO v5: objectness times the best class, boxes from their centres, overlapping ones suppressed", () => {
  const rows = [
    [50, 100, 20, 40, 0.9, 0.1, 0.8],
    [52, 100, 20, 40, 0.8, 0.1, 0.8],
    [52, 100, 20, 40, 0.8, 0.9, 0.1],
    [10, 10, 10, 10, 0.2, 0.9, 0.9],
  ];
  const filler = Array.from({ length: 6 }, () => [0, 0, 1, 1, 0, 0, 0]);
  const outputs = { output: of([1, 10, 7], [...rows, ...filler].flat()) };
  assert.equal(chooseDecoder("auto", outputs).name, "yolov5");
  const found = chooseDecoder("yolov5", outputs).decode(outputs, input, options);
  assert.deepEqual(rounded(found), [
    { box: [40, 80, 60, 120], label: 1, score: 0.72 },
    { box: [42, 80, 62, 120], label: 0, score: 0.72 },
  ]);
  assert.ok(Math.abs((found[0].objectness ?? 0) - 0.9) < 1e-6);
});

test("YOLO v8 and v11: columns without objectness", () => {
  const columns = [
    [50, 100, 20, 40, 0.1, 0.8],
    [51, 101, 20, 40, 0.1, 0.7],
    [20, 30, 10, 10, 0.6, 0.2],
    ...Array.from({ length: 6 }, () => [0, 0, 1, 1, 0, 0]),
  ];
  const outputs = {
    output0: of(
      [1, 6, 9],
      [0, 1, 2, 3, 4, 5].flatMap((row) => columns.map((column) => column[row])),
    ),
  };
  assert.equal(chooseDecoder("auto", outputs).name, "yolov8");
  const found = chooseDecoder("yolov11", outputs).decode(outputs, input, options);
  assert.deepEqual(rounded(found), [
    { box: [40, 80, 60, 120], label: 1, score: 0.8 },
    { box: [15, 25, 25, 35], label: 0, score: 0.6 },
  ]);
  assert.deepEqual(
    Array.from(found[0].probabilities ?? [], (p) => Math.round(p * 10) / 10),
    [0.1, 0.8],
  );
});

test("DETR: softmax without the last class, which is nothing; boxes are shares of the picture", () => {
  const outputs = {
    pred_boxes: of([1, 2, 4], [0.5, 0.5, 0.2, 0.4, 0.1, 0.1, 0.1, 0.1]),
    logits: of([1, 2, 3], [Math.log(0.7), Math.log(0.2), Math.log(0.1), Math.log(0.04), Math.log(0.06), Math.log(0.9)]),
  };
  assert.equal(chooseDecoder("auto", outputs).name, "detr");
  const found = chooseDecoder("detr", outputs).decode(outputs, input, options);
  assert.deepEqual(rounded(found), [{ box: [40, 60, 60, 140], label: 0, score: 0.7 }]);
});

test("RT-DETR: a sigmoid for each class", () => {
  const outputs = { boxes: of([1, 1, 4], [0.5, 0.5, 0.2, 0.4]), logits: of([1, 1, 2], [logit(0.2), logit(0.9)]) };
  const found = chooseDecoder("rt-detr", outputs).decode(outputs, input, options);
  assert.deepEqual(rounded(found), [{ box: [40, 60, 60, 140], label: 1, score: 0.9 }]);
});

test("SSD: rows of seven up to the one of image −1", () => {
  const rows = [
    [0, 3, 0.9, 0.1, 0.2, 0.5, 0.6],
    [0, 1, 0.2, 0, 0, 1, 1],
    [-1, 0, 0, 0, 0, 0, 0],
    [0, 2, 0.99, 0, 0, 1, 1],
  ];
  const outputs = { detection_out: of([1, 1, 4, 7], rows.flat()) };
  const found = chooseDecoder("auto", outputs).decode(outputs, input, options);
  assert.deepEqual(rounded(found), [{ box: [10, 40, 50, 120], label: 3, score: 0.9 }]);
});

test("boxes, labels and scores: in pixels, as shares, rows first, or with the score in the box", () => {
  const [labels, scores] = [of([2], [1, 0]), of([2], [0.4, 0.8])];
  const pixels = { boxes: of([2, 4], [10, 20, 30, 40, 0, 0, 50, 60]), labels, scores };
  const expected = [
    { box: [0, 0, 50, 60], label: 0, score: 0.8 },
    { box: [10, 20, 30, 40], label: 1, score: 0.4 },
  ];
  const decoded = (outputs: Record<string, Tensor>) =>
    rounded(chooseDecoder("auto", outputs).decode(outputs, input, options));
  assert.deepEqual(decoded(pixels), expected);
  assert.deepEqual(decoded({ ...pixels, boxes: of([1, 2, 4], [0.1, 0.1, 0.3, 0.2, 0, 0, 0.5, 0.3]) }), expected);
  const scored = { boxes: of([2, 5], [10, 20, 30, 40, 0.4, 0, 0, 50, 60, 0.8]), labels };
  assert.deepEqual(decoded(scored), expected);
  const tensorflow = {
    detection_boxes: of([1, 3, 4], [0.1, 0.1, 0.2, 0.3, 0, 0, 0.3, 0.5, 0, 0, 1, 1]),
    detection_classes: of([1, 3], [1, 0, 2]),
    detection_scores: of([1, 3], [0.4, 0.8, 0.9]),
    num_detections: of([1], [2]),
  };
  assert.deepEqual(decoded(tensorflow), expected);
});

test("rows of six are boxes that need no suppression", () => {
  const outputs = { output0: of([1, 2, 6], [10, 20, 30, 40, 0.9, 2, 0, 0, 10, 10, 0.1, 1]) };
  const found = chooseDecoder("auto", outputs).decode(outputs, input, options);
  assert.deepEqual(rounded(found), [{ box: [10, 20, 30, 40], label: 2, score: 0.9 }]);
});

test("what fits nothing is refused with what came and what is known", () => {
  assert.throws(() => chooseDecoder("auto", { scores: of([1, 10], new Array(10).fill(0)) }), {
    code: "not-supported",
    message: /scores \[1, 10\].*yolov8/,
  });
  const crooked = customDecoder(() => ({ boxes: [[0, 0, 1, 1]], scores: [1, 2], labels: [0] }));
  assert.throws(() => crooked.decode({}, input, options), { code: "shape-mismatch" });
});

const box = fc
  .tuple(...[0, 0, 1, 1].map((low) => fc.integer({ min: low, max: 20 })))
  .map(([x, y, w, h]): BoxCorners => [x, y, x + w, y + h]);
const detection = fc.record({
  box,
  label: fc.integer({ min: 0, max: 2 }),
  score: fc.integer({ min: 0, max: 50 }).map((score) => score / 50),
});

test("suppression keeps the best of what overlaps, nothing that overlaps it, and loses nothing else", () => {
  fc.assert(
    fc.property(
      fc.array(detection, { maxLength: 25 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (found, overlap) => {
        const kept = suppress(found, { overlap, limit: 100 });
        const clash = (a: Detection, b: Detection) => a.label === b.label && iou(a.box, b.box) > overlap;
        kept.forEach((a, i) => {
          for (const b of kept.slice(i + 1)) {
            assert.ok(!clash(a, b));
            assert.ok(a.score >= b.score);
          }
        });
        for (const lost of found.filter((one) => !kept.includes(one))) {
          assert.ok(kept.some((one) => clash(one, lost) && one.score >= lost.score));
        }
      },
    ),
    { seed: 3 },
  );
});

test("overlap is symmetric, 1 for equal boxes and the share by hand for others", () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      assert.equal(iou(a, b), iou(b, a));
      assert.equal(iou(a, a), 1);
      assert.ok(iou(a, b) >= 0 && iou(a, b) <= 1);
    }),
    { seed: 4 },
  );
  assert.equal(iou([0, 0, 2, 2], [1, 1, 3, 3]), 1 / 7);
});

const CAT = [24, 15, 40, 25];
/** Columns of a head: x, y, width, height of the cat, its classes and more numbers; other objects are nothing. */
function columns(classes: readonly number[], more: readonly number[], count = 60): Tensor {
  const cat = [32, 20, 16, 10, ...classes, ...more];
  return of(
    [1, cat.length, count],
    cat.flatMap((value, row) => Array.from({ length: count }, (_, i) => (i === 0 ? value : row < 4 ? 1 : 0))),
  );
}
const protos = of([1, 32, 2, 2], new Array(128).fill(0));
const many = (count: number, value: number) => new Array<number>(count).fill(value);

test("columns of masks, keypoints and angles are no classes", () => {
  const ultralytics = (task: UltralyticsFacts["task"], keypoints?: number) => ({ ultralytics: { task, keypoints } });
  const cases: [Record<string, Tensor>, DetectorFacts, number][] = [
    [{ output0: columns([0.9, 0.1], many(32, 2.5)), output1: protos }, { names: 2 }, 2],
    [{ output0: columns([0.9, 0.1], many(32, 2.5)), output1: protos }, {}, 2],
    [{ output0: columns([0.9, 0.1], many(32, 0.2)), output1: protos }, { labels: 2 }, 2],
    [{ output0: columns([0.9], many(51, 30)) }, { names: 1, ...ultralytics("pose", 51) }, 1],
    [{ output0: columns([0.9], many(51, 30)) }, ultralytics("pose"), 1],
    [{ output0: columns([0.9], many(51, 30)) }, { labels: 1 }, 1],
    [{ output0: columns([0.9, 0.1], many(8, 30)) }, ultralytics("pose", 8), 2],
    [{ output0: columns([0.9, 0.1], [1.2]) }, { names: 2, ...ultralytics("obb") }, 2],
    [{ output0: columns([0.9, 0.1], [1.2]) }, ultralytics("obb"), 2],
    [{ output0: columns([0.9, 0.1], []), output1: protos }, { names: 2, ...ultralytics("detect") }, 2],
  ];
  for (const [outputs, facts, classes] of cases) {
    const decoder = chooseDecoder("auto", outputs, facts);
    assert.equal(decoder.classes(outputs, facts), classes);
    assert.equal(decoder.unread?.(outputs, facts), outputs.output0.dims[1] - 4 - classes);
    const found = decoder.decode(outputs, input, { ...options, classes });
    assert.deepEqual(rounded(found), [{ box: CAT, label: 0, score: 0.9 }]);
  }
});

test("scores beyond 0…1 are refused: the columns are not all classes", () => {
  const outputs = { output0: columns([0.9], many(51, 30)) };
  assert.throws(() => chooseDecoder("auto", outputs).decode(outputs, input, options), {
    code: "not-supported",
    message: /a score of 30: expected scores from 0 to 1; give labels/,
  });
});

test("rows without suppression may have masks or keypoints behind their label", () => {
  const row = (label: number, score: number) => [24, 15, 40, 25, score, label, ...many(32, 2.25)];
  const outputs = {
    output0: of([1, 60, 38], [row(1, 0.9), ...many(59, 0).map(() => row(0, 0))].flat()),
    output1: protos,
  };
  const decoder = chooseDecoder("auto", outputs);
  assert.equal(decoder.name, "end-to-end");
  assert.deepEqual(rounded(decoder.decode(outputs, input, options)), [{ box: CAT, label: 1, score: 0.9 }]);
});

test("YOLOX's raw grid is decoded cell by cell, also with one class", () => {
  const wide: InputGeometry = { ...input, height: 64, width: 64 };
  for (const classes of [[0.95], [0.1, 0.95]]) {
    const rest = many(classes.length, 0.01);
    // 64 cells of 8 pixels, 16 of 16, 4 of 32; cell 9 begins at (8, 8), the second of 16 pixels at (16, 0)
    const table = many(84, 0).map(() => [0.5, 0.5, -1, -1, 0.01, ...rest]);
    table[9] = [0.5, -0.25, Math.log(2), Math.log(1), 0.9, ...classes];
    table[65] = [1, 1, Math.log(1), Math.log(2), 0.8, ...classes];
    const outputs = { output: of([1, 84, 5 + classes.length], table.flat()) };
    const decoder = chooseDecoder("auto", outputs, { input: wide });
    assert.equal(decoder.name, "yolox");
    const label = classes.length - 1;
    assert.deepEqual(rounded(decoder.decode(outputs, wide, options)), [
      { box: [4, 2, 20, 10], label, score: 0.85 },
      { box: [24, 0, 40, 32], label, score: 0.76 },
    ]);
    const pixels = {
      output: of(
        [1, 84, 5 + classes.length],
        table.flatMap((r) => [20, 20, 9, 9, ...r.slice(4)]),
      ),
    };
    assert.equal(chooseDecoder("auto", pixels, { input: wide }).name, "yolov5");
  }
});

test("PicoDet's pairs of scores and distributions are decoded scale by scale", () => {
  const wide: InputGeometry = { ...input, height: 64, width: 64 };
  const sharp = (bin: number) => Array.from({ length: 8 }, (_, i) => (i === bin ? 50 : 0));
  const scale = (cells: number, at: number, sides: number[]) => ({
    scores: of(
      [1, cells, 4],
      many(cells, 0).flatMap((_, i) => (i === at ? [0, 0, 0.7, 0.1] : many(4, 0))),
    ),
    sides: of(
      [1, cells, 32],
      many(cells, 0).flatMap((_, i) => (i === at ? sides.flatMap(sharp) : many(32, 0))),
    ),
  });
  const [fine, coarse] = [scale(64, 9, [1, 1, 2, 3]), scale(16, 15, [0, 2, 1, 0])];
  const outputs = { s0: fine.scores, s1: coarse.scores, d0: fine.sides, d1: coarse.sides };
  const decoder = chooseDecoder("auto", outputs, { input: wide });
  assert.deepEqual([decoder.name, decoder.classes(outputs, { input: wide })], ["picodet", 4]);
  assert.deepEqual(rounded(decoder.decode(outputs, wide, options)), [
    { box: [4, 4, 28, 36], label: 2, score: 0.7 },
    { box: [56, 24, 72, 56], label: 2, score: 0.7 },
  ]);
  assert.throws(() => chooseDecoder("auto", { ...outputs, d1: of([1, 15, 32], many(480, 0)) }, { input: wide }), {
    code: "not-supported",
  });
});

test("what a function makes is suppressed where overlap is asked for", () => {
  const make = () => ({
    boxes: [
      [0, 0, 10, 10],
      [0, 0, 10, 9],
    ],
    scores: [0.9, 0.8],
    labels: [0, 0],
  });
  assert.equal(customDecoder(make).decode({}, input, options).length, 2);
  assert.equal(customDecoder(make, true).decode({}, input, options).length, 1);
});
