import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { random } from "../../src/core/random.js";
import { auditFiles, folder, pictureFolder } from "./pictures.js";

/** Audits in a process of its own, over a queue or without. */
export function auditProcess(pictures: string, out: string, ...queue: [string?]): ChildProcess {
  const script = fileURLToPath(new URL("./run-audit.js", import.meta.url));
  return spawn(process.execPath, [script, pictures, out, ...queue] as string[], { stdio: "ignore" });
}

/**
 * Kills audits at moments drawn over the time that one takes, and resumes them; each that comes to its end must be
 * the undisturbed one, byte for byte. A finished one is followed by a new one until so many were killed.
 */
export async function killAndResume(pictures: string, kills: number, seed: number): Promise<void> {
  const source = random(seed);
  const whole = await folder();
  const started = performance.now();
  await once(auditProcess(pictures, whole), "close");
  const time = performance.now() - started;
  const expected = await auditFiles(whole);
  assert.ok(expected.has("/report.html"), "the undisturbed audit came to its end");

  let out = await folder();
  for (let killed = 0; killed < kills; ) {
    if (await ends(out, time * source.uniform())) {
      assert.deepEqual(await auditFiles(out), expected);
      out = await folder();
    } else killed += 1;
  }
  assert.ok(await ends(out));
  assert.deepEqual(await auditFiles(out), expected);

  async function ends(place: string, killAfter?: number): Promise<boolean> {
    const child = auditProcess(pictures, place);
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    const [code, signal] = await once(child, "close");
    clearTimeout(timer);
    assert.ok(code === 0 || signal === "SIGKILL", `the audit ended with ${code ?? signal}`);
    return code === 0;
  }
}

/**
 * Cuts the power of audits amid writes, each of which leaves a torn file, and resumes them; each must be the
 * undisturbed one, byte for byte.
 * @param choose which writes, counted from 1, of how many
 */
export async function cutAndResume(choose: (writes: number) => readonly number[]): Promise<void> {
  const pictures = await pictureFolder(70, 31);
  const whole = await folder();
  assert.deepEqual(await once(auditProcess(pictures, whole), "close"), [0, null]);
  const expected = await auditFiles(whole);
  const script = fileURLToPath(new URL("./run-audit-cut.js", import.meta.url));
  const cut = async (out: string, write: number): Promise<number> => {
    const [code] = await once(
      spawn(process.execPath, [script, pictures, out, String(write)], { stdio: "ignore" }),
      "close",
    );
    return code;
  };
  for (const write of choose(expected.size)) {
    const out = await folder();
    assert.notEqual(await cut(out, write), 0, `cut at write ${write}`);
    const torn = (await readdir(out, { recursive: true })).filter((name) => name.endsWith(".tmp"));
    assert.ok(torn.length > 0, `a torn file after ${write} writes`);
    assert.deepEqual(await once(auditProcess(pictures, out), "close"), [0, null]);
    assert.deepEqual(await auditFiles(out), expected, `cut at write ${write}`);
  }
  assert.equal(await cut(await folder(), expected.size + 1), 0, "there are no more writes than files");
}
