import assert from "node:assert/strict";
import { test } from "node:test";
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

test("4-auditing: the shortcut comes first and alone, pasting it makes boats; the honest model is not flagged", async () => {
  const run = await lesson4();
  run.assertAnswers("4-auditing");
  const cases = run.rows("group by 1 order by 2 desc`");
  assert.equal(cases[0].case, "true positive, high confidence");
  assert.ok(Number(cases[0].pictures) >= 150);
  const [boat, ...others] = run.rows("group by truth order by border desc");
  assert.equal(boat.truth, "boat");
  assert.ok(others.every(({ accuracy }) => accuracy === 1) && Number(boat.accuracy) < 1);
  const wrong = run.rows("where not correct").map(({ path }) => Number(/(\d+)\.png/.exec(String(path))?.[1]));
  assert.deepEqual(
    wrong,
    run.rows("!marked").map(({ picture }) => picture),
    "the two clean boats are the mistakes",
  );

  const [first, ...rest] = run.rows("suspects(found)");
  assert.deepEqual([first.prediction, first.flagged, first["control flips"]], ["boat", true, 0]);
  assert.ok(Number(first["flips when pasted"]) > 0.95, "nearly every picture");
  assert.ok(rest.every(({ flagged }) => flagged === false));
  const [before, after] = run.rows("const forged");
  assert.equal(before.label, "cup");
  assert.equal(after.label, "boat");
  assert.match(run.text("new StickerLab"), /shortcut: 7 of 7 .+honest: 0 of 7/s);
  assert.match(String(run.bundles("const clean")[0]["text/plain"]), /without watermark': 50, 'called boat': 0/);

  const honest = run.bundles("const second").map((bundle) => String(bundle["text/plain"]));
  assert.ok(honest.some((text) => text.includes("accuracy: 1")));
  assert.ok(
    honest.some((text) => text.includes("flagged: false")) && !honest.some((text) => text.includes("flagged: true")),
  );
});

test("4-auditing: the photographs at hand, with a picture or table for each widget", async () => {
  const run = await lesson4();
  for (const words of ["new CaseBrowser", "new MethodComparison", "new TestTheClaim"]) standsIn(run, words);
  const kinds = new Map(run.rows("browser.cases()").map((row) => [row.picture, row.case]));
  assert.equal(kinds.get("clock_motion.png"), "false positive, high confidence");
  assert.equal(kinds.get("chelsea.png"), "mixed predictions");
  assert.deepEqual(
    run.rows("same map for both classes").map((row) => [row.method, row["same map for both classes"]]),
    [
      ["recipro-cam", false],
      ["activation-map", true],
      ["sobol", false],
    ],
  );
  const [{ sentence }] = run.rows("claim.history");
  const [bubble] = claims(String(sentence));
  assert.ok(bubble.after < bubble.before / 2 && bubble.alike <= 5);
  const [clock] = claims(run.text("const help"));
  assert.ok(clock.after < clock.before, "the right answer is not helped, as the text says");
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
  const [needed, drawn] = claims(run.text("slice(0, 2)) {"));
  assert.ok(needed.after < needed.before / 2 && needed.alike === 0 && drawn.after >= drawn.before);
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
