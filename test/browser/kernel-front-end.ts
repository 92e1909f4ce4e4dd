import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { FrontEnd, ours } from "./front-end.js";
import { type App, type Jupyter, keep, launch, missingForBrowser, startJupyter } from "./support.js";

const cells = {
  loop: "let turns = 0;\nwhile (true) turns++;",
  waiting: "console.log('waiting');\nawait new Promise(() => {});",
  value:
    "/** Twice a number. */\nfunction twice(x: number): number {\n  return 2 * x;\n}\nconst answer = twice(21);\nanswer",
  ask: "answer",
  complete: "const words = ['a', 'b'];\nwords.joi",
  inspect: "twice",
  thrown: "function tooFar(metres: number) {\n  throw new RangeError(metres + ' m is too far');\n}\ntooFar(3);",
};
type Name = keyof typeof cells;
const at = (name: Name) => Object.keys(cells).indexOf(name);
const title = { lab: "JupyterLab", notebook: "Notebook" };

/** Our kernel in a real front end: walkthroughs by "Run All Cells", and what a reader does by hand. */
export function inFrontEnd(
  app: App,
  { walkthroughs, byHand }: { walkthroughs: readonly string[]; byHand: boolean },
): void {
  describe(title[app], { skip: missingForBrowser({ jupyter: true }) }, () => {
    let jupyter: Jupyter;
    let browser: Browser;
    before(async () => {
      browser = await launch();
      jupyter = await startJupyter(app);
    });
    after(async () => {
      await browser?.close();
      await jupyter?.[Symbol.asyncDispose]();
    });

    const checked = async (name: string, url: string, work: (front: FrontEnd) => Promise<void>) => {
      await using front = await FrontEnd.open(browser, url, { width: 1280, height: 1000 });
      try {
        await work(front);
        assert.deepEqual(ours(front.problems), []);
      } catch (error) {
        await keep(front.page, `${app}-${name}-failed`);
        throw error;
      } finally {
        await jupyter.shutDown();
      }
    };

    for (const name of walkthroughs) {
      test(`${name}: Run All Cells comes to the end without an error`, async () => {
        await checked(name, await jupyter.walkthrough(`${name}.ipynb`), async (front) => {
          const run = await front.runAll();
          assert.deepEqual(
            run.map(({ count }) => count),
            run.map((_, i) => i + 1),
          );
          const shown = front.page.locator(".jp-OutputArea-output :is(img, canvas)");
          await front.keep(`${app}-${name}`, shown.first());
          await front.keep(`${app}-${name}-end`, shown.last());
        });
      });
    }

    if (!byHand) return;
    test("by hand: stop button, restart, completion, help, traceback", async () => {
      await checked("by-hand", await jupyter.notebook("by-hand.ipynb", Object.values(cells)), async (front) => {
        const { page } = front;

        for (const name of ["loop", "waiting"] as const) {
          await front.start(at(name));
          await page.waitForFunction("jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'");
          if (name === "waiting") await front.output(at(name)).getByText("waiting").waitFor();
          await front.press("Interrupt the kernel");
          const { outputs } = await front.done(at(name));
          assert.deepEqual(
            [outputs.at(-1)?.kind, /interrupt/i.test(outputs.at(-1)?.text ?? "")],
            ["error", true],
            name,
          );
        }
        await front.keep(`${app}-interrupted`);

        assert.equal((await front.run(at("value"))).outputs[0].text, "42");
        assert.equal((await front.run(at("ask"))).outputs[0].text, "42", "an interrupt hits no later cell");

        await front.edit(at("complete"));
        await page.keyboard.press("Tab");
        await page
          .locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")
          .or(front.cell(at("complete")).locator(".cm-line", { hasText: /^words\.join$/ }))
          .first()
          .waitFor();
        await page.keyboard.press("Backspace");
        await page.keyboard.press("Backspace");
        await page.keyboard.press("Tab");
        const popup = page.locator(".jp-Completer:not(.lm-mod-hidden)");
        await popup.getByText("join", { exact: true }).waitFor();
        await front.keep(`${app}-completion`);
        await page.keyboard.press("Escape");

        await front.edit(at("inspect"));
        await page.keyboard.press("Shift+Tab");
        const help = page.locator(".jp-Tooltip");
        await help.getByText("Twice a number.").waitFor();
        assert.match((await help.textContent()) ?? "", /function twice\(x: number\): number/);
        await front.keep(`${app}-help`);
        await page.keyboard.press("Escape");

        await front.run(at("thrown"));
        const trace = front.output(at("thrown"));
        await trace.getByText("RangeError").waitFor();
        const text = (await trace.textContent()) ?? "";
        assert.match(text, /RangeError: 3 m is too far/);
        assert.match(text, /tooFar.*Cell \[\d+\]:2:\d+/s);
        assert.match(text, /Cell \[\d+\]:4:\d+/);
        assert.doesNotMatch(text, /:-\d/);
        await front.keep(`${app}-traceback`, trace);

        await front.press("Restart the kernel");
        await page.locator(".jp-Dialog").getByRole("button", { name: "Confirm Kernel Restart" }).click();
        await page.locator(".jp-Dialog").waitFor({ state: "detached" });
        await page.waitForFunction("jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'");
        const forgotten = await front.run(at("ask"));
        assert.deepEqual([forgotten.count, forgotten.outputs[0].kind], [1, "error"]);
        assert.match(forgotten.outputs[0].text, /answer/);
        assert.equal((await front.run(at("value"))).outputs[0].text, "42");
        await front.keep(`${app}-restarted`);
      });
    });
  });
}
