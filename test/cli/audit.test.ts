import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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

  it("gives pictures to workers over a queue", { skip: noRedis }, async (t) => {
    const queue = await redisServer(t);
    const out = join(root, "queued");
    const env = { ...process.env, SIGHTLINE_QUEUE: queue };
    const worker = spawn(process.execPath, [cli, "worker", ...modelOptions("honest").slice(0, 4)], { env });
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
