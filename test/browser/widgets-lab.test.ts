import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { keep, launch, missingForBrowser, openPage, root, runAll, startJupyter } from "./support.js";

const skip = missingForBrowser({ jupyter: true });

const cells = [
  `import { explain, loadModel } from "sightline";
import { IntSlider, SaliencyViewer, TestTheClaim } from "sightline/widgets";
const model = await loadModel("honest.onnx");
const e = await explain(model, "coffee.png", { method: "occlusion", targets: "top:2", preset: "speed" });`,
  `const slider = new IntSlider({ min: 0, max: 10, description: "How many" });
slider`,
  `const viewer = new SaliencyViewer(e);
viewer`,
  `const claim = new TestTheClaim(model, "coffee.png", e, { controls: 8 });
claim`,
];

for (const app of ["lab", "notebook"] as const) {
  test(`widgets in ${app === "lab" ? "JupyterLab" : "Notebook"}: shown, moved, their answers read back`, {
    skip,
  }, async () => {
    await using jupyter = await startJupyter(app);
    await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
    await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    const url = await jupyter.notebook("widgets.ipynb", [
      ...cells,
      "console.log('answers', slider.value, JSON.stringify(viewer.config), claim.history.length, claim.history[0]?.area);",
    ]);
    const browser = await launch();
    const { page, problems } = await openPage(browser, { width: 1400, height: 1000 });
    try {
      await page.goto(url, { timeout: 120_000 });
      await runAll(page, jupyter);
      await page.locator(".sl-viewer").waitFor();

      const track = await page.locator(".jupyter-widgets .noUi-base").first().boundingBox();
      assert.ok(track);
      await page.mouse.click(track.x + 0.2 * track.width, track.y + track.height / 2);
      await page.locator(".jupyter-widgets .widget-readout", { hasText: "2" }).first().waitFor({ timeout: 10_000 });

      const low = page.getByRole("slider", { name: "Show values between percentiles, lower end" });
      await low.fill("20");

      const frame = page.locator(".sl-claim .sl-frame").first();
      await frame.scrollIntoViewIfNeeded();
      const box = await frame.boundingBox();
      assert.ok(box);
      await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.75, { steps: 5 });
      await page.mouse.up();
      await page.locator('.sl-claim[data-state="ready"] .sl-verdict').waitFor();
      await keep(page, `${app}-claim`);
      await page.locator(".sl-viewer").scrollIntoViewIfNeeded();
      await keep(page, `${app}-viewer`);

      const last = page.locator(".jp-CodeCell").nth(cells.length);
      await last.locator(".jp-InputArea-editor").click();
      await page.keyboard.press("Shift+Enter");
      await last.getByText("answers 2 ").waitFor();
      const answer = await last.locator(".jp-OutputArea-output").textContent();
      const [, value, config, count, area] = /answers (\d+) (\{.*\}) (\d+) ([\d.]+)/.exec(answer ?? "") ?? [];
      assert.equal(value, "2");
      assert.ok(JSON.parse(config).clip_below_percentile > 0);
      assert.equal(count, "1");
      assert.ok(Math.abs(Number(area) - 0.25) < 0.02, area);
      assert.deepEqual(
        problems.filter((text) => /sightline|widget/i.test(text)),
        [],
      );
    } catch (error) {
      await keep(page, `${app}-failed`);
      throw new Error([String(error), ...problems].join("\n"), { cause: error });
    } finally {
      await browser.close();
    }
  });
}
