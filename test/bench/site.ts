import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { buildSite } from "../../src/export/site/build-site.js";
import { loadModel } from "../../src/load-model.js";
import { ISOLATED, serveFolder } from "../browser/site-support.js";
import { launch, root } from "../browser/support.js";
import { printTable } from "./measure.js";
import { allLessons } from "./site/lessons.js";
import { type BenchNotebook, writeNotebooks } from "./site/notebooks.js";
import { frames, interruptTime, middleAndMost } from "./site/tab.js";
import { firstMap, openNotebook, type Slowness } from "./site/visits.js";

type Row = { what: string; measured: string };

const HEADERS = { "without headers": {}, isolated: ISOLATED } as const;
const VISITS = [
  ["EfficientNet-Lite0", "first-map"],
  ["the classroom's models", "classroom"],
] as const satisfies readonly (readonly [string, BenchNotebook])[];
/** As the browser's tools slow a page down for a school's old machine. */
const SLOWER = 4;

/**
 * Sizes and times of a site in Chromium, ratios beside Node in the same run.
 * - `--lessons` runs all lessons in one tab as well, and says what memory it takes and how long cells are silent: a quarter of
 *   an hour.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-site-"));
  const notebooks = join(folder, "notebooks");
  const out = join(folder, "site");
  const rows: Row[] = [];
  try {
    await writeNotebooks(notebooks);
    await buildSite(out, { notebooks, model: "efficientnet-lite0", title: "Bench" });
    for (const part of [sizes, firstMaps, passes, reactions]) {
      const browser = await launch();
      try {
        rows.push(...(await part(browser, out)));
      } finally {
        await browser.close();
      }
    }
    if (flags.includes("--lessons")) rows.push(...(await allLessons(join(folder, "lessons"))));
    printTable(rows);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a first visit sends. */
async function sizes(browser: Browser, out: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [models, notebook] of VISITS) {
    await using server = await serveFolder(out);
    await using front = await openNotebook(browser, server, notebook);
    await front.runAll();
    const parts = await gzipped(out, server.sent);
    const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
    rows.push({ what: `first visit, a lesson on ${models}, gzip`, measured: megabytes(total) });
    for (const [part, bytes] of [...parts].sort((a, b) => b[1] - a[1]))
      rows.push({ what: `of it, ${part}`, measured: megabytes(bytes) });
  }
  return rows;
}

/** How long the first map takes, cold and on one thread. */
async function firstMaps(browser: Browser, out: string): Promise<Row[]> {
  const machines: readonly (readonly [string, Slowness?])[] = [
    [""],
    [`, the page's thread ${SLOWER} times slower`, { page: SLOWER }],
    [`, the whole browser ${SLOWER} times slower`, { browser: SLOWER }],
  ];
  const rows: Row[] = [];
  for (const [machine, slowness] of machines) {
    for (const [models, notebook] of VISITS) {
      await using server = await serveFolder(out);
      const { page, map } = await firstMap(browser, server, notebook, slowness);
      const what = `first map of ${models} once the page is there${machine}`;
      rows.push({ what, measured: `${seconds(map)} (the page: ${seconds(page)})` });
    }
  }
  return rows;
}

/** A forward pass beside Node's, on one thread and on several. */
async function passes(browser: Browser, out: string): Promise<Row[]> {
  const node = { one: await passInNode(1), several: await passInNode(availableParallelism()) };
  const rows: Row[] = [];
  for (const [how, headers, inNode] of [
    ["one thread", HEADERS["without headers"], node.one],
    ["threads", HEADERS.isolated, node.several],
  ] as const) {
    await using server = await serveFolder(out, headers);
    await using front = await openNotebook(browser, server, "pass" satisfies BenchNotebook);
    const page = Number((await front.runAll()).at(-1)?.outputs.at(-1)?.text);
    const ratios = [inNode, node.one].map((time) => (page / time).toFixed(1));
    const beside = how === "one thread" ? "" : `, ${ratios[1]} times Node's on one`;
    rows.push({
      what: `one forward pass, ${how}`,
      measured: `${page.toFixed(0)} ms, ${ratios[0]} times Node's on ${how}${beside}`,
    });
  }
  return rows;
}

async function passInNode(threads: number): Promise<number> {
  await using model = await loadModel("efficientnet-lite0", { threads });
  const { tensor } = await model.prepare(join(root, "notebooks/images/camera.png"));
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    fastest = Math.min(fastest, (await model.observe(tensor, { layers: [] })).milliseconds as number);
  }
  return fastest;
}

/** How long a hand waits: for a slider's repaint, for a cell to be idle after an interrupt. */
async function reactions(browser: Browser, out: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [how, headers] of Object.entries(HEADERS)) {
    await using server = await serveFolder(out, headers);
    await using front = await openNotebook(browser, server, "interrupt" satisfies BenchNotebook);
    await front.run(0);
    const pass = await interruptTime(front, 1);
    rows.push({ what: `interrupt to idle, in the middle of a map, ${how}`, measured: `${pass.toFixed(0)} ms` });
    if (how !== "isolated") continue;
    const loop = await interruptTime(front, 2);
    rows.push({ what: `interrupt to idle, a loop that never waits, ${how}`, measured: `${loop.toFixed(0)} ms` });
  }
  await using server = await serveFolder(out);
  await using front = await openNotebook(browser, server, "viewer" satisfies BenchNotebook);
  await front.runAll();
  const { dragging, resting } = await frames(front);
  rows.push({ what: "from frame to frame while a slider is dragged", measured: middleAndMost(dragging) });
  rows.push({ what: "the same while nothing moves", measured: middleAndMost(resting) });
  return rows;
}

const PARTS: readonly (readonly [part: string, path: RegExp])[] = [
  ["model", /^sightline\/(models|assets\/classroom)\//],
  ["runtime", /^sightline\/runtime\//],
  ["TypeScript and types", /^sightline\/(typescript\.js\.zst|types\.json)$/],
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

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
