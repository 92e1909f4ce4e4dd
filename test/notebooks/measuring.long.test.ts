import assert from "node:assert/strict";
import { test } from "node:test";
import { claims, Executed } from "./executed.js";

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

  run.assertStandIn("new CurveScrubber");
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
  run.assertStandIn("new AuditExplorer");
  const calibrated =
    /'mean confidence': '(.+?)',\s+right: '(.+?)',\s+'calibration error': '(.+?)',\s+'95 %': '(.+?) … .+?',\s+null: '(.+?)'/s;
  const [mean, right, error, low, chance] = (calibrated.exec(run.text("eceInterval, eceNull")) ?? [])
    .slice(1)
    .map(Number);
  assert.ok(right > mean && error > low && low > chance, "too modest, beyond what few pictures explain");
  const [needed, drawn] = claims(run.text("slice(0, 2)) {"));
  assert.ok(needed.after < needed.before / 2 && needed.alike === 0 && drawn.after >= drawn.before);
});
