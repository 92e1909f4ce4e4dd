import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { installedKernels, installKernel, removeKernel } from "../../src/kernel/install/install.js";
import { activePrefix, dataFolders, userDataFolder } from "../../src/kernel/install/jupyter-paths.js";
import { packageRoot } from "../../src/kernel/node/package-paths.js";

const scratch = mkdtempSync(join(tmpdir(), "sightline-install-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const prefixOf = (name: string) => join(scratch, name);

test("a kernelspec names Node and the kernel by absolute paths, and interrupts by messages", async () => {
  const prefix = prefixOf("first");
  const { folder } = await installKernel({ prefix });
  const spec = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
  assert.equal(folder, join(prefix, "share", "jupyter", "kernels", "sightline"));
  assert.equal(spec.argv[0], process.execPath);
  const [main, file] = spec.argv.slice(-2);
  assert.match(main, /^(\/|[A-Z]:).*kernel\.js$/);
  assert.ok(existsSync(main));
  assert.equal(file, "{connection_file}");
  assert.deepEqual([spec.interrupt_mode, spec.display_name], ["message", "TypeScript (Sightline)"]);
  assert.deepEqual(readdirSync(folder).sort(), ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]);
});

test("installing twice leaves one whole kernelspec and nothing beside it; removing takes it away", async () => {
  const prefix = prefixOf("twice");
  await installKernel({ prefix });
  writeFileSync(join(prefix, "share/jupyter/kernels/sightline/kernel.json"), "half writ");
  await installKernel({ prefix });
  assert.deepEqual(readdirSync(join(prefix, "share/jupyter/kernels")), ["sightline"]);
  assert.equal((await installedKernels({ prefix, host: nowhere }))[0].name, "sightline");
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

test("a kernelspec is whole or not there, whenever the install is killed", async () => {
  const prefix = prefixOf("killed");
  const cli = join(packageRoot, "dist/src/cli/main.js");
  const install = () => spawn(process.execPath, [cli, "kernel", "install", "--prefix", prefix], { stdio: "ignore" });
  const started = performance.now();
  await once(install(), "exit");
  const whole = performance.now() - started;
  for (let part = 1; part <= 6; part++) {
    const child = install();
    const timer = setTimeout(() => child.kill("SIGKILL"), (whole * (part + 4)) / 10);
    await once(child, "exit");
    clearTimeout(timer);
    for (const name of readdirSync(join(prefix, "share/jupyter/kernels"))) {
      const folder = join(prefix, "share/jupyter/kernels", name);
      assert.equal(name, "sightline");
      assert.equal(readdirSync(folder).length, 4);
      assert.equal(JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")).argv[0], process.execPath);
    }
  }
  await installKernel({ prefix });
  assert.equal((await installedKernels({ prefix, host: nowhere }))[0].problem, undefined);
});

test("a place that cannot be a folder is an error and leaves nothing", async () => {
  writeFileSync(prefixOf("a-file"), "");
  await assert.rejects(installKernel({ prefix: prefixOf("a-file") }), { code: "write-failed" });
  assert.equal(readFileSync(prefixOf("a-file"), "utf8"), "");
});

test("wrong names and contradicting places are refused", async () => {
  await assert.rejects(installKernel({ prefix: scratch, name: "../evil" }), { code: "bad-config" });
  await assert.rejects(installKernel({ prefix: scratch, user: true }), {
    code: "bad-config",
    message: /exclude each other/,
  });
  await assert.rejects(installKernel({ sysPrefix: true, host: nowhere }), {
    code: "bad-config",
    message: /--prefix/,
  });
});

const nowhere = { platform: "linux" as const, env: {}, home: join(scratch, "home") };

test("Jupyter's folders on Linux, macOS and Windows, its environment variables first", () => {
  const place = (platform: NodeJS.Platform, env: Record<string, string>, home = "/home/ada") =>
    userDataFolder({ platform, env, home });
  assert.equal(place("linux", {}), "/home/ada/.local/share/jupyter");
  assert.equal(place("linux", { XDG_DATA_HOME: "/data" }), "/data/jupyter");
  assert.equal(place("darwin", {}, "/Users/ada"), "/Users/ada/Library/Jupyter");
  assert.equal(place("darwin", { JUPYTER_DATA_DIR: "/mine" }), "/mine");
  assert.equal(
    place("darwin", { JUPYTER_PLATFORM_DIRS: "1" }, "/Users/ada"),
    "/Users/ada/Library/Application Support/Jupyter",
  );
  const ada = "C:\\Users\\ada";
  assert.equal(place("win32", { APPDATA: `${ada}\\AppData\\Roaming` }), `${ada}\\AppData\\Roaming\\jupyter`);
  assert.equal(place("win32", {}, ada), `${ada}\\.jupyter\\data`);
  assert.equal(place("win32", { JUPYTER_CONFIG_DIR: "D:\\config" }, ada), "D:\\config\\data");
  assert.equal(place("win32", { JUPYTER_PLATFORM_DIRS: "yes" }, ada), `${ada}\\AppData\\Local\\Jupyter`);
});

test("the order in which Jupyter looks: JUPYTER_PATH, then an active environment, the user, the system", () => {
  const env = { JUPYTER_PATH: "/a:/b", VIRTUAL_ENV: "/venv" };
  const host = { platform: "linux" as const, env, home: "/home/ada" };
  const user = "/home/ada/.local/share/jupyter";
  const system = ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const folders = (more: Record<string, string>, platform: NodeJS.Platform = "linux", home = "/home/ada") =>
    dataFolders({ platform, env: more, home });
  assert.equal(activePrefix(host), "/venv");
  assert.deepEqual(dataFolders(host), ["/a", "/b", "/venv/share/jupyter", user, ...system]);
  assert.deepEqual(folders({ ...env, JUPYTER_PREFER_ENV_PATH: "0" }).slice(2, 4), [user, "/venv/share/jupyter"]);
  const conda = { CONDA_PREFIX: "/conda" };
  assert.deepEqual(folders(conda).slice(0, 2), [user, "/conda/share/jupyter"], "conda's base goes behind the user");
  assert.deepEqual(folders({ ...conda, CONDA_DEFAULT_ENV: "mine" })[0], "/conda/share/jupyter");
  assert.deepEqual(folders({ XDG_DATA_HOME: "/data" }), ["/data/jupyter", user, ...system]);
  const windows = { APPDATA: "C:\\Roaming", PROGRAMDATA: "C:\\ProgramData", JUPYTER_PATH: "D:\\a;D:\\b" };
  const roaming = ["D:\\a", "D:\\b", "C:\\Roaming\\jupyter", "C:\\Roaming\\Python\\share\\jupyter"];
  assert.deepEqual(folders(windows, "win32"), roaming);
  assert.deepEqual(folders({ ...windows, JUPYTER_USE_PROGRAMDATA: "1" }, "win32"), [
    ...roaming,
    "C:\\ProgramData\\jupyter",
  ]);
});

const python = join(packageRoot, ".venv/bin/python");

for (const platform of ["linux", "darwin"] as const) {
  test(`jupyter_core itself finds the same folders on ${platform}`, {
    skip: (process.platform === "win32" || !existsSync(python)) && "no Python environment",
  }, () => {
    const home = realpathSync(scratch);
    const venv = join(packageRoot, ".venv");
    const cases: Record<string, string>[] = [
      {},
      { JUPYTER_PATH: "/a:/b" },
      { JUPYTER_DATA_DIR: "/mine", JUPYTER_PREFER_ENV_PATH: "no" },
      { JUPYTER_PREFER_ENV_PATH: "0" },
      { XDG_DATA_HOME: "/data" },
      { JUPYTER_PLATFORM_DIRS: "1" },
      ...(platform === "linux"
        ? [{ JUPYTER_PLATFORM_DIRS: "1", XDG_DATA_HOME: "/data", XDG_DATA_DIRS: "/one:/two" }]
        : []),
    ];
    const script = `import sys; sys.platform = ${JSON.stringify(platform)}
from jupyter_core.paths import jupyter_data_dir, jupyter_path
print(jupyter_data_dir(), *jupyter_path(), sep="\\n")`;
    for (const env of cases) {
      const { stdout, stderr } = spawnSync(python, ["-c", script], { encoding: "utf8", env: { HOME: home, ...env } });
      const [user, ...folders] = stdout.trim().split("\n");
      const host = { platform, env: { VIRTUAL_ENV: venv, ...env }, home };
      assert.equal(userDataFolder(host), user, `${JSON.stringify(env)} ${stderr}`);
      assert.deepEqual(dataFolders(host), folders, JSON.stringify(env));
    }
  });
}
