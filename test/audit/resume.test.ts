import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { cutAndResume, killAndResume } from "./kill.js";
import { auditFiles, folder, pictureFolder } from "./pictures.js";

test("killed at random moments it resumes, every picture exactly once, byte for byte", async () => {
  await killAndResume(await pictureFolder(200, 7), 4, 1);
});

test("after a power cut at its first, a middle or its last write, which leaves a torn file, it resumes, byte for byte", async () => {
  await cutAndResume((writes) => [1, Math.ceil(writes / 2), writes]);
});

const NAMESPACE = ["--user", "--map-root-user", "--mount"];
const noMounts =
  spawnSync("unshare", [...NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" }).status === 0
    ? false
    : "no file system can be mounted here";

test("on a full disk it says so, and with more room it resumes", { skip: noMounts }, async () => {
  const pictures = await pictureFolder(150, 12);
  const [disk, copy, expected] = [await folder(), join(await folder(), "copy"), await folder()];
  const script = `
    mount -t tmpfs -o size=40k tmpfs "$DISK"
    for size in 40k 150k 300k 500k 64m; do
      mount -o remount,size=$size "$DISK"
      "$NODE" "$AUDIT" "$PICTURES" "$DISK" 2>&1 | grep -o 'write-failed\\|ENOSPC\\|No space left' | sort -u | tr '\\n' ' '
      echo "$size"
    done
    cp -r "$DISK" "$COPY"`;
  const env = {
    ...process.env,
    DISK: disk,
    COPY: copy,
    PICTURES: pictures,
    NODE: process.execPath,
    AUDIT: fileURLToPath(new URL("./run-audit.js", import.meta.url)),
  };
  const { stdout } = await promisify(execFile)("unshare", [...NAMESPACE, "sh", "-c", script], { env });
  const lines = stdout.trim().split("\n");
  for (const line of lines.slice(0, -1)) assert.match(line, /^(ENOSPC|No space left) write-failed \d+k$/);
  assert.equal(lines.at(-1), "64m");

  const { url, options } = classroom.models.honest;
  await using model = await loadModel(url, { ...options, threads: 1 });
  await audit(model, pictures, { out: expected, method: "recipro-cam", shortcuts: false });
  assert.deepEqual(await auditFiles(copy), await auditFiles(expected));
});
