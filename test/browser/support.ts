import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { findChromium } from "../../src/cli/doctor/test-programs.js";
import { environmentIn } from "../../src/cli/start/python.js";
import { cacheFolder } from "../../src/platform/node/cache-folder.js";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

const ownEnvironment = join(root, ".venv");

/** Why browser tests cannot run here; undefined where they can. */
export function missingForBrowser({ jupyter = false } = {}): string | undefined {
  if (!findChromium()) return "no Chromium";
  if (jupyter && !existsSync(environmentIn(ownEnvironment).program("jupyter")))
    return "no Python environment with JupyterLab";
  return undefined;
}

/** Switches of Chromium for a camera that shows a test picture and asks nobody. */
export const FAKE_CAMERA: readonly string[] = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** Chromium computes on the processor what a graphics card would. */
export const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** @param gpu how Chromium is to find a graphics card; none when left out */
export function launch(gpu: readonly string[] = ["--disable-gpu"]): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: ["--no-sandbox", "--force-prefers-reduced-motion", ...gpu],
    timeout: 120_000,
  });
}

/** A page that notes what goes wrong on it. */
export async function openPage(
  browser: Browser,
  size: { width: number; height: number } = { width: 1280, height: 900 },
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: size });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.stack ?? error.message));
  return { page, problems };
}

/** Keeps a screenshot among the test's outputs. */
export async function keep(page: Page, name: string): Promise<void> {
  const folder = join(root, "reports/widgets");
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), timeout: 120_000 });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

export interface Jupyter extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** Of the server's process. */
  readonly pid: number;
  /** Writes a notebook of code cells for our kernel. Returns where it opens. */
  notebook(name: string, cells: readonly string[]): Promise<string>;
  /** Copies one of our notebooks without its outputs, and the pictures it needs. Returns where it opens. */
  walkthrough(name: string): Promise<string>;
  /** Copies one of our notebooks, or one of another folder, as it is, and trusts it. Returns where it opens. */
  executed(name: string, from?: string): Promise<string>;
  /** Ends every kernel. */
  shutDown(): Promise<void>;
}

export type App = "lab" | "notebook";

/**
 * A Jupyter server of its own, in a folder of its own, gone with everything it started when disposed.
 * @param environment Python environment that it runs in
 */
export async function startJupyter(app: App, environment = ownEnvironment): Promise<Jupyter> {
  const { program } = environmentIn(environment);
  const folder = await mkdtemp(join(tmpdir(), "sightline-browser-"));
  const quiet = join(folder, ".settings/@jupyterlab/apputils-extension");
  await mkdir(quiet, { recursive: true });
  await writeFile(
    join(quiet, "notification.jupyterlab-settings"),
    JSON.stringify({ fetchNews: "false", checkForUpdates: false }),
  );
  const port = await freePort();
  const env = {
    ...process.env,
    PATH: `${dirname(program("jupyter"))}:${process.env.PATH}`,
    HOME: folder,
    XDG_CACHE_HOME: dirname(cacheFolder()),
    JUPYTER_CONFIG_DIR: join(folder, ".jupyter"),
    JUPYTER_RUNTIME_DIR: join(folder, ".runtime"),
    JUPYTER_DATA_DIR: join(folder, ".data"),
    JUPYTERLAB_WORKSPACES_DIR: join(folder, ".workspaces"),
    JUPYTERLAB_SETTINGS_DIR: join(folder, ".settings"),
  };
  const child = spawn(
    program("jupyter"),
    [
      app,
      "--no-browser",
      "--allow-root",
      `--port=${port}`,
      "--ServerApp.ip=127.0.0.1",
      "--IdentityProvider.token=",
      `--ServerApp.root_dir=${folder}`,
      `--${app === "lab" ? "LabApp" : "JupyterNotebookApp"}.expose_app_in_browser=True`,
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env,
    },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (log += data));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 120_000;
  for (;;) {
    const up = await fetch(`${url}/api/status`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) break;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Jupyter did not start:\n${log}`);
    await new Promise((done) => setTimeout(done, 250));
  }
  const open = async (name: string, content: object) => {
    await writeFile(join(folder, name), JSON.stringify(content));
    return app === "lab" ? `${url}/lab/workspaces/test/tree/${name}?reset` : `${url}/notebooks/${name}`;
  };
  const shutDown = async () => {
    const kernels: { id: string }[] = await (await fetch(`${url}/api/kernels`)).json();
    if (kernels.length === 0) return;
    const headers = await pageHeaders(`${url}/${app === "lab" ? "lab" : "tree"}`);
    for (const { id } of kernels) {
      const { ok, status, statusText } = await fetch(`${url}/api/kernels/${id}`, { method: "DELETE", headers });
      if (!ok && status !== 404) throw new Error(`a kernel was not ended: ${status} ${statusText}`);
    }
    const left: unknown[] = await (await fetch(`${url}/api/kernels`)).json();
    if (left.length > 0) throw new Error(`${left.length} kernels are left`);
  };
  return {
    url,
    folder,
    pid: child.pid as number,
    shutDown,
    async walkthrough(name) {
      const notebook = JSON.parse(await readFile(join(root, "notebooks", name), "utf8"));
      for (const cell of notebook.cells) {
        if (cell.cell_type === "code") Object.assign(cell, { outputs: [], execution_count: null });
      }
      delete notebook.metadata.widgets;
      await cp(join(root, "notebooks/images"), join(folder, "images"), { recursive: true });
      return open(name, notebook);
    },
    async executed(name, from = "notebooks") {
      const url = await open(name, JSON.parse(await readFile(join(root, from, name), "utf8")));
      const { status, stderr } = spawnSync(program("jupyter"), ["trust", join(folder, name)], {
        env,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
      return url;
    },
    notebook(name, cells) {
      const content = {
        cells: cells.map((source, i) => ({
          cell_type: "code",
          id: `cell-${i}`,
          execution_count: null,
          metadata: {},
          outputs: [],
          source,
        })),
        metadata: {
          kernelspec: { name: "sightline", display_name: "TypeScript (Sightline)", language: "typescript" },
          language_info: { name: "typescript" },
        },
        nbformat: 4,
        nbformat_minor: 5,
      };
      return open(name, content);
    },
    async [Symbol.asyncDispose]() {
      try {
        if (child.exitCode === null) await shutDown();
      } finally {
        child.kill("SIGTERM");
        await new Promise<void>((done) => {
          const hard = setTimeout(() => child.kill("SIGKILL"), 3000);
          child.once("close", () => {
            clearTimeout(hard);
            done();
          });
        });
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      }
    },
  };
}

/** What a page of the server sends with a request that changes something: the cookie that it was given, twice. */
async function pageHeaders(page: string): Promise<Record<string, string>> {
  const cookies = (await fetch(page)).headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  const token = cookies.find((cookie) => cookie.startsWith("_xsrf="))?.slice("_xsrf=".length);
  if (!token) throw new Error(`${page} sets no _xsrf cookie`);
  return { cookie: cookies.join("; "), "x-xsrftoken": token };
}

/** Runs every cell once the kernel is there, and waits until all have run. */
export async function runAll(page: Page, { url }: Jupyter): Promise<void> {
  await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
  await until(async () => {
    const kernels = (await (await fetch(`${url}/api/kernels`)).json()) as {
      execution_state: string;
      connections: number;
    }[];
    return kernels.some(({ execution_state, connections }) => execution_state === "idle" && connections > 0);
  });
  await page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')");
  await page.waitForFunction(
    `[...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].every((prompt) => /^\\[\\d+\\]:?$/.test(prompt.textContent))`,
    undefined,
    { timeout: 180_000, polling: 250 },
  );
}

async function until(ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error("it did not come");
    await new Promise((done) => setTimeout(done, 250));
  }
}
