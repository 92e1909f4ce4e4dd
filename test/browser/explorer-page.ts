import type { Browser, Locator, Page } from "playwright-core";
import { openPage } from "./support.js";

/** An explorer's page as tests look at it. */
export interface ExplorerPage {
  readonly page: Page;
  /** What went wrong: errors, dialogs, requests to elsewhere. */
  readonly problems: string[];
  /** Waits until something on the page says this. */
  has(selector: string, text: string | RegExp, on?: Page): Promise<void>;
  /** Waits until exactly so many pictures are shown: "12 of 96 pictures". */
  count(text: string): Promise<void>;
  facet(name: string, on?: Page): Locator;
  /** Waits until a tag has so many pictures. */
  tagged(value: string, count: number, on?: Page): Promise<void>;
  /** The finding of a kind, on the overview. */
  finding(kind: string): Locator;
  /** Gives the grid the keys. */
  toGrid(): Promise<void>;
}

/** Opens an explorer where it is served or lies, and waits for its first picture. */
export async function openExplorer(browser: Browser, url: string): Promise<ExplorerPage> {
  const { page, problems } = await openPage(browser, { width: 1280, height: 720 });
  page.on("dialog", async (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url()))
      problems.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  await page.locator(".sl-x-card[title]").first().waitFor();
  const facet = (name: string, on = page) =>
    on.locator(".sl-x-facets > details").filter({ has: on.locator("summary", { hasText: new RegExp(`^${name}$`) }) });
  const has = (selector: string, text: string | RegExp, on = page) =>
    on.locator(selector).filter({ hasText: text }).first().waitFor();
  return {
    page,
    problems,
    has,
    facet,
    count: (text) => has("[data-count]", new RegExp(`^${text}$`)),
    tagged: (value, count, on = page) =>
      facet("tags", on)
        .locator(".sl-x-value")
        .filter({ has: on.locator(".sl-x-name", { hasText: value }) })
        .locator(".sl-number")
        .filter({ hasText: new RegExp(`^${count}$`) })
        .waitFor(),
    finding: (kind) =>
      page.locator(".sl-x-finding").filter({ has: page.locator("strong", { hasText: new RegExp(`^${kind}$`) }) }),
    toGrid: () => page.locator(".sl-x-grid").focus(),
  };
}
