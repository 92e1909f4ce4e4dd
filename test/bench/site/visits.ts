import type { Browser, Page } from "playwright-core";
import { FrontEnd } from "../../browser/front-end.js";
import type { StaticServer } from "../../browser/site-support.js";
import { slowed } from "./slowed.js";

/** How much slower a visitor's machine is: the thread of the page alone, or every process of the browser. */
export type Slowness = { readonly page: number } | { readonly browser: number };

/** Opens a notebook as a visitor who comes for the first time. */
export function openNotebook(
  browser: Browser,
  server: StaticServer,
  notebook: string,
  prepare?: (page: Page) => unknown,
): Promise<FrontEnd> {
  return FrontEnd.open(browser, `${server.url}lab/index.html?path=${notebook}.ipynb`, undefined, prepare);
}

/** Whether a cell shows a picture or a widget. */
const SHOWS_A_MAP = `jupyterapp.shell.currentWidget.content.model.sharedModel.cells.some(
  (cell) => cell.cell_type === "code" && cell.getOutputs().some(
    ({ data = {} }) => data["image/png"] || data["application/vnd.jupyter.widget-view+json"]))`;

/** Milliseconds until the page is there, and from then on until its first map is, every cell run by the menu. */
export async function firstMap(browser: Browser, server: StaticServer, notebook: string, slowness?: Slowness) {
  const started = performance.now();
  await using slow = slowness && "browser" in slowness ? await slowed(browser, slowness.browser) : undefined;
  await using front = await openNotebook(browser, server, notebook, async (page) => {
    if (!slowness || !("page" in slowness)) return;
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: slowness.page });
  });
  const there = performance.now();
  await front.page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')");
  await front.page.waitForFunction(SHOWS_A_MAP, undefined, { polling: 50, timeout: 300_000 });
  const map = performance.now();
  slow?.end();
  return { page: there - started, map: map - there };
}
