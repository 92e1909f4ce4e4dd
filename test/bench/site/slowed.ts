import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";

/** Milliseconds of one turn of going and standing still. */
const TURN = 40;

/**
 * Lets all processes of a browser run for a part of the time only, as if its processor were so many times slower; DevTools
 * slow the page's own thread down, workers run on. Linux alone.
 */
export async function slowed(browser: Browser, times: number): Promise<AsyncDisposable & { end(): void }> {
  const group = await groupOf(browser);
  let over = false;
  const turns = (async () => {
    while (!over) {
      process.kill(-group, "SIGSTOP");
      await new Promise((done) => setTimeout(done, TURN - TURN / times));
      process.kill(-group, "SIGCONT");
      await new Promise((done) => setTimeout(done, TURN / times));
    }
  })();
  const end = () => {
    over = true;
  };
  return {
    end,
    async [Symbol.asyncDispose]() {
      end();
      await turns;
    },
  };
}

/** The browser's process group, in which nothing else runs. */
async function groupOf(browser: Browser): Promise<number> {
  const pid = (await processesOf(browser)).find(({ type }) => type === "browser")?.id as number;
  const groups = [pid, process.pid].map((id) => {
    const fields = readFileSync(`/proc/${id}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[2]);
  });
  if (groups[0] === groups[1]) throw new Error("the browser shares this process's group and cannot be slowed down");
  return groups[0];
}

/** Processes of a browser: what each is for, and its number. */
export async function processesOf(browser: Browser): Promise<readonly { type: string; id: number }[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo;
}
