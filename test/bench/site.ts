import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { buildSite } from "../../src/export/site/build-site.js";
import { loadModel } from "../../src/load-model.js";
import { FrontEnd } from "../browser/front-end.js";
import { ISOLATED, type StaticServer, serveFolder } from "../browser/site-support.js";
import { launch, root } from "../browser/support.js";
import { printTable } from "./measure.js";

/** Sizes and times of a site in Chromium, ratios beside Node in the same run. */
export async function bench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-site-"));
  const notebooks = join(folder, "notebooks");
  const out = join(folder, "site");
  const browser = await launch();
  const rows: { what: string; measured: string }[] = [];
  const row = (what: string, measured: string) => rows.push({ what, measured });
  try {
    await writeNotebooks(notebooks);
    await buildSite(out, { notebooks, model: "efficientnet-lite0", title: "Bench" });
    for (const [what, notebook] of [
      ["a lesson on EfficientNet-Lite0", "first-map.ipynb"],
      ["a lesson on the classroom's models", "classroom.ipynb"],
    ]) {
      await using server = await serveFolder(out);
      const { milliseconds } = await visit(browser, server, notebook);
      const parts = await gzipped(out, server.sent);
      const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
      row(`first visit, ${what}, gzip`, megabytes(total));
      for (const [part, bytes] of [...parts].sort((a, b) => b[1] - a[1])) row(`of it, ${part}`, megabytes(bytes));
      row(`first map of ${what}, once the page is there`, seconds(milliseconds));
    }
    await using slow = await serveFolder(out);
    const throttled = await visit(browser, slow, "first-map.ipynb", 4);
    row("first map with the page's processor slowed to a quarter", seconds(throttled.milliseconds));
    const node = await passInNode();
    for (const [how, headers] of [
      ["one thread", {}],
      ["threads", ISOLATED],
    ] as const) {
      await using server = await serveFolder(out, headers);
      const { texts } = await visit(browser, server, "pass.ipynb");
      const page = Number(texts.at(-1));
      row(`one forward pass, ${how}`, `${page.toFixed(0)} ms, ${(page / node).toFixed(1)} times Node's on one thread`);
    }
    printTable(rows);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const FIRST_MAP = `import { explain, loadModel, visualize } from "sightline";
const model = await loadModel("efficientnet-lite0");
await visualize(await explain(model, "camera.png"));`;

const CLASSROOM = `import { explain, loadModel, visualize } from "sightline";
import { classroom } from "sightline/classroom";
const model = await loadModel(classroom.models.honest.url, classroom.models.honest.options);
const [{ image }] = classroom.pictures({ count: 1, seed: 1 });
await visualize(await explain(model, image));`;

const PASS = `import { loadModel } from "sightline";
const model = await loadModel("efficientnet-lite0");
const { tensor } = await model.prepare("camera.png");
let fastest = Infinity;
for (let i = 0; i < 20; i++) fastest = Math.min(fastest, (await model.observe(tensor, { layers: [] })).milliseconds!);
fastest;`;

async function writeNotebooks(folder: string): Promise<void> {
  const { cp, mkdir } = await import("node:fs/promises");
  await mkdir(folder, { recursive: true });
  await cp(join(root, "notebooks/images/camera.png"), join(folder, "camera.png"));
  for (const [name, source] of Object.entries({ "first-map": FIRST_MAP, classroom: CLASSROOM, pass: PASS })) {
    const notebook = {
      cells: [{ cell_type: "code", id: "only", execution_count: null, metadata: {}, outputs: [], source }],
      metadata: { kernelspec: { name: "sightline", display_name: "TypeScript (Sightline)", language: "typescript" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    await writeFile(join(folder, `${name}.ipynb`), JSON.stringify(notebook));
  }
}

/** Runs a notebook as a visitor who comes for the first time. @param throttle how much slower the page's processor is */
async function visit(browser: Browser, server: StaticServer, notebook: string, throttle = 1) {
  await using page = await FrontEnd.open(
    browser,
    `${server.url}lab/index.html?path=${notebook}`,
    undefined,
    async (opened) => {
      const session = await opened.context().newCDPSession(opened);
      await session.send("Emulation.setCPUThrottlingRate", { rate: throttle });
    },
  );
  const started = performance.now();
  const cells = await page.runAll();
  const milliseconds = performance.now() - started;
  return { milliseconds, texts: cells.flatMap(({ outputs }) => outputs.map(({ text }) => text)) };
}

async function passInNode(): Promise<number> {
  await using model = await loadModel("efficientnet-lite0", { threads: 1 });
  const { tensor } = await model.prepare(join(root, "notebooks/images/camera.png"));
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    fastest = Math.min(fastest, (await model.observe(tensor, { layers: [] })).milliseconds as number);
  }
  return fastest;
}

const PARTS: readonly (readonly [part: string, path: RegExp])[] = [
  ["model", /^sightline\/(models|assets\/classroom)\//],
  ["runtime", /^sightline\/runtime\//],
  ["TypeScript and types", /^sightline\/(typescript\.js|types\.json)$/],
  ["library, kernel and widgets", /^(sightline|extensions\/sightline(-kernel)?)\//],
];
const REST = "JupyterLite";

/** Bytes that were sent, as gzip has them, by what they are. */
async function gzipped(folder: string, sent: Iterable<string>): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const file of sent) {
    const path = relative(folder, file).replaceAll("\\", "/");
    const part = PARTS.find(([, pattern]) => pattern.test(path))?.[0] ?? REST;
    sums.set(part, (sums.get(part) ?? 0) + gzipSync(await readFile(file)).length);
  }
  return sums;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
