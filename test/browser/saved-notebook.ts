import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Locator, Page } from "playwright-core";
import { type FrontEnd, ours } from "./front-end.js";
import { type Jupyter, root } from "./support.js";

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

/**
 * The first view of a saved widget. Jupyter's manager can miss it altogether on a machine that is slow to start a kernel:
 * what is there instead is told, and the page is opened once more, as a reader would.
 * @param problems of a page that may be opened again
 */
export async function shown(
  t: TestContext,
  page: Page,
  selector: string,
  problems?: readonly string[],
): Promise<Locator> {
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
export async function moves(t: TestContext, page: Page, problems?: readonly string[]): Promise<void> {
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
export const complaints = ({ problems }: FrontEnd) =>
  ours(problems).filter((text) => !/^Error: widget model not found\n/.test(text));

/** Puts a notebook with a model, a picture and widgets into the server's folder. @returns where it opens */
export async function newNotebook(jupyter: Jupyter): Promise<string> {
  await cp(join(root, "test/fixtures/classroom/honest-1.onnx"), join(jupyter.folder, "honest.onnx"));
  await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
  return jupyter.notebook("saved.ipynb", cells);
}

/** Runs every cell of it until its widgets are there. */
export async function runWidgets(front: FrontEnd): Promise<void> {
  await front.runAll();
  await front.page.locator(".sl-viewer").nth(1).waitFor();
}

/** @returns the notebook as it is saved */
export async function save(front: FrontEnd, { folder }: Jupyter) {
  await front.page.evaluate("jupyterapp.commands.execute('docmanager:save')");
  await front.page.waitForFunction("!jupyterapp.shell.currentWidget.context.model.dirty");
  return JSON.parse(await readFile(join(folder, "saved.ipynb"), "utf8"));
}
