import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { exportHtml } from "../../src/export/export-html.js";
import { STATE_MIME } from "../../src/widgets/mime.js";
import { FrontEnd, ours } from "./front-end.js";
import { type App, type Jupyter, launch, missingForBrowser, openPage, root, startJupyter } from "./support.js";

const cells = [
  `import { explain, loadModel } from "sightline";
import { SaliencyViewer } from "sightline/widgets";
const model = await loadModel("honest.onnx");
const viewer = new SaliencyViewer(await explain(model, "coffee.png", { targets: "top:2" }));
viewer`,
  `new SaliencyViewer(viewer.explanation)`,
  `import { IntSlider } from "sightline/widgets";
new IntSlider({ value: 7 })`,
];

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

/**
 * The first view of a saved widget. Jupyter's manager can miss it altogether on a machine that is slow to start a kernel:
 * what is there instead is told, and the page is opened once more, as a reader would.
 * @param problems of a page that may be opened again
 */
async function shown(t: TestContext, page: Page, selector: string, problems?: readonly string[]): Promise<Locator> {
  const view = page.locator(selector).first();
  if (!problems) {
    await view.waitFor();
    return view;
  }
  const isThere = await view.waitFor({ timeout: 45_000 }).then(
    () => true,
    () => false,
  );
  if (isThere) return view;
  t.diagnostic(`no ${selector} among: ${await page.locator("body").innerText()}\n${problems.join("\n")}`);
  (problems as string[]).length = 0;
  await page.reload();
  await view.waitFor();
  return view;
}

/** The viewer is there, and its picture changes with a slider. */
async function moves(t: TestContext, page: Page, problems?: readonly string[]): Promise<void> {
  const view = await shown(t, page, ".sl-viewer", problems);
  const painted = () =>
    view.locator("canvas.sl-canvas").evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
  const was = await painted();
  const slider = view.getByRole("slider", { name: "Show values, lower end" });
  await slider.press(Number(await slider.inputValue()) > 200 ? "Home" : "End");
  for (let tries = 0; (await painted()) === was; tries++) {
    assert.ok(tries < 100, "the picture stays as it is");
    await page.waitForTimeout(100);
  }
}

/** What a page complained of, but for Jupyter giving up widgets that our extension then brought. */
const complaints = ({ problems }: FrontEnd) =>
  ours(problems).filter((text) => !/^Error: widget model not found\n/.test(text));

describe("a saved notebook", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let browser: Browser;
  const servers = new Map<App, Jupyter>();
  before(async () => {
    browser = await launch();
    for (const app of ["lab", "notebook"] as const) servers.set(app, await startJupyter(app));
  });
  after(async () => {
    await browser?.close();
    for (const server of servers.values()) await server[Symbol.asyncDispose]();
  });

  for (const app of ["lab", "notebook"] as const) {
    test(`opened again in ${app} without running a cell shows its widgets, which move`, async (t) => {
      const jupyter = servers.get(app) as Jupyter;
      await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
      await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
      const url = await jupyter.notebook("saved.ipynb", cells);
      const save = async (front: FrontEnd) => {
        await front.page.evaluate("jupyterapp.commands.execute('docmanager:save')");
        await front.page.waitForFunction("!jupyterapp.shell.currentWidget.context.model.dirty");
        return JSON.parse(await readFile(join(jupyter.folder, "saved.ipynb"), "utf8"));
      };
      const kinds = (saved: {
        metadata: { widgets: Record<string, { state: Record<string, { model_name: string }> }> };
      }) =>
        Object.values(saved.metadata.widgets[STATE_MIME].state)
          .map((model) => model.model_name)
          .sort();
      const all = [
        "IntSliderModel",
        "LayoutModel",
        "LayoutModel",
        "LayoutModel",
        "SightlineModel",
        "SightlineModel",
        "SliderStyleModel",
      ];
      {
        await using front = await FrontEnd.open(browser, url);
        await front.runAll();
        await front.page.locator(".sl-viewer").nth(1).waitFor();
        const saved = await save(front);
        assert.deepEqual(kinds(saved), all);
        assert.ok(saved.cells[0].outputs.at(-1).data["image/png"], "with a picture for places that run no JavaScript");
        assert.deepEqual(ours(front.problems), []);
      }
      await jupyter.shutDown();
      await using front = await FrontEnd.open(browser, url);
      await moves(t, front.page, front.problems);
      assert.match((await front.page.locator(".widget-readout").textContent()) ?? "", /^7$/);
      await front.keep(`${app}-reopened`);
      const handles = (saved: Awaited<ReturnType<typeof save>>) =>
        Object.values(saved.metadata.widgets[STATE_MIME].state as Record<string, { state: { config?: object } }>)
          .map(({ state }) => state.config)
          .filter((config) => config !== undefined && Object.keys(config).length > 0);
      assert.deepEqual(Object.keys(handles(await save(front))[0] ?? {}).sort(), [
        "clip_above_percentile",
        "clip_below_percentile",
      ]);
      await front.run(2);
      assert.deepEqual(kinds(await save(front)), all, "what an earlier kernel showed is kept, what nobody sees is not");
      assert.deepEqual(complaints(front), []);
    });
  }

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
            await page.locator(".jp-OutputArea-output", { hasText: "model not found" }).first().waitFor();
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
      const jupyter = servers.get("lab") as Jupyter;
      await jupyter.shutDown();
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

  for (const app of ["lab", "notebook"] as const) {
    test(`of version 0.1.0 shows its widgets in ${app}, which move`, async (t) => {
      const jupyter = servers.get(app) as Jupyter;
      const url = await jupyter.executed("widgets-0.1.0.ipynb", "test/fixtures/saved");
      await using front = await FrontEnd.open(browser, url);
      await moves(t, front.page, front.problems);
      assert.match((await front.page.locator(".widget-readout").textContent()) ?? "", /^7$/);
      assert.deepEqual(complaints(front), []);
      await jupyter.shutDown();
    });
  }

  test("becomes a page that works from a file with every request refused", async (t) => {
    const { folder } = servers.get("lab") as Jupyter;
    await exportHtml(join(folder, "saved.ipynb"), join(folder, "saved.html"));
    const { page, problems } = await openPage(browser);
    await page.route(/^https?:/, (route) => {
      problems.push(`a request to ${route.request().url()}`);
      return route.abort();
    });
    await page.goto(pathToFileURL(join(folder, "saved.html")).href);
    await moves(t, page);
    assert.match((await page.locator(".widget-readout").textContent()) ?? "", /^7$/);
    await page.screenshot({ path: join(root, "reports/widgets/page-notebook.png"), fullPage: true });
    assert.deepEqual(problems, []);
  });

  test("the lessons with widgets open in JupyterLab as they are, without errors", async (t) => {
    const jupyter = servers.get("lab") as Jupyter;
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
