import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { CLASSROOM_CELL } from "./class-cells.js";
import { FrontEnd, ours } from "./front-end.js";
import { readsFromAfar, SIZES } from "./sizes.js";
import { FAKE_CAMERA, type Jupyter, launch, missingForBrowser, root, startJupyter } from "./support.js";

/** What a class reads in a state of a widget. */
interface Expected {
  /** Selectors of what the back row reads. */
  readonly large?: readonly string[];
  /** Selector of what is on the projector's screen together with the widget's top. */
  readonly point?: string;
}

/** Parts of a widget that are cut off or stand beside the window: JavaScript for its page. */
const cutOff = (selector: string) => `(() => {
  const view = document.querySelector(${JSON.stringify(selector)});
  const parts = view.querySelectorAll("button, label, h3, h4, legend, output, summary, p, li, figcaption, canvas");
  return [view, ...parts]
    .filter((part) => part.checkVisibility() && !part.matches(".sl-status"))
    .filter((part) => {
      const { display, textOverflow } = getComputedStyle(part);
      const isCut = part.scrollWidth > part.clientWidth + 1 && display !== "inline" && textOverflow !== "ellipsis";
      return isCut || part.getBoundingClientRect().right > innerWidth + 1;
    })
    .map((part) => part.tagName + "." + part.className + ": " + part.textContent.slice(0, 60));
})()`;

/** A widget in Notebook, looked at in each of its states at each size; a picture of each look is kept. */
export class WidgetStates {
  private constructor(
    readonly page: Page,
    readonly view: Locator,
    readonly front: FrontEnd,
    private readonly selector: string,
    private readonly name: string,
  ) {}

  static async show(front: FrontEnd, name: string, selector: string): Promise<WidgetStates> {
    for (const cell of [0, 1]) {
      const { outputs } = await front.run(cell);
      assert.deepEqual(
        outputs.filter(({ kind }) => kind === "error"),
        [],
      );
    }
    const view = front.page.locator(selector).first();
    await view.waitFor();
    return new WidgetStates(front.page, view, front, selector, name);
  }

  button(name: string): Locator {
    return this.view.getByRole("button", { name, exact: true });
  }

  /** Runs another cell of the notebook, which must not fail, and comes back to the widget. @param index of those in `later` */
  async run(index: number): Promise<void> {
    const { outputs } = await this.front.run(2 + index);
    assert.deepEqual(
      outputs.filter(({ kind }) => kind === "error"),
      [],
    );
    await this.view.evaluate((element) => element.scrollIntoView());
  }

  /** Ends the kernel and looks at what is said of it. */
  async lose(): Promise<void> {
    await this.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()");
    await this.view.getByText("The kernel is gone").waitFor();
    await this.look("lost", { point: ".sl-notice" });
  }

  /** Nothing is cut off, what the back row needs is large, and the point of it is on the screen. */
  async look(state: string, { large = [], point }: Expected = {}): Promise<void> {
    for (const [size, viewport, colours] of SIZES) {
      const theme = colours === "dark" ? "JupyterLab Dark" : "JupyterLab Light";
      await this.page.setViewportSize(viewport);
      await this.page.evaluate(`jupyterapp.commands.execute('apputils:change-theme', { theme: '${theme}' })`);
      await this.page.waitForFunction(`document.body.dataset.jpThemeLight === '${colours === "light"}'`);
      await this.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      await this.front.keep(`state-${this.name}-${state}-${size}`, this.view);
      const where = `${state}, ${size}`;
      assert.deepEqual(await this.page.evaluate(cutOff(this.selector)), [], `${where}: cut off`);
      await readsFromAfar(this.view, large);
      if (point && size !== "phone") {
        const box = await this.view.locator(point).filter({ visible: true }).last().boundingBox();
        const end = box ? box.y + box.height : Number.POSITIVE_INFINITY;
        assert.ok(end <= viewport.height, `${where}: ${point} ends at ${end}`);
      }
    }
    await this.page.setViewportSize(SIZES[0][1]);
    await this.view.evaluate((element) => element.scrollIntoView());
  }
}

/** Plays a widget through its states in Notebook. @param code of the cell that shows it @param later cells that the play runs */
export function statesOf(
  name: string,
  {
    code,
    selector,
    later = [],
  }: { readonly code: string; readonly selector: string; readonly later?: readonly string[] },
  play: (states: WidgetStates) => Promise<void>,
): void {
  describe(`states of ${name}`, { skip: missingForBrowser({ jupyter: true }) }, () => {
    let jupyter: Jupyter;
    let browser: Browser;
    before(async () => {
      [jupyter, browser] = await Promise.all([startJupyter("notebook"), launch(["--disable-gpu", ...FAKE_CAMERA])]);
      await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    });
    after(async () => {
      await browser?.close();
      await jupyter?.[Symbol.asyncDispose]();
    });

    test("on a projector, on a phone and in the dark", async () => {
      const url = await jupyter.notebook("states.ipynb", [CLASSROOM_CELL, code, ...later]);
      await using front = await FrontEnd.open(browser, url, SIZES[0][1]);
      const states = await WidgetStates.show(front, name, selector);
      await play(states);
      assert.deepEqual(ours(front.problems), []);
    });
  });
}
