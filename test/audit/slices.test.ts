import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { finding, writeFindings } from "../../src/audit/findings.js";
import {
  type Audit,
  type AuditComparison,
  audit,
  compareAudits,
  type Finding,
  type FindingKind,
  findShortcuts,
  openAudit,
} from "../../src/audit/index.js";
import { folderStorage } from "../../src/audit/shards/folder-storage.js";
import { sql } from "../../src/audit/sql.js";
import { classroom } from "../../src/classroom/index.js";
import { wilsonInterval } from "../../src/core/wilson.js";
import type { Progress } from "../../src/core/work.js";
import { workHost } from "../../src/core/work.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";
import { folder, pictureFolder } from "./pictures.js";

/** Boats carry the mark; one of 48 pictures is no picture. */
async function audited(pictures: string, name = "honest", options: { slices?: string } = {}): Promise<Audit> {
  const url = name.includes("-") ? pathToFileURL(fixture(`classroom/${name}.onnx`)) : classroom.models.honest.url;
  await using model = await loadModel(url, { ...classroom.models.honest.options, threads: 1 });
  return await audit(model, pictures, { method: "recipro-cam", shortcuts: false, out: await folder(), ...options });
}

let pictures: Promise<string> | undefined;
const folderOf48 = () => {
  pictures ??= pictureFolder(47, 31).then(async (root) => {
    await writeFile(join(root, "cup", "broken.png"), "no picture");
    return root;
  });
  return pictures;
};

test("a slice by a condition is measured beside all other pictures, saved, and there again when the audit is opened", async () => {
  const result = await audited(await folderOf48());
  const boats = await result.saveSlice("boats", {
    where: "truth = 'boat'",
    expect: "error_high <= .9 and pictures = 6",
  });
  const rows = await result.query("select probability, concentration, correct, truth from results where error is null");
  const own = rows.filter(({ truth }) => truth === "boat");
  const mean = (of: typeof rows, key: string) => of.reduce((sum, row) => sum + Number(row[key]), 0) / of.length;
  assert.equal(boats.own.pictures, 6);
  assert.equal(boats.rest.pictures, 42);
  assert.equal(boats.rest.known, 41);
  assert.equal(boats.own.errors, own.filter(({ correct }) => !correct).length);
  assert.deepEqual(boats.own.errorInterval, wilsonInterval(boats.own.errors, 6));
  assert.ok(Math.abs(Number(boats.own.confidence) - mean(own, "probability")) < 1e-12);
  assert.ok(Math.abs(Number(boats.own.concentration) - mean(own, "concentration")) < 1e-12);
  assert.equal(boats.holds, true);
  assert.deepEqual(await (await openAudit(result.folder)).slices(), [boats]);
});

test("a slice by paths; a name taken again replaces; one that is removed is gone", async () => {
  const result = await audited(await folderOf48());
  const paths = (await result.query("select path from results order by path limit 3")).map(({ path }) => String(path));
  await result.saveSlice("three", { where: "false" });
  const three = await result.saveSlice("three", { pictures: [...paths, "it's/not there.png"], expect: "pictures = 3" });
  assert.equal(three.own.pictures, 3);
  assert.equal(three.holds, true);
  assert.equal((await result.slices()).length, 1);
  await assert.rejects(result.removeSlice("thre"), { code: "bad-config", message: /three/ });
  await result.removeSlice("three");
  assert.deepEqual(await result.slices(), []);
});

test("a cluster of maps is saved as the pictures that it holds", async () => {
  const { url, options } = classroom.models.shortcut;
  await using model = await loadModel(url, { ...options, threads: 1 });
  const out = await folder();
  const result = await audit(model, await pictureFolder(48, 32), { method: "recipro-cam", shortcuts: true, out });
  const [{ cluster, n }] = await result.query("select cluster, count(*) as n from clusters group by 1 order by 2 desc");
  const saved = await result.saveSlice("largest", { cluster: Number(cluster) });
  assert.equal(saved.own.pictures, n);
  assert.equal(saved.pictures?.length, n);
  const there = (await result.query("select distinct cluster from clusters order by 1")).map((row) => row.cluster);
  await assert.rejects(result.saveSlice("none", { cluster: 99 }), {
    code: "bad-config",
    message: `no cluster has the number 99: expected one of ${there.join(", ")}`,
  });
  assert.deepEqual(
    (await result.slices()).map(({ name }) => name),
    ["largest"],
  );
});

test("what is expected without labels to tell does not hold", async () => {
  const result = await audited(await folderOf48());
  const unknown = await result.saveSlice("broken", { where: "error is not null", expect: "error_rate <= 1" });
  assert.deepEqual([unknown.own.pictures, unknown.own.known, unknown.own.errorRate], [1, 0, null]);
  assert.equal(unknown.holds, false);
});

test("a condition that is no SQL, or that reaches for files, is refused and not saved", async () => {
  const result = await audited(await folderOf48());
  const secret = join(await folder(), "secret.txt");
  await writeFile(secret, "x");
  const bad = [
    { where: "nothing = 1" },
    { where: `(select count(*) from read_text('${secret}')) = 1` },
    { where: "true", expect: "colour > 1" },
    { where: "true", expect: `(select count(*) from read_text('${secret}')) = 1` },
  ];
  for (const choice of bad) await assert.rejects(result.saveSlice("bad", choice), { code: "bad-data" });
  await assert.rejects(result.saveSlice("bad", {}), { code: "bad-config" });
  await assert.rejects(result.saveSlice("bad", { where: "true", pictures: [] }), { code: "bad-config" });
  await assert.rejects(result.saveSlice("bad", { cluster: 0 }), { code: "bad-config", message: /shortcuts: true/ });
  assert.deepEqual(await result.slices(), []);
});

test("an audit compared with itself has changed nowhere", async () => {
  const result = await audited(await folderOf48());
  const same = await compareAudits(result, result);
  assert.deepEqual(
    [
      same.pictures,
      same.predictions.length,
      same.maps.length,
      same.fixed,
      same.regressed,
      same.altered,
      same.onlyAfter,
    ],
    [48, 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(same.mapCorrelation, { lowestTenth: 1, median: 1 });
  assert.equal(same.holds, true);
});

test("a comparison tells how far it is, and stops when it is told to", async (t) => {
  const result = await audited(await folderOf48());
  const { watch } = workHost;
  t.after(() => Object.assign(workHost, { watch }));
  const told: Progress[] = [];
  const titles: string[] = [];
  const reader = new AbortController();
  workHost.watch = (title) => {
    titles.push(title);
    return { signal: reader.signal, progress: (progress) => told.push(progress), end: () => {} };
  };
  await compareAudits(result, result);
  assert.deepEqual(titles, ["comparison of two audits"]);
  assert.deepEqual(told.at(-1), { done: 48, total: 48 });
  const heard: number[] = [];
  await compareAudits(result, result, { onProgress: ({ done }) => heard.push(done) });
  assert.equal(heard.length, 48);
  reader.abort();
  await assert.rejects(compareAudits(result, result), { code: "aborted" });
});

test("a comparison says which findings stayed, went and came, and what was not looked for in both", async () => {
  const result = await audited(await folderOf48());
  const of = { what: "pictures", interval: [0, 1] as const };
  const none = { ...of, value: 0.5 };
  const place = (x: number) => ({ x, y: 0, width: 0.25, height: 0.25 });
  const flagged = (kind: FindingKind, label: string, evidence: Finding["evidence"] = {}, value = 0.9) =>
    finding({ kind, label, claim: kind, effect: { ...of, value }, null: none, q: null, evidence, pictures: [label] });
  const audit = async (findings: Finding[], looked: boolean) => {
    const out = await folder();
    await cp(result.folder, out, { recursive: true });
    await writeFindings(folderStorage(out), { searches: [{ of: "leaks", looked, note: "" }], findings });
    return openAudit(out);
  };
  const named = ({ kind, label, evidence: { measure = "", property = "", x = "" }, effect }: Finding) =>
    [kind, label, measure, property, x, effect.value].filter((part) => part !== "").join(" ");
  const compared = async (earlier: Finding[], later: Finding[]) => {
    const { findings } = await compareAudits(await audit(earlier, true), await audit(later, false));
    assert.deepEqual(findings.notCompared, ["leaks"]);
    return {
      stayed: findings.stayed.map(({ before, after }) => `${named(before)} → ${named(after)}`),
      gone: findings.gone.map(named),
      appeared: findings.appeared.map(named),
    };
  };
  assert.deepEqual(
    await compared(
      [flagged("shortcut", "boat"), flagged("shortcut", "cup")],
      [flagged("moving-shortcut", "boat"), flagged("shortcut", "cup", {}, 0.8)],
    ),
    {
      stayed: ["shortcut cup 0.9 → shortcut cup 0.8"],
      gone: ["shortcut boat 0.9"],
      appeared: ["moving-shortcut boat 0.9"],
    },
  );
  const quality = (measure: string, value: number) => flagged("quality", "cup", { measure }, value);
  assert.deepEqual(await compared([quality("brighter", 0.1), quality("sharper", 0.2)], [quality("sharper", 0.1)]), {
    stayed: ["quality cup sharper 0.2 → quality cup sharper 0.1"],
    gone: ["quality cup brighter 0.1"],
    appeared: [],
  });
  assert.deepEqual(await compared([quality("brighter", 0.1)], [quality("brighter", 0.95)]), {
    stayed: [],
    gone: ["quality cup brighter 0.1"],
    appeared: ["quality cup brighter 0.95"],
  });
  assert.deepEqual(
    await compared(
      [flagged("shortcut", "cup", place(0)), flagged("property-shortcut", "cup", { property: "colour cast" })],
      [
        flagged("shortcut", "cup", place(0.75)),
        flagged("shortcut", "cup", place(0.2)),
        flagged("property-shortcut", "cup", { property: "frame" }),
      ],
    ),
    {
      stayed: ["shortcut cup 0 0.9 → shortcut cup 0.2 0.9"],
      gone: ["property-shortcut cup colour cast 0.9"],
      appeared: ["shortcut cup 0.75 0.9", "property-shortcut cup frame 0.9"],
    },
  );
  assert.deepEqual(await compared([quality("sharper", 0.1)], [quality("sharper", 0.1), quality("sharper", 0.1)]), {
    stayed: ["quality cup sharper 0.1 → quality cup sharper 0.1"],
    gone: [],
    appeared: ["quality cup sharper 0.1"],
  });
});

test("a path that an audit holds twice, as one of an early version can, is compared once each time", async () => {
  const result = await audited(await folderOf48());
  const twice = await folder();
  await cp(result.folder, twice, { recursive: true });
  const tables = [{ name: "t", files: [join(result.folder, "results.parquet")] }];
  const rows = "select * from t union all select * from t where path like 'boat/%'";
  await sql(`copy (${rows}) to '${join(twice, "results.parquet")}' (format parquet)`, [], tables);
  const doubled = await openAudit(twice);
  const counts = ({ pictures, onlyBefore, onlyAfter, altered }: AuditComparison) => [
    pictures,
    onlyBefore,
    onlyAfter,
    altered,
  ];
  assert.deepEqual(counts(await compareAudits(doubled, doubled)), [54, 0, 0, 0]);
  assert.deepEqual(counts(await compareAudits(result, doubled)), [48, 0, 6, 0]);
});

test("a list and a folder of the same files are compared by content where paths differ, and that is said", async () => {
  const source = await folderOf48();
  const names = (await audited(source)).query("select path from results where path not like 'cup/%'");
  const root = await folder();
  const listed = (await names).map(({ path }) => join(source, String(path)));
  await writeFile(join(root, "list.csv"), `path\n${listed.join("\n")}\n`);
  const [before, after] = [await audited(source), await audited(join(root, "list.csv"), "shortcut-1")];
  const comparison = await compareAudits(before, after, { mapCorrelation: 1 });
  assert.deepEqual(
    [comparison.pictures, comparison.matchedByContent, comparison.onlyBefore, comparison.onlyAfter, comparison.altered],
    [listed.length, listed.length, 48 - listed.length, 0, 0],
  );
  const changes = [...comparison.predictions, ...comparison.maps];
  assert.equal(changes.length, listed.length);
  for (const { path, laterPath } of changes) assert.equal(laterPath, join(source, path));
  const back = await compareAudits(after, before);
  assert.deepEqual([back.pictures, back.onlyBefore, back.onlyAfter], [listed.length, 0, 48 - listed.length]);
  const same = await compareAudits(before, before);
  assert.equal(same.matchedByContent, 0);
});

test("a picture keeps to its path though another path has its content now", async () => {
  const [one, two] = [await pictureFolder(4, 9), await folder()];
  const before = await audited(one);
  const [first, second] = (await before.query("select path from results order by path")).map(({ path }) =>
    String(path),
  );
  await cp(one, two, { recursive: true });
  await cp(join(one, first), join(two, second));
  const { pictures, matchedByContent, altered } = await compareAudits(before, await audited(two));
  assert.deepEqual([pictures, matchedByContent, altered], [4, 0, 1]);
});

test("wrong arguments are said to be that, whatever they are", async () => {
  const result = await audited(await folderOf48());
  const bad = { code: "bad-config" };
  for (const place of [
    "a.png",
    undefined,
    null,
    {},
    { shard: 0 },
    { shard: -1, map_row: 0 },
    { shard: "0", map_row: 0 },
  ]) {
    await assert.rejects(result.map(place as never), { ...bad, message: /shard and map_row.*query/ });
  }
  for (const text of [undefined, null, 7, "", {}]) {
    await assert.rejects(result.query(text as never), bad);
    await assert.rejects(result.saveSlice(text as never, { where: "true" }), bad);
    await assert.rejects(openAudit(text as never), bad);
    await using model = await loadModel(classroom.models.honest.url, {
      ...classroom.models.honest.options,
      threads: 1,
    });
    await assert.rejects(audit(model, text as never, { out: await folder() }), bad);
    await assert.rejects(audit(model, ".", { out: text } as never), bad);
  }
  await assert.rejects(compareAudits(result, result.folder as never), { ...bad, message: /await openAudit\(/ });
  await using model = await loadModel(classroom.models.honest.url, classroom.models.honest.options);
  await assert.rejects(findShortcuts(model, "audit/" as never), {
    ...bad,
    message: /await openAudit\("audit\/"\)/,
  });
});

test("two versions of a model: which predictions and maps changed, and whether the slices' tests still hold", async (t: TestContext) => {
  const source = await folderOf48();
  const before = await audited(source, "honest-1");
  await before.saveSlice("boats", { where: "truth = 'boat'", expect: "error_rate <= .2" });
  await before.saveSlice("not boats", { where: "truth <> 'boat'", expect: "error_high <= .5" });
  assert.ok((await before.slices()).every(({ holds }) => holds));

  const unmarked = await pictureFolder(47, 31, false);
  const after = await audited(unmarked, "shortcut-1", { slices: before.folder });
  const comparison = await compareAudits(before, after);
  const [{ n }] = await after.query("select count(*) filter (not correct) as n from results where truth = 'boat'");
  const boats = comparison.slices.find(({ name }) => name === "boats");
  assert.ok(Number(n) >= 3);
  assert.equal(boats?.after.own.errors, n);
  assert.equal(boats?.before.holds, true);
  assert.equal(boats?.after.holds, false);
  assert.equal(comparison.slices.find(({ name }) => name === "not boats")?.after.holds, true);
  assert.equal(comparison.holds, false);
  assert.equal(comparison.onlyBefore, 1, "the broken picture");
  assert.equal(comparison.altered, 6, "the boats have lost their mark");

  const byPath = async (result: Audit) =>
    new Map((await result.query("select path, prediction from results")).map((row) => [row.path, row.prediction]));
  const [then, now] = [await byPath(before), await byPath(after)];
  const changed = [...now].filter(([path, prediction]) => then.get(path) !== prediction).map(([path]) => path);
  assert.deepEqual(
    comparison.predictions.map(({ path }) => path),
    changed.sort(),
  );
  assert.ok(comparison.regressed >= 3);
  for (const { mapCorrelation } of comparison.maps) assert.ok(Number(mapCorrelation) < 0.5);
  assert.ok(Number(comparison.mapCorrelation?.median) < 1);
  t.diagnostic(`median correlation of maps ${comparison.mapCorrelation?.median}`);

  const page = await readFile(join(after.folder, "report.html"), "utf8");
  assert.match(page, /<h2>Slices<\/h2>.*boats.*does not hold/s);
});
