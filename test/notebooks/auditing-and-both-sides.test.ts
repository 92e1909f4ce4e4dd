import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, Search } from "../../src/audit/index.js";
import { type Calibration, calibrationOf } from "../../src/audit/measures/calibration.js";
import { classroom } from "../../src/classroom/index.js";
import { brokenRules, failRules } from "../../src/cli/fail-on.js";
import { loadModel } from "../../src/index.js";
import { claims, Executed } from "./executed.js";

let auditing: Promise<Executed> | undefined;
/** Lesson 4 is long: it runs once. */
const lesson4 = () => (auditing ??= Executed.run("4-auditing"));

test("4-auditing: a model that is .97 right is wrong on one class, is flagged for it, and proven wrong both ways", async () => {
  const run = await lesson4();
  run.assertAnswers("4-auditing");
  assert.match(run.text("const { all, classes }"), /pictures: 160, right: 155, share: '0\.97'/);
  run.assertStandIn("new AuditExplorer");
  const byClass = new Map(run.rows("classes.map(({ truth").map(({ truth, share }) => [truth, Number(share)]));
  assert.deepEqual(
    [...byClass].filter(([, share]) => share < 1),
    [["boat", 0.75]],
  );
  const [flagged, ...others] = run.rows("const found");
  assert.deepEqual([flagged.kind, flagged.class, others], ["shortcut", "boat", []]);
  assert.match(
    run.text("const proof"),
    /^Proven both ways: pasted on 80 pictures of other classes the region turns \d+ % into boat/,
  );
  for (const side of run.rows("const sides")) {
    assert.ok(
      Number(side["change their answer"]) > 0.7 && Number(side["control: change it"]) < 0.1,
      JSON.stringify(side),
    );
  }
});

test("4-auditing: tags, exit codes and mistakes are as its words say, and the honest model is not flagged", async () => {
  const run = await lesson4();
  assert.match(run.text("new StickerLab"), /shortcut: 7 of 7 .+honest: 0 of 7/s);
  assert.deepEqual(run.rows("await result.tag("), [{ tag: "©", pictures: 15 }]);
  const wrong = run.rows("where not correct");
  assert.equal(wrong.length, 5);
  for (const one of wrong) assert.deepEqual([one["is a"], one["carries the ©"]], ["boat", false]);
  assert.deepEqual(
    run.rows("const rules").map((row) => [row["--fail-on"], row["exit code"]]),
    [
      ["shortcut", 1],
      ["label-errors", 0],
      ["leak", 1],
    ],
  );
  assert.match(
    run.text("const second"),
    /flagged: 0,\s+'flagged in the first alone': 1,\s+'right now': 5,\s+'wrong now': 0/,
  );
});

test("the exit codes that lesson 4 tells are those of the command", () => {
  const findings = [{ kind: "shortcut", count: 15 } as Finding];
  const searches = (["shortcuts", "label-errors", "leaks"] as const).map(
    (of): Search => ({ of, looked: of !== "leaks", note: "" }),
  );
  const inspected = { findings, searches, pictures: 160, unreadable: 0, labels: null };
  assert.deepEqual(
    ["shortcut", "label-errors", "leak"].map((rule) => brokenRules(failRules(rule, []), inspected).length),
    [1, 0, 1],
  );
});

async function calibrationIn(
  { url, options }: typeof classroom.models.honest,
  pictures: ReturnType<typeof classroom.pictures>,
): Promise<Calibration> {
  const model = await loadModel(url, options);
  const answers = [];
  for (const { image, label } of pictures) {
    const [answer] = await model.predict(image, { top: 1 });
    answers.push({ probability: answer.probability, right: Number(answer.label === label) });
  }
  return calibrationOf({
    probabilities: Float64Array.from(answers, ({ probability }) => probability),
    right: Float64Array.from(answers, ({ right }) => right),
    classes: new Float64Array(answers.length),
    labels: ["any"],
  });
}

test("the model of lesson 4 that cheats is as modest as that of lesson 5", async () => {
  const { honest, shortcut } = classroom.models;
  const fair = await calibrationIn(honest, classroom.pictures({ count: 160, seed: 6 }));
  const cheat = await calibrationIn(shortcut, classroom.pictures({ count: 160, seed: 11, watermark: { boat: 0.8 } }));
  for (const { confidence, accuracy, eceInterval, eceNull } of [fair, cheat]) {
    assert.ok(accuracy! > confidence! && eceInterval![0] > eceNull!);
  }
  const [low, high] = fair.eceInterval!;
  assert.ok(low < cheat.ece! && cheat.ece! < high, `${cheat.ece} between ${low} and ${high}`);
});

test("6-for-and-against: zones on both sides, each tested by hiding it", async () => {
  const run = await Executed.run("6-for-and-against");
  run.assertAnswers("6-for-and-against");
  for (const words of ["const panes", "const both"]) run.assertStandIn(words);
  const tree = run.rows("visualize(many, { polarity");
  assert.deepEqual(
    tree.map(({ side, rank }) => `${side} ${rank}`),
    ["for 1", "for 2", "for 3", "against 1", "against 2", "against 3"],
  );
  const [speaksFor, speaksAgainst] = claims(run.text("const regionOf"));
  assert.ok(speaksFor.after < speaksFor.before && speaksAgainst.after > speaksAgainst.before);
  const zones = claims(run.text("const [crown, corner]"));
  assert.ok(zones.every(({ before, after, alike }) => after < before / 2 && alike <= 5));
  const [treeOnly, boatOnly] = claims(run.text("const inCrown"));
  assert.ok(boatOnly.after < treeOnly.after && boatOnly.alike < treeOnly.alike);
  assert.match(String(run.bundles('both.set("zones", 8)')[0]["text/plain"]), /'zones in the panes': 8/);
  const first = (words: string) => String(run.rows(words)[0].centre);
  assert.notEqual(first("zonesOf(yesNo, 3)"), first("const coarse"), "another cut, another first zone");
  const [face, jacket] = claims(run.text("const [hat]"));
  assert.ok(face.after < face.before && jacket.after > jacket.before && face.alike > 1 && jacket.alike > 1);
});
