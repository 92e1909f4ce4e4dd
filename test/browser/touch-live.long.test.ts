import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { CLASSROOM_CELL } from "./class-cells.js";
import { Finger, type Share } from "./finger.js";
import { FrontEnd, ours } from "./front-end.js";
import { FAKE_CAMERA, type Jupyter, launch, missingForBrowser, root, startJupyter } from "./support.js";

const PHONE = { width: 390, height: 844 };

const cells = [
  CLASSROOM_CELL,
  "new PictureBooth(honest)",
  `const explanation = await explain(honest, "coffee.png", { method: "occlusion", preset: "speed" });
const claim = new TestTheClaim(honest, "coffee.png", explanation, { controls: 8 });
claim`,
  "claim.history.map(({ action }) => action).join()",
];

describe("widgets under a finger, on a phone, in Notebook", { skip: missingForBrowser({ jupyter: true }) }, () => {
  let jupyter: Jupyter;
  let browser: Browser;
  let front: FrontEnd;
  before(async () => {
    [jupyter, browser] = await Promise.all([startJupyter("notebook"), launch(["--disable-gpu", ...FAKE_CAMERA])]);
    await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    front = await FrontEnd.open(browser, await jupyter.notebook("touch.ipynb", cells), PHONE);
    await front.run(0);
  });
  after(async () => {
    await browser?.close();
    await jupyter?.[Symbol.asyncDispose]();
  });

  const button = (view: Locator, name: string) => view.getByRole("button", { name, exact: true });

  test("PictureBooth: a finger chooses a file, starts the camera, takes a picture and forgets it", async () => {
    await front.run(1);
    const view = front.cell(1).locator(".sl-booth");
    await view.waitFor();
    await using finger = await Finger.on(front.page);
    const [chooser] = await Promise.all([
      front.page.waitForEvent("filechooser"),
      finger.tap(button(view, "Choose a file")),
    ]);
    await chooser.setFiles(join(root, "notebooks/images/coffee.png"));
    await front.cell(1).locator(".sl-booth[data-picture]").waitFor();
    const answer = view.locator(".sl-booth-answer");
    const ofFile = await answer.textContent();
    await finger.tap(button(view, "Camera"));
    await view.getByText("pictures a second").waitFor();
    await finger.tap(button(view, "Take this picture"));
    await front.cell(1).locator(".sl-booth[data-camera=off][data-picture]").waitFor();
    assert.equal(await view.getByText("pictures a second").count(), 0);
    assert.notEqual(await answer.textContent(), ofFile);
    await front.keep("touch-booth", view);
    await finger.tap(button(view, "Forget it"));
    await view.getByText("Drop a picture here").waitFor();
    assert.deepEqual(ours(front.problems), []);
  });

  test("TestTheClaim: a finger draws, paints, picks a segment, moves a part and takes a test back; the page stays", async () => {
    await front.run(2);
    const view = front.cell(2).locator(".sl-claim");
    const frame = view.locator(".sl-claim-draw .sl-frame");
    await frame.waitFor();
    await using finger = await Finger.on(front.page);
    const compared = () => view.getByText(/\d of 8 regions of the same shape/).waitFor();
    const verdict = view.locator(".sl-verdict");
    const place = () => frame.evaluate((element) => element.getBoundingClientRect().top);
    const tests = async (path: readonly Share[]) => {
      // until the picture was tapped a finger scrolls the page
      if (path.length > 1) await finger.tap(frame, path[0]);
      await front.cell(2).locator(".sl-claim:not([data-state=working])").waitFor();
      await frame.click({ trial: true });
      const [said, before] = [await verdict.textContent(), await place()];
      if (path.length === 1) await finger.tap(frame, path[0]);
      else await finger.draw(frame, path);
      assert.equal(await place(), before, "the page did not scroll");
      await front.page.waitForFunction(
        ([before]) => document.querySelector(".sl-claim .sl-verdict")?.textContent !== before,
        [said],
      );
      await compared();
    };
    const middle: readonly Share[] = [
      [0.3, 0.3],
      [0.5, 0.5],
      [0.7, 0.7],
    ];
    await view.getByText("Tap the picture before you draw on it with a finger.").waitFor();
    await tests(middle);
    await front.keep("touch-claim", view);
    await finger.tap(view.locator("label", { hasText: "brush" }).first());
    await tests([
      [0.2, 0.8],
      [0.4, 0.8],
      [0.6, 0.8],
    ]);
    await finger.tap(view.locator("label", { hasText: "segment" }).first());
    await tests([[0.5, 0.35]]);
    await finger.tap(view.locator("label", { hasText: "move it" }));
    await view.getByText("Drag the part to where it should be.").waitFor();
    await tests([
      [0.5, 0.35],
      [0.4, 0.5],
      [0.3, 0.6],
    ]);
    const { outputs } = await front.run(3);
    assert.match(outputs[0].text, /^'?(hide,){3,}move'?$/);
    const moved = await verdict.textContent();
    await finger.tap(button(view, "Undo"));
    assert.notEqual(await verdict.textContent(), moved);
    assert.deepEqual(ours(front.problems), []);
  });
});
