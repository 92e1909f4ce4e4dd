import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { openAudit } from "../../src/audit/index.js";
import { serveExplorer } from "../../src/cli/view/server.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { launch, openPage } from "../browser/support.js";
import { largeAudit } from "./large-audit.js";
import { median, printTable, timed } from "./measure.js";

/** What a page asks and when it has its answers, and how long until it says something else. */
const WATCH = `
  globalThis.asked = 0;
  const real = globalThis.fetch;
  globalThis.fetch = async (...given) => {
    const counts = !/annotated$/.test(String(given[0]));
    if (counts) asked += 1;
    try { const answer = await real(...given); await answer.clone().arrayBuffer(); return answer; }
    finally { if (counts) asked -= 1; }
  };
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  globalThis.timesOf = async (act, selector) => {
    const seen = () => document.querySelector(selector)?.textContent;
    const before = seen();
    const started = performance.now();
    act();
    while (seen() === before) await frame();
    const first = performance.now() - started;
    let quiet = 0, rest = first;
    while (quiet < 3) {
      await frame();
      if (asked > 0) quiet = 0; else { if (quiet === 0) rest = performance.now() - started; quiet += 1; }
    }
    return [first, rest];
  };`;

/** Until thumbnails stand in every card that is seen, and the facets that are open are counted. */
const FIRST_SCREEN = `(() => {
  const cards = [...document.querySelectorAll(".sl-x-card")];
  return asked === 0 && cards.length > 0 && cards.every((card) => card.querySelector("canvas").width > 1)
    && document.querySelector(".sl-x-facets > details[open] .sl-x-value") !== null;
})()`;

const FACET = (name: string, value: string) => `timesOf(() => {
  const facets = [...document.querySelectorAll(".sl-x-facets > details")];
  facets.find((one) => one.querySelector("summary").textContent === "${name}")
    .querySelector("[data-value='${value}']").click();
}, "[data-count]")`;

/** A circle round the middle of the map. */
const LASSO = (radius: number) => `timesOf(() => {
  const box = document.querySelector(".sl-x-plane");
  const { left, top, width, height } = box.getBoundingClientRect();
  const at = (i) => ({ clientX: left + width * (.5 + ${radius} * Math.cos(i / 10)), clientY: top + height * (.5 + ${radius} * Math.sin(i / 10)), pointerId: 1, bubbles: true });
  box.setPointerCapture = () => {};
  box.dispatchEvent(new PointerEvent("pointerdown", at(0)));
  for (let i = 1; i <= 62; i++) box.dispatchEvent(new PointerEvent("pointermove", at(i)));
  box.dispatchEvent(new PointerEvent("pointerup", at(62)));
}, "[data-chosen]")`;

/** The memory of the tab's process, in MB: pages that it has to itself and its share of the others. */
async function memoryOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(async ({ id }) => {
      const text = await readFile(`/proc/${id}/smaps_rollup`, "utf8").catch(() => "");
      return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
    });
  return Math.max(...(await Promise.all(sizes)));
}

/** Waits for a condition frame by frame, by what no policy of the page forbids. */
const until = (page: Page, condition: string) =>
  page.evaluate(
    `(async () => { while (!(${condition})) await new Promise((done) => requestAnimationFrame(done)); })()`,
  );

type Times = readonly [first: number, rest: number];

async function repeated(page: Page, rounds: number, code: (round: number) => string): Promise<Times> {
  const all: Times[] = [];
  for (let round = 0; round < rounds; round++) all.push((await page.evaluate(code(round))) as Times);
  return [median(all.map(([first]) => first)), median(all.map(([, rest]) => rest))];
}

/**
 * The explorer of a large audit in Chromium: `--pictures=` of generated rows with real thumbnails, maps and features
 * (100,000). Times are medians of `--rounds=` (5).
 */
export async function bench(words: readonly string[] = []): Promise<void> {
  const option = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const count = Number(option("pictures") ?? 100_000);
  const rounds = Number(option("rounds") ?? 5);
  await using large = await largeAudit(count);
  const rows: Record<string, string | number>[] = [];
  const row = (what: string, milliseconds: number, goal: string) =>
    rows.push({ what, "measured (ms)": Math.round(milliseconds), goal });
  let explorer: Explorer | undefined;
  row(
    "server opens the audit",
    await timed(async () => {
      explorer = await Explorer.open(await openAudit(large.folder));
    }),
    "",
  );
  const server = await serveExplorer(explorer as Explorer);
  const browser = await launch();
  try {
    const { page } = await openPage(browser, { width: 1280, height: 720 });
    page.setDefaultTimeout(600_000);
    await page.addInitScript(WATCH);
    const first = await timed(async () => {
      await page.goto(server.url);
      await until(page, FIRST_SCREEN);
    });
    row("first screen", first, "≤ 2000");
    const [counted, rest] = await repeated(page, 2 * rounds, () => FACET("prediction", "boat"));
    row("facet: first changed count", counted, "≤ 100");
    row("facet: at rest", rest, "≤ 300");
    await page.getByRole("radio", { name: "Map" }).check();
    row(
      "map is laid out",
      await timed(() =>
        until(
          page,
          `asked === 0 && /^Map of/.test(document.querySelector(".sl-x-plane canvas")?.ariaLabel ?? "") && document.querySelector(".sl-x-plane canvas").ariaLabel !== "Map of the pictures"`,
        ),
      ),
      "once",
    );
    const [chosen, drawn] = await repeated(page, rounds, (round) => LASSO(0.15 + 0.02 * round));
    row("lasso: first changed count", chosen, "≤ 100");
    row("lasso: at rest", drawn, "≤ 300");
    await page.getByRole("radio", { name: "Pictures" }).check();
    await page.evaluate(`(async () => {
      const grid = document.querySelector(".sl-x-grid");
      for (let i = 0; i < 40; i++) { grid.scrollTop = i / 40 * grid.scrollHeight; await new Promise((done) => setTimeout(done, 50)); }
    })()`);
    await until(page, FIRST_SCREEN);
    console.log(
      `${count.toLocaleString("en")} pictures; the tab's memory after scrolling: ${Math.round(await memoryOf(browser))} MB (goal: at most 1,000)\n`,
    );
    printTable(rows);
  } finally {
    await browser.close();
    await server.close();
    await explorer?.close();
  }
}
