import assert from "node:assert/strict";
import type { Browser, Locator, Page } from "playwright-core";
import { keep, openPage } from "./support.js";

/** What a code cell holds, as the front end has it. */
export interface ShownCell {
  readonly source: string;
  readonly count: number | null;
  readonly state: "idle" | "running" | "scheduled";
  readonly outputs: readonly { readonly kind: string; readonly text: string; readonly mimes: readonly string[] }[];
}

/** The code cells of the notebook that is open, as {@link ShownCell}s: JavaScript for its page. */
export const CELLS = `jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter((cell) => cell.cell_type === "code")
  .map((cell) => ({
    source: cell.source,
    count: cell.execution_count,
    state: cell.executionState,
    outputs: cell.getOutputs().map((output) => ({
      kind: output.output_type,
      text: [output.text ?? "", output.evalue ?? "", output.traceback ?? "", output.data?.["text/plain"] ?? ""].flat().join("\\n").trim(),
      mimes: Object.keys(output.data ?? {}),
    })),
  }))`;

/**
 * What Jupyter's own pages print that is not ours to mend. Notebook 7.6 reads the settings of a plugin that is switched off
 * there and rejects a promise that nobody awaits.
 */
const KNOWN = [/^TypeError: Cannot read properties of undefined \(reading 'schema'\)\n\s+at \S+notebook_core\.\w+\.js/];

/** What went wrong on a page, without what Jupyter says by itself. */
export function ours(problems: readonly string[]): string[] {
  return problems.filter((text) => !KNOWN.some((pattern) => pattern.test(text)));
}

/** A notebook as it stands open in JupyterLab or Notebook, worked as a reader works it. */
export class FrontEnd implements AsyncDisposable {
  private constructor(
    readonly page: Page,
    readonly problems: readonly string[],
  ) {}

  /** @param prepare what to do with the page before it loads */
  static async open(
    browser: Browser,
    url: string,
    size?: { width: number; height: number },
    prepare?: (page: Page) => unknown,
  ): Promise<FrontEnd> {
    const { page, problems } = await openPage(browser, size);
    await prepare?.(page);
    await page.goto(url, { timeout: 120_000 });
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor();
    await page.waitForFunction(
      "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
      undefined,
      { polling: 100, timeout: 120_000 },
    );
    return new FrontEnd(page, problems);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }

  /** The code cells, whether or not they are in view. */
  cells(): Promise<ShownCell[]> {
    return this.page.evaluate(CELLS);
  }

  /** Runs every cell by the menu and waits until all have run. @throws AssertionError for the first error under a cell */
  async runAll(timeout = 540_000): Promise<ShownCell[]> {
    await this.page.getByRole("menuitem", { name: "Run", exact: true }).click();
    await this.page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
    const deadline = Date.now() + timeout;
    for (;;) {
      const cells = await this.cells();
      const failed = cells.find(({ outputs }) => outputs.some(({ kind }) => kind === "error"));
      assert.equal(failed && `${failed.source}\n${failed.outputs.at(-1)?.text}`, undefined);
      if (cells.every(({ count, state }) => count !== null && state === "idle")) return cells;
      assert.ok(
        Date.now() < deadline,
        `not done: ${cells.find(({ count, state }) => !count || state !== "idle")?.source}`,
      );
      await this.page.waitForTimeout(250);
    }
  }

  cell(index: number): Locator {
    return this.page.locator(".jp-CodeCell").nth(index);
  }

  output(index: number): Locator {
    return this.cell(index).locator(".jp-OutputArea-output");
  }

  /** Puts the cursor at the end of a cell's code. */
  async edit(index: number): Promise<void> {
    await this.cell(index).locator(".cm-content").click();
    await this.page.keyboard.press("Control+End");
  }

  /** Runs one cell by Shift+Enter. */
  async start(index: number): Promise<void> {
    await this.edit(index);
    await this.page.keyboard.press("Shift+Enter");
  }

  /** Runs one cell and waits for its end. */
  async run(index: number): Promise<ShownCell> {
    const { count } = (await this.cells())[index];
    await this.start(index);
    return this.done(index, count);
  }

  /** Puts code in the place of the first cell's. */
  async write(code: string): Promise<void> {
    await this.page.evaluate(
      `jupyterapp.shell.currentWidget.content.model.sharedModel.cells.find((cell) => cell.cell_type === "code").setSource(${JSON.stringify(code)})`,
    );
  }

  /** Runs code in the place of the first cell's. */
  async runCode(code: string): Promise<ShownCell> {
    await this.write(code);
    return this.run(0);
  }

  /** Waits until a cell has run. @param before its count when it had not */
  async done(index: number, before: number | null = null): Promise<ShownCell> {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; ) {
      const cell = (await this.cells())[index];
      if (cell.state === "idle" && cell.count !== null && cell.count !== before) return cell;
      await this.page.waitForTimeout(100);
    }
    throw new Error(`cell ${index} does not end`);
  }

  /** Saves a notebook that is open in JupyterLab, and closes its tab as its cross does. */
  async close(path: string): Promise<void> {
    await this.page.evaluate(`(async () => {
      const panel = [...jupyterapp.shell.widgets("main")].find(({ context }) => context?.path === ${JSON.stringify(path)});
      await panel.context.save();
      panel.close();
    })()`);
  }

  /** Presses a button of the notebook's toolbar. */
  async press(name: string): Promise<void> {
    await this.page.locator(".jp-NotebookPanel-toolbar").getByTitle(name, { exact: true }).click();
  }

  /** Keeps a screenshot; of the part that a locator names, brought into view, where one is given. */
  async keep(name: string, part?: Locator): Promise<void> {
    if (part) await part.evaluate((element: { scrollIntoView(): void }) => element.scrollIntoView());
    await keep(this.page, name);
  }
}
