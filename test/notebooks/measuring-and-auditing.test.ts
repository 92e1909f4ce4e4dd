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

const WIDGET = "application/vnd.jupyter.widget-view+json";

/** Each widget is followed by something to see where no JavaScript runs. */
function standsIn(run: Executed, words: string): void {
  const shown = run.bundles(words).find((bundle) => WIDGET in bundle && "text/html" in bundle);
  assert.ok(shown, `a widget with its stand-in under ${words}`);
}

test("4-auditing: a model that is .97 right is wrong on one class, is flagged for it, and proven wrong both ways", async () => {
  const run = await lesson4();
  run.assertAnswers("4-auditing");
  assert.match(run.text("const { all, classes }"), /pictures: 160, right: 155, share: '0\.97'/);
  standsIn(run, "new AuditExplorer");
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

test("5-measuring: edges win the pointing game as well, share and overlap tell methods apart", async () => {
  const run = await Executed.run("5-measuring");
  run.assertAnswers("5-measuring");
  const scores = (words: string, metric: string, table = 0) => {
    const bundle = run.bundles(words).filter((one) => "application/vnd.sightline.rows+json" in one)[table];
    const rows = bundle["application/vnd.sightline.rows+json"] as Record<string, unknown>[];
    return new Map(rows.map((row) => [row.method, { value: Number(row[metric]), centre: Number(row.centre) }]));
  };
  const of = (found: ReturnType<typeof scores>, method: string) => found.get(method) ?? assert.fail(method);
  const pointing = scores('scores("pointing")', "pointing");
  assert.ok(of(pointing, "edges (control)").value >= 0.9 && of(pointing, "edges (control)").centre >= 0.7);
  assert.equal(of(pointing, "guided-backprop").value, 1);
  const share = scores('scores("relevance-mass")', "relevance-mass");
  const overlap = scores('scores("relevance-mass")', "iou", 1);
  assert.ok(of(share, "feature-ablation").value > 3 * of(share, "edges (control)").value);
  assert.ok(of(overlap, "guided-backprop").value < of(overlap, "edges (control)").value);
  const gradients = of(overlap, "integrated-gradients");
  assert.ok(gradients.value < gradients.centre, "from black it loses against the blob in the centre");

  standsIn(run, "new CurveScrubber");
  const curves = run.rows("const both");
  const line = (baseline: string, metric: string, method: string) => {
    const row = curves.find((one) => one.baseline === baseline && one.metric === metric && one.method === method);
    assert.ok(row);
    return { value: Number(row.value), random: Number(row.random), centre: Number(row.centre) };
  };
  for (const baseline of ["blur", "black"]) {
    const inserted = line(baseline, "insertion", "recipro-cam");
    const deleted = line(baseline, "deletion", "recipro-cam");
    assert.ok(inserted.value > Math.max(inserted.random, inserted.centre));
    assert.ok(deleted.value < Math.min(deleted.random, deleted.centre));
  }
  const beautiful = line("blur", "deletion", "guided-backprop");
  assert.ok(beautiful.value > beautiful.random, "deleting what the beautiful map marks does less harm than chance");
  const lost = [line("black", "insertion", "integrated-gradients"), line("blur", "deletion", "integrated-gradients")];
  assert.ok(lost[0].value < lost[0].centre && lost[1].value > lost[1].centre);

  const [coarse, fine] = run.rows("const sanity");
  assert.ok(Number(coarse["33 % forgotten"]) < 0.5 && Number(fine["33 % forgotten"]) > 0.9);
  const alike = run.rows("const two").map((row) => Number(row["rank correlation of tripod and bubble"]));
  assert.ok(alike[0] < 0.5 && alike[1] === 1);
  const holes = (method: string) => {
    const row =
      run
        .text("const holes")
        .split("\n")
        .find((line) => line.startsWith(`| ${method} |`)) ?? assert.fail(method);
    const cells = row.split("|").slice(3, 6);
    return cells.map((cell) => (/(\S+) \(random (\S+),/.exec(cell) ?? assert.fail(cell)).slice(1).map(Number));
  };
  const [[road, roadOfRandom], , [irof, irofOfRandom]] = holes("recipro-cam");
  assert.ok(road < roadOfRandom && irof > irofOfRandom);
  const [[beauty, beautyOfRandom], , [segments, segmentsOfRandom]] = holes("guided-backprop");
  assert.ok(beauty > beautyOfRandom && segments < segmentsOfRandom, "the beautiful one loses to maps drawn by chance");
  const advice = run.text("const recommendation");
  assert.match(advice, /Use recipro-cam: over 6 pictures .* not surely ahead of the Gaussian/);
  assert.match(advice, /activation-map \(ignores the weights\)/);
  standsIn(run, "new AuditExplorer");
  const calibrated =
    /'mean confidence': '(.+?)',\s+right: '(.+?)',\s+'calibration error': '(.+?)',\s+'95 %': '(.+?) … .+?',\s+null: '(.+?)'/s;
  const [mean, right, error, low, chance] = (calibrated.exec(run.text("eceInterval, eceNull")) ?? [])
    .slice(1)
    .map(Number);
  assert.ok(right > mean && error > low && low > chance, "too modest, beyond what few pictures explain");
  const [needed, drawn] = claims(run.text("slice(0, 2)) {"));
  assert.ok(needed.after < needed.before / 2 && needed.alike === 0 && drawn.after >= drawn.before);
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
  for (const words of ["const panes", "const both"]) standsIn(run, words);
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
