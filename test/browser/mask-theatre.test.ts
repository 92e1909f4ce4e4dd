import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import type { Model } from "../../src/model/types.js";
import { MaskTheatre, type TheatreMethod } from "../../src/widgets/mask-theatre.js";
import { classroomModel } from "../support/classroom-models.js";
import { seriousFindings } from "./axe.js";
import { fitsAcross, readsFromAfar, SIZES } from "./sizes.js";
import { keep, missingForBrowser } from "./support.js";
import { HOSTILE, WidgetPages } from "./widget-pages.js";

describe("MaskTheatre in a page without a kernel", { skip: missingForBrowser() }, () => {
  let pages: WidgetPages;
  let model: Model;
  before(async () => {
    model = await classroomModel("honest", HOSTILE);
    pages = await WidgetPages.start();
  });
  after(async () => {
    await pages?.[Symbol.asyncDispose]();
    await model?.close();
  });

  const [{ image }] = classroom.pictures({ count: 1, seed: 11, labels: ["cup"] });
  const ran = async (method: TheatreMethod) => {
    const theatre = new MaskTheatre(model, image, { method });
    assert.ok(await theatre.run());
    return theatre;
  };
  const wide = { width: 1280, height: 720 };

  const SHOWN = ["rise", "recipro-cam", "integrated-gradients"] as const;
  for (const [i, [size, viewport, colorScheme]] of SIZES.entries()) {
    test(`the theatre fits ${size}: numbers to be read from afar, nothing serious for axe`, async () => {
      const { page, problems } = await pages.open([await ran(SHOWN[i])], `theatre-${size}`, viewport);
      await page.emulateMedia({ colorScheme });
      const view = page.locator(".sl-theatre[data-state=done]");
      await view.waitFor();
      await view.getByRole("slider", { name: "Step" }).fill("12");
      await page.locator(".sl-theatre[data-step='12']").waitFor();
      await page.waitForTimeout(300);
      await keep(page, `theatre-${size}`);
      await readsFromAfar(view, [".sl-theatre-answer", ".sl-theatre-where", ".sl-theatre-title"]);
      assert.deepEqual(await seriousFindings(page, "body"), []);
      await fitsAcross(page);
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }

  test("a recorded run plays, pauses, steps and ends at the map, and a guess is judged, by keyboard alone", async () => {
    const { page, problems } = await pages.open([await ran("rise")], "theatre-play", wide);
    const view = page.locator(".sl-theatre");
    const at = () => view.getAttribute("data-step").then(Number);
    const slider = view.getByRole("slider", { name: "Step" });
    await slider.focus();
    await page.keyboard.press("Home");
    assert.equal(await at(), 0);
    const press = async (name: string) => {
      await view.getByRole("button", { name, exact: true }).focus();
      await page.keyboard.press("Enter");
    };
    await press("Step");
    await press("Step");
    assert.equal(await at(), 2);
    await view.getByText("What it shows counts").waitFor();
    await keep(page, "theatre-step");
    await view.getByRole("radio", { name: "× 1", exact: true }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await press("Play");
    await page.waitForFunction(() => Number(document.querySelector<HTMLElement>(".sl-theatre")?.dataset.step) > 2);
    await press("Pause");
    const paused = await at();
    assert.ok(paused > 2 && paused < 1000, String(paused));
    await slider.fill("200");
    await view.getByText(/^Two halves of the masks agree: [.\d]+$/).waitFor();
    await view.getByRole("img", { name: /^The map after/ }).focus();
    for (const key of ["ArrowUp", "ArrowUp", "ArrowLeft"]) await page.keyboard.press(key);
    await view.getByText("Your guess is marked").waitFor();
    await keep(page, "theatre-guess");
    await press("Play");
    await view.getByRole("button", { name: "Play again" }).waitFor({ timeout: 30_000 });
    await view.getByText(/^Your place is stronger than \d+ % of the picture\.$/).waitFor();
    await keep(page, "theatre-end");
    assert.equal(await at(), 1000);
    assert.deepEqual(problems, []);
    await page.context().close();
  });

  test("a cell's vote is seen under the pointer and by arrow keys", async () => {
    const { page, problems } = await pages.open([await ran("recipro-cam")], "theatre-cells", wide);
    const view = page.locator(".sl-theatre");
    await view.waitFor();
    const frame = view.getByRole("region", { name: "What the model is shown" }).getByRole("img");
    const answer = () => view.locator(".sl-theatre-votes, .sl-theatre-says .sl-scores").innerText();
    await frame.hover({ position: { x: 60, y: 60 } });
    const [first, votes] = [await frame.getAttribute("aria-label"), await answer()];
    assert.match(votes, /cup|boat|star|fish/);
    await keep(page, "theatre-cell");
    await page.mouse.move(1, 1);
    await frame.focus();
    await page.keyboard.press("ArrowLeft");
    await view.getByText(/^Cell 63: /).waitFor();
    assert.notEqual(await frame.getAttribute("aria-label"), first);
    assert.deepEqual(problems, []);
    await page.context().close();
  });

  for (const method of ["occlusion", "gp-rise", "integrated-gradients"] as const) {
    test(`${method} is shown at work, too`, async () => {
      const { page, problems } = await pages.open([await ran(method)], `theatre-${method}`, wide);
      const view = page.locator(".sl-theatre");
      const slider = view.getByRole("slider", { name: "Step" });
      await slider.waitFor();
      await slider.fill(method === "gp-rise" ? "150" : "9");
      await view
        .getByText(
          {
            occlusion: "Hiding this costs",
            "gp-rise": "what fits the answers to",
            "integrated-gradients": "of the way to the picture",
          }[method],
        )
        .waitFor();
      await page.waitForTimeout(300);
      await keep(page, `theatre-${method}`);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }

  test("without a run there is the picture, and what to do to see one", async () => {
    const { page, problems } = await pages.open([new MaskTheatre(model, image)], "theatre-empty", wide);
    await page.getByText("run the cell to watch the method at work").waitFor();
    assert.equal(await page.getByRole("button", { name: "Play" }).isDisabled(), true);
    await keep(page, "theatre-empty");
    assert.deepEqual(await seriousFindings(page, "body"), []);
    assert.deepEqual(problems, []);
    await page.context().close();
  });
});
