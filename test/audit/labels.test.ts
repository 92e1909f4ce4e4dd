import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { type Audit, audit, openAudit } from "../../src/audit/index.js";
import { averagePrecision } from "../../src/audit/labels/average-precision.js";
import { tallyOf } from "../../src/audit/labels/label-counts.js";
import { labelSetText, labelsOfText } from "../../src/audit/labels/label-set.js";
import { calibrationOf } from "../../src/audit/measures/calibration.js";
import { FlipRate } from "../../src/audit/shortcuts/flip-rate.js";
import { groupsOf, type SearchedPicture } from "../../src/audit/shortcuts/searched-pictures.js";
import { findItems } from "../../src/audit/sources/find-items.js";
import { brokenRules, failRules } from "../../src/cli/fail-on.js";
import { wilsonInterval } from "../../src/core/wilson.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { floats } from "../../src/onnx/constant.js";
import { colourModel, plain } from "../support/colour-model.js";
import { fixture } from "../support/fixtures.js";
import { savedModel } from "../support/models.js";
import { folder } from "./pictures.js";

const labels = ["red", "green", "blue"];
/** A label for each colour, its probability σ(10 × the colour − 5). */
const independent = savedModel(
  colourModel((graph, logits) => graph.op("Sigmoid", [graph.op("Sub", [logits, floats(5)])])),
);
const options = { labels, preprocess: { mean: 0, std: 1 }, threads: 1 };

type Colour = readonly [number, number, number];
const [RED, GREEN, BLUE, BLACK, WHITE]: Colour[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [0, 0, 0],
  [255, 255, 255],
];
const MAGENTA: Colour = [255, 0, 230];

async function save(file: string, colour: Colour): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await sharp(plain(colour).data, { raw: { width: 32, height: 32, channels: 3 } }).toFile(file);
}

/** What is in each picture, what the list says of it, and so what is missed and mistaken. */
const PICTURES: readonly (readonly [file: string, colour: Colour, truth: string])[] = [
  ["1.png", MAGENTA, "Blue|red"],
  ["2.png", RED, "red|green"],
  ["3.png", GREEN, "red"],
  ["4.png", BLACK, "None"],
  ["5.png", WHITE, "none"],
  ["6.png", BLUE, ""],
];

describe("an audit of independent labels", () => {
  let root: string;
  let model: Model;
  let made: Audit;
  before(async () => {
    root = await folder();
    for (const [file, colour] of PICTURES) await save(join(root, file), colour);
    const list = PICTURES.map(([file, , truth]) => `${file},${truth}`);
    await writeFile(join(root, "list.csv"), ["path,label", ...list].join("\n"));
    model = await loadModel(independent, options);
    made = await audit(model, join(root, "list.csv"), { out: join(root, "audit"), method: "occlusion" });
  });
  after(() => model?.close());

  test("names all labels that are seen, what is missed and what is mistaken", async () => {
    const rows = await made.query(`select truth, seen, missed, mistaken, correct, "case" from results order by path`);
    const high = (kind: string) => `${kind} positive, high confidence`;
    assert.deepEqual(
      rows.map(({ truth, seen, missed, mistaken, correct, case: name }) => [
        truth,
        seen,
        missed,
        mistaken,
        correct,
        name,
      ]),
      [
        ["red|blue", "red|blue", null, null, true, high("true")],
        ["red|green", "red", "green", null, false, high("true")],
        ["red", "green", "red", "green", false, high("false")],
        ["none", "none", null, null, true, null],
        ["none", "red|green|blue", null, "red|green|blue", false, high("false")],
        [null, "blue", null, null, null, "confident, truth unknown"],
      ],
    );
  });

  test("measures each label as it is counted by hand", async () => {
    const { exact, labels: measured, exchanges, meanAveragePrecision } = await made.labels();
    assert.deepEqual([exact.known, exact.right, exact.rate], [5, 2, 0.4]);
    assert.deepEqual(exchanges, [{ missed: "red", mistaken: "green", pictures: 1 }]);
    assert.deepEqual(
      measured.map(({ label, pictures, seen, right, recall, precision }) => [
        label,
        pictures,
        seen,
        right,
        recall,
        precision,
      ]),
      [
        ["red", 3, 3, 2, 2 / 3, 2 / 3],
        ["green", 1, 2, 0, 0, 0],
        ["blue", 1, 2, 1, 1, 0.5],
      ],
    );
    assert.deepEqual(measured[0].recallInterval, wilsonInterval(2, 3));
    const average = [4 / 9 + 1 / 5, 1 / 5, 1 / 2];
    for (const [i, expected] of average.entries()) {
      assert.ok(Math.abs((measured[i].averagePrecision ?? 0) - expected) < 1e-9, measured[i].label);
    }
    assert.ok(Math.abs((meanAveragePrecision ?? 0) - average.reduce((sum, one) => sum + one) / 3) < 1e-9);
    const [sure, unsure] = [1 / (1 + Math.exp(-5)), 1 / (1 + Math.exp(5))];
    const { ece, eceInterval, accuracy, confidence } = measured[1].calibration;
    assert.ok(Math.abs((ece ?? 0) - (2 * sure + (1 - 3 * unsure)) / 5) < 1e-6);
    assert.ok(Math.abs((confidence ?? 0) - (2 * sure + 3 * unsure) / 5) < 1e-6);
    assert.equal(accuracy, 0.2);
    assert.ok(eceInterval && eceInterval[0] <= (ece ?? 0));
    assert.deepEqual(await (await openAudit(made.folder)).labels(), await made.labels());
  });

  test("says in one sentence what is not about independent labels", async () => {
    const error = (what: RegExp) => ({ name: "SightlineError", code: "bad-config", message: what });
    await assert.rejects(made.confusion(), error(/classes that exclude each other; these labels are independent/));
    await assert.rejects(made.calibration(), error(/these labels are independent/));
    const search = (await made.searches()).find(({ of }) => of === "label-errors");
    assert.equal(search?.looked, false);
    assert.match(search?.note ?? "", /5 labelled pictures that the model has not learned from, and it begins at 40/);
    const page = await readFile(join(made.folder, "report.html"), "utf8");
    assert.match(page, /Exactly the true ones are seen, at \.5 or above, in 2 of 5 pictures/);
    assert.match(page, /no label, and none is seen with confidence \(1\)/);
    assert.match(page, /Cases are about the most probable label of each picture alone/);
    assert.doesNotMatch(page, /whose class is known/);
    await using exclusive = await loadModel(savedModel(colourModel()), options);
    await assert.rejects(audit(exclusive, join(root, "list.csv"), { out: await folder() }), {
      code: "bad-labels",
      message: /'none'|'None'/i,
    });
    await writeFile(join(root, "short.csv"), "path,label\n1.png,red|blue\n");
    const plainAudit = await audit(exclusive, join(root, "short.csv"), { out: await folder(), method: "occlusion" });
    await assert.rejects(plainAudit.labels(), error(/exclude each other/));
    assert.equal(
      (await plainAudit.confusion()).all.right,
      1,
      "of classes that exclude each other one that is named will do",
    );
  });

  test("is told of by label in the explorer, of the pictures that are shown", async () => {
    const explorer = await Explorer.open(made);
    try {
      const all = await explorer.overview([]);
      assert.equal(all.confusion, null);
      assert.equal(all.calibration, null);
      assert.equal(all.labels?.exact.right, 2);
      const missing = await explorer.overview([{ kind: "sql", where: "contains('|' || missed || '|', '|green|')" }]);
      assert.deepEqual(
        missing.labels?.labels.map(({ label, recall }) => [label, recall]),
        [
          ["red", 1],
          ["green", 0],
        ],
      );
      assert.deepEqual(missing.labels?.whole, await made.labels());
    } finally {
      await explorer.close();
    }
  });
});

test("of folders, + stands between labels, and none for no label", async () => {
  const root = await folder();
  for (const [name, colour] of [
    ["Red+blue", MAGENTA],
    ["none", BLACK],
    ["green", GREEN],
    ["red+pink", RED],
  ] as const) {
    await save(join(root, name, "a.png"), colour);
  }
  const { items, notes } = await findItems(root, labels, { independent: true });
  assert.deepEqual(
    items.map(({ path, truth }) => [path, truth]),
    [
      ["Red+blue/a.png", "red|blue"],
      ["green/a.png", "green"],
      ["none/a.png", "none"],
      ["red+pink/a.png", undefined],
    ],
  );
  assert.match(notes.join(), /red\+pink/);
  await writeFile(join(root, "list.csv"), "path,label\ngreen/a.png,no finding\n");
  const told = await findItems(join(root, "list.csv"), labels, { independent: true }).catch((error) => error);
  assert.match(told.next, /write none where a picture has no label/);
});

test("a label that holds a | itself, or is called none, is one label", () => {
  const all = ["a|b", "a", "none"];
  assert.equal(labelSetText(["none", "a|b"], all), "a|b|none");
  assert.deepEqual(labelsOfText("a|b|none", new Set(all)), ["a|b", "none"]);
  assert.deepEqual(labelsOfText("none", new Set(all)), ["none"]);
  assert.deepEqual(labelsOfText("none", new Set(["a"])), []);
});

test("average precision, precision, recall and calibration error are scikit-learn's", async () => {
  const { has, probabilities, answers } = JSON.parse(await readFile(fixture("audit/labels.json"), "utf8"));
  const names: string[] = answers.map(({ label }: { label: string }) => label);
  const set = (row: readonly number[], holds: (value: number) => boolean) =>
    labelSetText(
      names.filter((_, i) => holds(row[i])),
      names,
    );
  const rows = has.map((row: number[], n: number) => ({
    truth: set(row, (one) => one === 1),
    seen: set(probabilities[n], (p) => p >= 0.5),
    missed: null,
    mistaken: null,
    pictures: 1,
  }));
  const { labels: counted } = tallyOf(rows, names);
  for (const [i, expected] of answers.entries()) {
    const [p, y] = [probabilities, has].map((all) => Float64Array.from(all, (row: number[]) => row[i]));
    const { ece } = calibrationOf({ probabilities: p, right: y, classes: new Float64Array(p.length), labels: [""] });
    const close = (value: number | null, wanted: number) => Math.abs((value ?? NaN) - wanted) < 1e-9;
    assert.ok(close(averagePrecision(p, y), expected.averagePrecision), `${names[i]}: average precision`);
    assert.ok(close(counted[i].precision, expected.precision), `${names[i]}: precision`);
    assert.ok(close(counted[i].recall, expected.recall), `${names[i]}: recall`);
    assert.ok(close(ece, expected.ece), `${names[i]}: calibration error`);
  }
  assert.equal(averagePrecision(Float64Array.of(0.5), Float64Array.of(0)), null);
});

test("a picture turns into a label where that is seen, whatever is seen beside it", async () => {
  await using model = await loadModel(independent, options);
  const inputs = await Promise.all(
    [WHITE, MAGENTA, GREEN].map(async (colour) => (await model.prepare(plain(colour))).tensor),
  );
  assert.deepEqual(await new FlipRate(model, "blue").each(inputs, (input) => input), [true, true, false]);
  await using exclusive = await loadModel(savedModel(colourModel()), options);
  assert.deepEqual(await new FlipRate(exclusive, "blue").each(inputs, (input) => input), [false, false, false]);
});

test("pictures in which nothing is seen are in no group", () => {
  const picture = (seen: readonly string[]): SearchedPicture => ({
    path: "",
    image: "",
    prediction: "red",
    seen,
    evidence: new Float32Array(1),
  });
  const pictures = [
    ...Array.from({ length: 9 }, () => picture(["red", "blue"])),
    ...Array.from({ length: 9 }, () => picture([])),
  ];
  assert.deepEqual(
    groupsOf(pictures, new Int32Array(18)).map(({ members }) => members.length),
    [9],
  );
});

test("--fail-on takes labels that are missed and mistaken", () => {
  const inspected = { findings: [], searches: [], pictures: 20, unreadable: 0, labels: { missed: 3, mistaken: 1 } };
  const broken = (rules: string, labels: typeof inspected.labels | null = inspected.labels) =>
    brokenRules(failRules(rules, []), { ...inspected, labels });
  assert.deepEqual(broken("missed-labels>15%,mistaken-labels>1"), []);
  assert.deepEqual(broken("missed-labels>10%"), ["missed-labels>10%: 3 pictures with a label that is not seen (15 %)"]);
  assert.deepEqual(broken("mistaken-labels"), [
    "mistaken-labels: 1 picture in which a label is seen that is not there",
  ]);
  assert.match(broken("missed-labels", null)[0], /takes a model of independent labels/);
});

test("a wrong label of many is found label by label, and what the picture is likely to have is suggested", async () => {
  const root = await folder();
  const colours = [MAGENTA, RED, GREEN, BLACK];
  const truths = ["red|blue", "red", "green", "none"];
  const list = ["path,label"];
  for (let i = 0; i < 48; i++) {
    const [colour, truth] = [colours[i % 4], truths[i % 4]];
    await save(join(root, `${i}.png`), colour.map((value) => Math.abs(value - (i >> 2))) as unknown as Colour);
    list.push(`${i}.png,${i === 0 ? "red" : i === 2 ? "green|blue" : truth}`);
  }
  await writeFile(join(root, "list.csv"), list.join("\n"));
  await using model = await loadModel(independent, options);
  const made = await audit(model, join(root, "list.csv"), { out: await folder(), method: "occlusion" });
  const issues = await made.query(
    "select path, suggested_label, label_quality from hygiene where label_issue order by path",
  );
  assert.deepEqual(
    issues.map(({ path, suggested_label }) => [path, suggested_label]),
    [
      ["0.png", "red|blue"],
      ["2.png", "green"],
    ],
  );
  assert.ok(issues.every(({ label_quality }) => Number(label_quality) < 0.05));
  const search = (await made.searches()).find(({ of }) => of === "label-errors");
  assert.match(search?.note ?? "", /confident learning label by label.*48 pictures/);
  const [found] = (await made.findings()).filter(({ kind }) => kind === "label-errors");
  assert.match(found.claim, /2 pictures have a label that is likely to be wrong: 1 missing, 1 too many/);
  assert.deepEqual([...found.pictures].sort(), ["0.png", "2.png"]);
});
