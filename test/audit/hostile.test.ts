import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdir, open, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { audit, openAudit } from "../../src/audit/index.js";
import { modelFingerprint } from "../../src/audit/model-fingerprint.js";
import { ServedPlaces } from "../../src/audit/servers/queue/served-places.js";
import { shardJob } from "../../src/audit/servers/queue/shard-job.js";
import { findItems } from "../../src/audit/sources/find-items.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { colourModel } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";
import { folder, pictureFolder } from "./pictures.js";

const posix = { skip: process.platform === "win32" && "Windows has no such files", timeout: 120_000 };

const honest = () => loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads: 1 });

test(
  "devices, pipes, huge files and names that are no Unicode are rows with errors, and the audit goes on",
  posix,
  async () => {
    const root = await pictureFolder(2, 3);
    const bad = join(root, "bad");
    await mkdir(bad);
    await symlink("/dev/zero", join(bad, "device.png"));
    execFileSync("mkfifo", [join(bad, "pipe.png")]);
    const huge = await open(join(bad, "huge.png"), "w");
    await huge.truncate(3 * 2 ** 30);
    await huge.close();
    await mkdir(join(bad, "folder.png"));
    await cp(join(root, "star", "0000.png"), join(bad, "folder.png", "inside.png"));
    await writeFile(Buffer.concat([Buffer.from(join(bad, "caf")), Buffer.from([0xe9]), Buffer.from(".png")]), "");
    await using model = await honest();
    const result = await audit(model, root, { method: "recipro-cam", shortcuts: false, out: await folder() });
    const rows = await result.query("select path, error from results order by path");
    const errors = Object.fromEntries(rows.map(({ path, error }) => [path, error]));
    assert.match(String(errors["bad/device.png"]), /regular file/);
    assert.match(String(errors["bad/pipe.png"]), /regular file/);
    assert.match(String(errors["bad/huge.png"]), /too large|more than/);
    assert.match(String(errors["bad/caf\ufffd.png"]), /file-not-found/);
    assert.equal(errors["bad/folder.png/inside.png"], null);
    assert.equal(rows.filter(({ error }) => error === null).length, 3);
    assert.ok(process.memoryUsage.rss() < 2 ** 31);
  },
);

test("a list's pictures, masks and the list itself are looked at before they are read", posix, async () => {
  const root = await pictureFolder(1, 3);
  execFileSync("mkfifo", [join(root, "pipe.csv"), join(root, "mask.png")]);
  for (const list of [join(root, "pipe.csv"), root]) {
    await assert.rejects(findItems(list === root ? root : list, classroom.labels, { truth: join(root, "pipe.csv") }), {
      code: "file-not-found",
      message: /no such list/,
    });
  }
  const name = join("star", "0000.png");
  await writeFile(join(root, "list.csv"), `path,mask\n${name},mask.png\n/dev/zero,\n/dev/null,/dev/zero\n`);
  await using model = await honest();
  const result = await audit(model, join(root, "list.csv"), {
    method: "recipro-cam",
    shortcuts: false,
    out: await folder(),
  });
  const rows = await result.query("select error, notes from results order by path");
  assert.match(String(rows[0].error), /regular file/);
  assert.match(String(rows[1].error), /regular file/);
  assert.match(String(rows[2].notes), /mask could not be read.*regular file/);
});

const job = {
  format: "sightline-shard",
  formatVersion: 1,
  place: "/data/out",
  folder: "",
  index: 0,
  items: [{ path: "a.png", file: "/data/a.png" }],
  settings: {
    method: "auto",
    preset: "balance",
    seed: 0,
    options: {},
    thresholds: { high: 0.9, mixed: 0.2, plausible: 0.5 },
    stability: false,
  },
};

test("a job that is no shard, or larger than one, is not taken", () => {
  assert.ok(shardJob.safeParse(job).success);
  const bad = [
    { ...job, items: [] },
    { ...job, items: Array.from({ length: 65 }, () => job.items[0]) },
    { ...job, items: [{ path: "", file: "/data/a.png" }] },
    { ...job, items: [{ path: "a.png", file: `/${"a/".repeat(4000)}` }] },
    { ...job, index: 2 ** 40 },
    { ...job, folder: "../.." },
    { ...job, place: "" },
    { ...job, settings: { ...job.settings, options: { layer: "x".repeat(2 ** 17) } } },
    { ...job, settings: { ...job.settings, seed: "0" } },
  ];
  for (const one of bad) assert.equal(shardJob.safeParse(one).success, false, JSON.stringify(one).slice(0, 200));
});

test("a worker serves the places that it was started with and no others", () => {
  const here = new ServedPlaces({}, "/data");
  assert.equal(here.shardsOf("/data/out"), "/data/out");
  assert.equal(here.localItem({ path: "a.png", file: "/data/a.png" }).file, "/data/a.png");
  for (const place of ["/etc", "/data/../etc", "/database", "s3://bucket/x", "S3://bucket"]) {
    assert.throws(() => here.shardsOf(place), { code: "bad-data" }, place);
  }
  for (const file of ["/dev/zero", "/data/../etc/passwd", "/proc/self/environ", "/database/a.png"]) {
    assert.throws(() => here.localItem({ path: "a.png", file }), { code: "bad-data", message: /--pictures/ }, file);
    const masked = { path: "a.png", file: "/data/a.png", mask: file };
    assert.throws(() => here.localItem(masked), { code: "bad-data" }, `mask ${file}`);
  }
  const given = new ServedPlaces({ shards: "s3://mine/x", pictures: "/photos" }, "/data");
  assert.equal(given.shardsOf("/etc"), "s3://mine/x", "what the job says does not matter");
  const moved = given.localItem({ path: "b/a.png", file: "/there/b/a.png", mask: "/there/masks/a.png" });
  assert.deepEqual([moved.file, moved.mask], ["/photos/b/a.png", "/photos/masks/a.png"]);
  for (const path of ["../a.png", "/dev/zero", "b/../../a.png"]) {
    assert.throws(() => given.localItem({ path, file: `/there/${path}` }), { code: "bad-data" }, path);
  }
  const outside = { path: "a.png", file: "/there/a.png", mask: "/etc/passwd" };
  assert.throws(() => given.localItem(outside), { code: "bad-data" });
});

test("an audit's files that are huge, a pipe or a folder are errors that say so", posix, async () => {
  const place = await folder();
  const manifest = join(place, "audit.json");
  const huge = await open(manifest, "w");
  await huge.truncate(2 ** 29);
  await huge.close();
  const refused = (message: RegExp) => ({ code: "bad-data", message });
  await assert.rejects(
    openAudit(place),
    refused(/audit\.json cannot be read: .* has 536870912 bytes, more than 268435456/),
  );
  await rm(manifest);
  execFileSync("mkfifo", [manifest]);
  await assert.rejects(openAudit(place), refused(/audit\.json cannot be read: .* is not a regular file/));
  await rm(manifest);
  await mkdir(manifest);
  await assert.rejects(openAudit(place), refused(/audit\.json cannot be read: .* is a folder/));
});

test("models that are read at different outputs do not share an audit", async () => {
  const graph = colourModel();
  const logits = graph.producer("out")?.input[0] as string;
  graph.addNode("Neg", [logits], {}, { outputs: ["other"] });
  graph.addOutput("other", undefined);
  const path = savedModel(graph);
  const fingerprint = async (output: number) => {
    await using model = await loadModel(path, { output, threads: 1, preprocess: { mean: 0, std: 1 } });
    return [model.info.scores, await modelFingerprint(model)];
  };
  const [first, second, again] = [await fingerprint(0), await fingerprint(1), await fingerprint(0)];
  assert.deepEqual(first, again);
  assert.deepEqual([first[0], second[0]], ["out", "other"]);
  assert.notEqual(first[1], second[1]);
});
