import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { classroom } from "../../src/classroom/index.js";
import { auditFiles, folder, pictureFolder } from "../audit/pictures.js";
import { end, noRedis, redisServer } from "../audit/redis.js";

const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** What a command printed, and the code that it ended with. */
async function sightline(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = promisify(execFile)(process.execPath, [cli, ...args], { env, maxBuffer: 2 ** 26 });
  return run.then(
    (done) => ({ ...done, code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, code }),
  );
}

describe("sightline audit", () => {
  let pictures: string;
  let labels: string;
  let root: string;
  const modelOptions = (name: "honest" | "shortcut") => [
    ...["--model", fileURLToPath(classroom.models[name].url), "--labels", labels],
    ...["--method", "recipro-cam", "--no-shortcuts"],
  ];
  before(async () => {
    root = await folder();
    labels = join(root, "labels.txt");
    await writeFile(labels, classroom.labels.join("\n"));
    pictures = await pictureFolder(24, 41, false);
  });

  it("counts the cases, shows how far it is in a terminal, and names the report", async () => {
    const out = join(root, "seen");
    const command = [process.execPath, cli, "audit", pictures, ...modelOptions("honest"), "--out", out];
    const terminal = spawn("script", ["-qefc", command.map((word) => `'${word}'`).join(" "), "/dev/null"]);
    let shown = "";
    terminal.stdout.on("data", (data) => {
      shown += data;
    });
    assert.deepEqual(await once(terminal, "close"), [0, null]);
    assert.match(shown, /\d+ of 24 pictures, 0 with errors, [\d.]+\u00a0m?s left/);
    assert.match(shown, /true positive/);
    assert.ok(shown.includes(join(out, "report.html")));
  });

  it("repeats the tests of slices on a later audit, compares the two, and fails where a test does", async () => {
    const [one, two] = [join(root, "one"), join(root, "two")];
    assert.equal((await sightline("audit", pictures, ...modelOptions("honest"), "--out", one)).code, 0);
    const slice = ["audit", "slice", one, "boats", "--where", "truth = 'boat'", "--expect", "error_rate <= .4"];
    const saved = await sightline(...slice, "--json");
    assert.deepEqual([saved.code, JSON.parse(saved.stdout).own.pictures, JSON.parse(saved.stdout).holds], [0, 3, true]);
    assert.equal((await sightline("audit", "slices", one)).code, 0);

    const later = await sightline("audit", pictures, ...modelOptions("shortcut"), "--out", two, "--slices", one);
    assert.equal(later.code, 1);
    assert.match(later.stderr, /the slice 'boats' does not hold: error_rate <= \.4/);
    assert.match(later.stdout, /report\.html/);
    assert.equal((await sightline("audit", "slices", two)).code, 1);

    const compared = await sightline("audit", "compare", one, two);
    assert.equal(compared.code, 1);
    assert.match(compared.stdout, /boat\/\d+\.png +boat +\w+/);
    const { predictions, holds } = JSON.parse((await sightline("audit", "compare", one, two, "--json")).stdout);
    assert.equal(holds, false);
    assert.ok(predictions.length >= 2);
    assert.equal((await sightline("audit", "compare", two, one)).code, 0, "the earlier one passes its test still");
  });

  it("says what it flags: in the table, in JSON, and to a pipeline by its exit code", async () => {
    const marked = await pictureFolder(80, 11);
    const options = (name: "honest" | "shortcut") => modelOptions(name).filter((word) => word !== "--no-shortcuts");
    const run = (out: string, ...flags: string[]) =>
      sightline("audit", marked, ...options("shortcut"), "--out", join(root, out), ...flags);
    const shown = await run("flagged");
    assert.equal(shown.code, 0, "unless it is told to, it does not fail");
    assert.match(shown.stdout, /finding +class +pictures +effect +null +claim/);
    assert.match(
      shown.stdout,
      /shortcut +boat +\d+ +[\d.]+ \([\d.]+ to [\d.]+\) +[\d.<]+ \(.*\) +\d+ pictures taken for boat/,
    );
    const failing = await run("flagged", "--fail-on", "shortcut>3", "--json");
    assert.equal(failing.code, 1);
    assert.match(failing.stderr, /shortcut>3: 1 finding flagged, about \d+ pictures/);
    assert.equal((await run("flagged", "--fail-on", "shortcut>99%,unreadable")).code, 0);
    const { findings, searches, cases, slices, notes, report } = JSON.parse(failing.stdout);
    assert.deepEqual([findings.length, findings[0].kind, findings[0].label], [1, "shortcut", "boat"]);
    assert.ok(findings[0].effect.value >= 0.72 && findings[0].pictures.length >= 8);
    assert.deepEqual([searches[0].of, searches[0].looked], ["shortcuts", true]);
    assert.deepEqual([slices, notes, report], [[], [], join(root, "flagged", "report.html")]);
    assert.equal(
      cases.reduce((sum: number, row: { pictures: number }) => sum + row.pictures, 0),
      80,
    );
  });

  it("fails for what it was told to fail for, and does not take silence for a good sign", async () => {
    const some = await pictureFolder(3, 11);
    await writeFile(join(some, "broken.png"), "no picture");
    await writeFile(join(some, "old.bmp"), "");
    const run = (...flags: string[]) =>
      sightline("audit", some, ...modelOptions("honest"), "--out", join(root, "unreadable"), ...flags);
    const shown = await run();
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /shortcuts were not looked for/);
    assert.match(shown.stdout, /note: left out of .*: 1 \.bmp/);
    const failing = await run("--fail-on", "finding", "unreadable");
    assert.equal(failing.code, 1);
    assert.match(failing.stderr, /1 picture could not be looked at/);
    assert.match(failing.stderr, /shortcuts were not looked for, so none can be ruled out/);
    const wrong = await run("--fail-on", "shortcuts");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /'shortcuts' is no rule; did you mean 'shortcut'\?/);
  });

  it("looks for leaks between two folders, names both pictures, and fails for them", async () => {
    const [one, other] = [await pictureFolder(3, 12), await pictureFolder(3, 13)];
    const [leaking] = (await readdir(one, { recursive: true })).filter((path) => path.endsWith(".png")).sort();
    await copyFile(join(one, leaking), join(other, "seen before.png"));
    const options = [...modelOptions("honest"), "--out", join(root, "leaks"), "--trained", "--fail-on", "leak"];
    const { code, stdout, stderr } = await sightline("audit", one, other, ...options);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /leak: 1 finding flagged, about 2 pictures/);
    assert.match(stdout, /leaks +is the same as/);
    assert.match(stdout, /label-errors were not looked for: 6 labelled pictures that the model was trained on/);
    const pair = [`${basename(one)}/${leaking}`, `${basename(other)}/seen before.png`].sort();
    assert.ok(
      stdout.split("\n").some((line) => pair.every((path) => line.includes(path))),
      stdout,
    );
    const twice = await sightline("audit", one, one, ...modelOptions("honest"), "--out", join(root, "twice"));
    assert.equal(twice.code, 1);
    assert.match(twice.stderr, /overlap: .*name it once/);
  });

  it("gives pictures to workers over a queue", { skip: noRedis }, async (t) => {
    const queue = await redisServer(t);
    const out = join(root, "queued");
    const env = { ...process.env, SIGHTLINE_QUEUE: queue };
    const worker = spawn(process.execPath, [cli, "worker", ...modelOptions("honest").slice(0, 4)], {
      env,
      cwd: tmpdir(),
    });
    t.after(() => end(worker, "SIGKILL"));
    const done = await sightline("audit", pictures, ...modelOptions("honest"), "--out", out, "--queue", queue);
    assert.deepEqual([done.code, done.stderr], [0, ""]);
    await end(worker, "SIGTERM");
    assert.equal(worker.exitCode, 0);
    const alone = join(root, "alone");
    await sightline("audit", pictures, ...modelOptions("honest"), "--out", alone);
    assert.deepEqual(await auditFiles(out), await auditFiles(alone));
  });
});
