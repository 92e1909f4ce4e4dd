import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { explain } from "../../src/explain/explain.js";
import type { Rect } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";
import { seriousFindings } from "./axe.js";
import { PlaygroundSite } from "./playground-site.js";
import type { PlaygroundPage } from "./playground-support.js";
import { missingForBrowser, root } from "./support.js";

const LABELS = ["ground", ...classroom.labels];
const PREPROCESS = { mean: 0.6, std: 0.25 };
const [{ image, label }] = classroom.pictures({ count: 1, seed: 77 });
/** The rectangle that "in a rectangle" begins with. */
const MIDDLE = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

describe("the playground, with segmentation models", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  const site = new PlaygroundSite();
  let picture: string;
  let labels: string;

  before(async () => {
    picture = site.path("drawing.png");
    const { data, width, height } = image;
    await sharp(data, { raw: { width, height, channels: 3 } }).toFile(picture);
    labels = site.path("labels.txt");
    await writeFile(labels, LABELS.join("\n"));
  });

  const opened = async (): Promise<PlaygroundPage> => {
    const playground = await site.open();
    await playground.drop([fixture("segmentation/shapes.onnx"), picture, labels]);
    const { page } = playground;
    await page.getByLabel("Mean of each channel").fill(String(PREPROCESS.mean));
    await page.getByLabel("Standard deviation of each channel").fill(String(PREPROCESS.std));
    await page.getByRole("button", { name: "Look again with these" }).click();
    await playground.settled();
    assert.equal(await playground.error(), undefined);
    return playground;
  };
  const node = () =>
    loadModel(fixture("segmentation/shapes.onnx"), {
      task: "segmentation",
      labels: LABELS,
      preprocess: PREPROCESS,
      threads: 1,
    });
  const where = ({ page }: PlaygroundPage, name: string) => page.getByRole("radio", { name }).check({ force: true });
  const explained = async (playground: PlaygroundPage, target: number, region: Rect | undefined) => {
    await using model = await node();
    const targets = { label: target, ...(region && { region }) };
    await playground.agreesOnMap(await explain(model, picture, { preset: "speed", targets }), 1e-3);
  };

  test("areas, the map of one, another class in a rectangle, by mouse and by keyboard, a claim, its curves; as in Node", async () => {
    await using playground = await opened();
    const { page } = playground;
    assert.equal(await page.getByLabel("What it does").inputValue(), "segmentation");
    assert.match(await playground.found(), /areas of 9 classes/);
    await using model = await node();
    const { areas } = await model.segment(picture);
    assert.deepEqual(
      (await playground.predictions()).map(({ label }) => label),
      areas.map((area) => area.label),
    );
    await explained(playground, areas[0].index, undefined);

    const shape = LABELS.indexOf(label);
    await page.locator(".pg-answers button", { hasText: label }).click();
    await playground.settled();
    await explained(playground, shape, undefined);

    await where(playground, "in a rectangle");
    await playground.settled();
    await explained(playground, shape, MIDDLE);
    const drawing = page.locator(".pg-area .sl-frame");
    await drawing.scrollIntoViewIfNeeded();
    const box = await drawing.boundingBox();
    assert.ok(box);
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    await page.mouse.move(...at(0.125, 0.5));
    await page.mouse.down();
    await page.mouse.move(...at(0.3, 0.7));
    await page.mouse.move(...at(0.75, 0.875));
    await page.mouse.up();
    await playground.settled();
    await explained(playground, shape, { x: 0.125, y: 0.5, width: 0.625, height: 0.375 });

    await page.locator(".pg-area").getByLabel("Class").selectOption("ground");
    await playground.settled();
    await explained(playground, 0, { x: 0.125, y: 0.5, width: 0.625, height: 0.375 });
    // the cursor begins in the middle, and a step is a 28th of the picture
    await drawing.focus();
    await page.keyboard.press(" ");
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press(" ");
    await playground.settled();
    await explained(playground, 0, { x: 0.5, y: 0.5, width: 0.25, height: 0.25 });
    assert.ok(await drawing.evaluate((frame) => frame === document.activeElement));

    await playground.claims([0.25, 0.25, 0.75, 0.75]);
    await page.locator(".sl-change").first().waitFor();
    await page.getByRole("button", { name: "Measure by insertion and deletion" }).click();
    await page.locator(".pg-part .sl-scrubber-grid").waitFor();
    assert.deepEqual(await seriousFindings(page, "html"), []);
    await where(playground, "where it is seen");
    await playground.settled();
    await explained(playground, areas[0].index, undefined);
    assert.deepEqual(playground.problems, []);
  });

  test("axe finds nothing serious, and the page scrolls only downwards: wide, dark, on a phone", async () => {
    await using playground = await opened();
    const { page } = playground;
    await where(playground, "in a rectangle");
    await playground.settled();
    for (const [name, size, colorScheme] of [
      ["wide", page.viewportSize(), "light"],
      ["dark", page.viewportSize(), "dark"],
      ["phone", { width: 390, height: 844 }, "light"],
    ] as const) {
      assert.ok(size);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await seriousFindings(page, "html"), [], name);
      assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name);
      await page.screenshot({
        path: join(root, `reports/widgets/playground-segmentation-${name}.png`),
        fullPage: true,
      });
    }
  });

  test("a class that is seen nowhere is refused in words, and can be asked about in a rectangle", async () => {
    await using playground = await opened();
    await using model = await node();
    const { areas } = await model.segment(picture);
    const absent = LABELS.findIndex((_, i) => areas.every(({ index }) => index !== i));
    await playground.page.locator(".pg-area").getByLabel("Class").selectOption(LABELS[absent]);
    await playground.settled();
    assert.match((await playground.error()) ?? "", new RegExp(`sees no '${LABELS[absent]}'`));
    await where(playground, "in a rectangle");
    await playground.settled();
    assert.equal(await playground.error(), undefined);
    await explained(playground, absent, MIDDLE);
  });
});
