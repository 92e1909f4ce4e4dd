import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { installKernel, kernelInfo, removeKernel } from "../../src/kernel/install.js";
import { activePrefix, dataFolders, userDataFolder } from "../../src/kernel/jupyter-paths.js";

const scratch = mkdtempSync(join(tmpdir(), "sightline-install-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const prefixOf = (name: string) => join(scratch, name);

test("a kernelspec names Node and the kernel by absolute paths, and interrupts by messages", async () => {
  const prefix = prefixOf("first");
  const { folder } = await installKernel({ prefix });
  const spec = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
  assert.equal(folder, join(prefix, "share", "jupyter", "kernels", "sightline"));
  assert.equal(spec.argv[0], process.execPath);
  assert.match(spec.argv[1], /^(\/|[A-Z]:).*main\.js$/);
  assert.ok(existsSync(spec.argv[1]));
  assert.equal(spec.argv[2], "{connection_file}");
  assert.deepEqual([spec.interrupt_mode, spec.display_name], ["message", "TypeScript (Sightline)"]);
  assert.deepEqual(readdirSync(folder).sort(), ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]);
});

test("installing twice leaves one whole kernelspec and nothing beside it; removing takes it away", async () => {
  const prefix = prefixOf("twice");
  await installKernel({ prefix });
  writeFileSync(join(prefix, "share/jupyter/kernels/sightline/kernel.json"), "half writ");
  await installKernel({ prefix });
  assert.deepEqual(readdirSync(join(prefix, "share/jupyter/kernels")), ["sightline"]);
  assert.equal((await kernelInfo({ prefix, surroundings: nowhere }))[0].name, "sightline");
  const removed = await removeKernel({ prefix });
  assert.equal(removed[0], join(prefix, "share/jupyter/kernels/sightline"));
  assert.deepEqual(readdirSync(join(prefix, "share/jupyter/kernels")), []);
  assert.deepEqual(await removeKernel({ prefix }), []);
});

test("a kernelspec of someone else is not removed", async () => {
  const prefix = prefixOf("other");
  const folder = join(prefix, "share/jupyter/kernels/sightline");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "kernel.json"), '{ "argv": ["python"], "display_name": "Python" }');
  assert.deepEqual(await removeKernel({ prefix }), []);
  assert.ok(existsSync(join(folder, "kernel.json")));
});

test("an unwritable place is an error and leaves nothing", {
  skip: process.getuid?.() === 0 || process.platform === "win32",
}, async () => {
  const prefix = prefixOf("locked");
  mkdirSync(prefix);
  chmodSync(prefix, 0o500);
  await assert.rejects(installKernel({ prefix }), { code: "write-failed" });
  assert.deepEqual(readdirSync(prefix), []);
});

test("wrong names and contradicting places are refused", async () => {
  await assert.rejects(installKernel({ prefix: scratch, name: "../evil" }), { code: "bad-config" });
  await assert.rejects(installKernel({ prefix: scratch, user: true }), {
    code: "bad-config",
    message: /exclude each other/,
  });
  await assert.rejects(installKernel({ sysPrefix: true, surroundings: nowhere }), {
    code: "bad-config",
    message: /--prefix/,
  });
});

const nowhere = { platform: "linux" as const, env: {}, home: join(scratch, "home") };

test("Jupyter's folders on Linux, macOS and Windows, its environment variables first", () => {
  const place = (platform: NodeJS.Platform, env: Record<string, string>, home = "/home/ada") =>
    userDataFolder({ platform, env, home }).replaceAll("\\", "/");
  assert.equal(place("linux", {}), "/home/ada/.local/share/jupyter");
  assert.equal(place("linux", { XDG_DATA_HOME: "/data" }), "/data/jupyter");
  assert.equal(place("darwin", {}, "/Users/ada"), "/Users/ada/Library/Jupyter");
  assert.equal(place("win32", { APPDATA: "C:/Users/ada/AppData/Roaming" }), "C:/Users/ada/AppData/Roaming/jupyter");
  assert.equal(place("win32", {}, "C:/Users/ada"), "C:/Users/ada/.jupyter/data");
  assert.equal(place("darwin", { JUPYTER_DATA_DIR: "/mine" }), "/mine");
  assert.equal(
    place("darwin", { JUPYTER_PLATFORM_DIRS: "1" }, "/Users/ada"),
    "/Users/ada/Library/Application Support/Jupyter",
  );
});

test("the order in which Jupyter looks: JUPYTER_PATH, then an active environment, the user, the system", () => {
  const env = { JUPYTER_PATH: "/a:/b", VIRTUAL_ENV: "/venv" };
  const surroundings = { platform: "linux" as const, env, home: "/home/ada" };
  const user = "/home/ada/.local/share/jupyter";
  const system = ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  assert.equal(activePrefix(surroundings), "/venv");
  assert.deepEqual(dataFolders(surroundings), ["/a", "/b", "/venv/share/jupyter", user, ...system]);
  const userFirst = { ...surroundings, env: { ...env, JUPYTER_PREFER_ENV_PATH: "0" } };
  assert.deepEqual(dataFolders(userFirst), ["/a", "/b", user, "/venv/share/jupyter", ...system]);
});
