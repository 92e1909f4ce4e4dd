import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { exportHtml } from "../../src/export/export-html.js";
import { STATE_MIME } from "../../src/widgets/mime.js";
import { FrontEnd, ours } from "./front-end.js";
import { complaints, moves, newNotebook, runWidgets, save } from "./saved-notebook.js";
import { type App, type Jupyter, launch, missingForBrowser, openPage, root, startJupyter } from "./support.js";

/** What a notebook that was saved with widgets is in one of Jupyter's front ends. */
export function savedIn(app: App): void {
  describe(`a saved notebook in ${app}`, { skip: missingForBrowser({ jupyter: true }) }, () => {
    let browser: Browser;
    let jupyter: Jupyter;
    before(async () => {
      browser = await launch();
      jupyter = await startJupyter(app);
    });
    after(async () => {
      await browser?.close();
      await jupyter?.[Symbol.asyncDispose]();
    });

    test(`opened again in ${app} without running a cell shows its widgets, which move`, async (t) => {
      const url = await newNotebook(jupyter);
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
        await runWidgets(front);
        const saved = await save(front, jupyter);
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
      assert.deepEqual(Object.keys(handles(await save(front, jupyter))[0] ?? {}).sort(), [
        "clip_above_percentile",
        "clip_below_percentile",
      ]);
      await front.run(2);
      assert.deepEqual(
        kinds(await save(front, jupyter)),
        all,
        "what an earlier kernel showed is kept, what nobody sees is not",
      );
      assert.deepEqual(complaints(front), []);
    });

    test(`of version 0.1.0 shows its widgets in ${app}, which move`, async (t) => {
      const url = await jupyter.executed("widgets-0.1.0.ipynb", "test/fixtures/saved");
      await using front = await FrontEnd.open(browser, url);
      await moves(t, front.page, front.problems);
      assert.match((await front.page.locator(".widget-readout").textContent()) ?? "", /^7$/);
      assert.deepEqual(complaints(front), []);
      await jupyter.shutDown();
    });

    test("becomes a page that works from a file with every request refused", async (t) => {
      await exportHtml(join(jupyter.folder, "saved.ipynb"), join(jupyter.folder, "saved.html"));
      const { page, problems } = await openPage(browser);
      await page.route(/^https?:/, (route) => {
        problems.push(`a request to ${route.request().url()}`);
        return route.abort();
      });
      await page.goto(pathToFileURL(join(jupyter.folder, "saved.html")).href);
      await moves(t, page);
      assert.match((await page.locator(".widget-readout").textContent()) ?? "", /^7$/);
      await page.screenshot({ path: join(root, `reports/widgets/page-${app}.png`), fullPage: true });
      assert.deepEqual(problems, []);
    });
  });
}
