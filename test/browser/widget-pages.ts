import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import type { Explanation } from "../../src/explain/explanation.js";
import { exportHtml } from "../../src/export/export-html.js";
import type { RawImage } from "../../src/image/types.js";
import type { WidgetLike } from "../../src/widgets/widget-types.js";
import { blobModel } from "../support/analytic-model.js";
import { handmade } from "../support/explanations.js";
import { launch, openPage, root } from "./support.js";

/** A label that would run code where it is taken for markup. */
export const HOSTILE = `<img src=x onerror="globalThis.hacked=1">`;

/** Pixels a side of the photograph. */
export const SIDE = 384;

/** A browser that opens widgets as files, with every request refused. */
export class WidgetPages implements AsyncDisposable {
  private constructor(
    readonly browser: Browser,
    readonly folder: string,
    readonly photo: RawImage,
  ) {}

  static async start(): Promise<WidgetPages> {
    const { data, info } = await sharp(join(root, "notebooks/images/coffee.png"))
      .removeAlpha()
      .resize(SIDE, SIDE, { fit: "cover" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const folder = await mkdtemp(join(tmpdir(), "sightline-page-"));
    return new WidgetPages(await launch(), folder, { data, width: info.width, height: info.height });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A map of two hills, one for and one against, on cells. @param shift of the first hill, in cells */
  hills(method: string, shift = 0): Explanation {
    const cells = 14;
    const data = Float32Array.from({ length: cells * cells }, (_, i) => {
      const [x, y] = [i % cells, Math.floor(i / cells)];
      const hill = (cx: number, cy: number) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8);
      return hill(4 + shift, 4) - 0.6 * hill(10, 9);
    });
    const model = { ...blobModel(16, 16, { x: 4, y: 4, width: 4, height: 4 }), labels: [HOSTILE, "rest"] };
    return handmade(model, this.photo, { data, width: cells, height: cells, signed: true }, { method });
  }

  async open(
    widgets: readonly WidgetLike[],
    name: string,
    size = { width: 1280, height: 1000 },
    change: (html: string) => string = (html) => html,
  ): Promise<{ page: Page; problems: string[] }> {
    const file = join(this.folder, `${name}.html`);
    await exportHtml(widgets, file);
    await writeFile(file, change(await readFile(file, "utf8")));
    const { page, problems } = await openPage(this.browser, size);
    await page.route(/^https?:/, (route) => {
      problems.push(`a request to ${route.request().url()}`);
      return route.abort();
    });
    await page.goto(pathToFileURL(file).href);
    return { page, problems };
  }
}
