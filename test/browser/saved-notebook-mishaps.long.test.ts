import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { FrontEnd, ours } from "./front-end.js";
import { moves, newNotebook, runWidgets, save, shown } from "./saved-notebook.js";
import { type Jupyter, launch, missingForBrowser, startJupyter } from "./support.js";

const isOf = (type: string, message: string | Buffer) =>
  new RegExp(`"msg_type": ?"${type}"`).test(message.toString("latin1" as BufferEncoding));

/** JavaScript for the page: the widget manager of the open notebook says that all is there. */
const COUNT_AS_RESTORED = `jupyterapp.shell.currentWidget.content.rendermime
  .getFactory("application/vnd.jupyter.widget-view+json")
  .createRenderer({ mimeType: "application/vnd.jupyter.widget-view+json" })
  ._manager.promise.then((manager) => {
    manager._restoredStatus = true;
    manager._restored.emit();
  })`;

describe("a saved notebook that is opened again", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let browser: Browser;
  let jupyter: Jupyter;
  before(async () => {
    browser = await launch();
    jupyter = await startJupyter("lab");
    await using front = await FrontEnd.open(browser, await newNotebook(jupyter));
    await runWidgets(front);
    await save(front, jupyter);
    await jupyter.shutDown();
  });
  after(async () => {
    await browser?.close();
    await jupyter?.[Symbol.asyncDispose]();
  });

  /** How the question which widgets the kernel has can go wrong, once. */
  const mishaps: Record<string, (page: Page, happened: () => boolean) => unknown> = {
    "the kernel's answer about them is lost": (page, happened) =>
      page.routeWebSocket(/\/channels/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          if (!isOf("comm_info_reply", message) || !happened()) socket.send(message);
        });
      }),
    "the manager counts itself restored before it has them": (page, happened) =>
      page.routeWebSocket(/\/channels/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage(async (message) => {
          if (isOf("comm_info_reply", message) && happened()) {
            await page.evaluate(COUNT_AS_RESTORED);
            // our extension may bring the views before these words are seen
            const gaveUp = page.locator(".jp-OutputArea-output", { hasText: "model not found" }).first();
            await gaveUp.waitFor({ timeout: 10_000 }).catch(() => undefined);
          }
          socket.send(message);
        });
      }),
    "the kernel is started anew while they are asked for": (page, happened) =>
      page.routeWebSocket(/\/channels/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => {
          if (!isOf("comm_info_request", message) || !happened()) server.send(message);
          else void page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()");
        });
      }),
  };

  for (const [mishap, arrange] of Object.entries(mishaps)) {
    test(`shows its widgets although ${mishap}`, async (t) => {
      let times = 0;
      const once = () => times++ === 0;
      const url = `${jupyter.url}/lab/workspaces/test/tree/saved.ipynb?reset`;
      await using front = await FrontEnd.open(browser, url, undefined, (page) => arrange(page, once));
      await moves(t, front.page);
      assert.ok(times > 0, "it happened");
      const inOurs = front.problems.filter((text) => text.includes("/extensions/sightline/"));
      assert.deepEqual(inOurs, [], "Jupyter may complain of a kernel that went away, we do not");
      await jupyter.shutDown();
    });
  }

  test("the lessons with widgets open in JupyterLab as they are, without errors", async (t) => {
    for (const [name, views] of [
      ["4-auditing", [".sl-sticker-lab"]],
      ["6-for-and-against", [".sl-panes"]],
    ] as const) {
      await using front = await FrontEnd.open(browser, await jupyter.executed(`${name}.ipynb`));
      for (const view of views) {
        const found = await shown(t, front.page, view, front.problems);
        await front.keep(`lab-${name}${view.replace(".sl-", "-")}`, found);
      }
      assert.deepEqual(ours(front.problems), []);
      await jupyter.shutDown();
    }
  });
});
