import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { endless } from "../support/hostile-models.js";
import { savedModel } from "../support/models.js";
import { seriousFindings } from "./axe.js";
import { PlaygroundSite } from "./playground-site.js";
import type { PlaygroundPage } from "./playground-support.js";
import { missingForBrowser, root } from "./support.js";

const RESNET = join(root, "test/fixtures/gradients/resnet.legacy.onnx");
/** More stops than the page has. */
const MOST_STOPS = 120;

/** Goes on by Tab until a control has the focus, and sees that the page shows it. */
async function tabTo({ page }: PlaygroundPage, control: Locator): Promise<void> {
  const focused = () =>
    control.evaluate((element: { matches(selector: string): boolean }) => element.matches(":focus"));
  for (let stop = 0; !(await focused()); stop++) {
    assert.ok(stop < MOST_STOPS, `Tab never comes to ${control}`);
    await page.keyboard.press("Tab");
  }
  const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
  assert.notEqual(outline, "none", `nothing shows that ${control} has the focus`);
}

describe("the playground by keyboard", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  const site = new PlaygroundSite();

  test("everything that a mouse does: sources, classes, methods, claims, curves, settings", async () => {
    await using playground = await site.open();
    const { page } = playground;
    // listened for from the start: the browser is told of a listener while the page goes on
    const dialogue = page.waitForEvent("filechooser", { timeout: 180_000 });
    const press = (...keys: string[]) =>
      keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());

    await tabTo(playground, page.getByLabel("Model", { exact: true }));
    await press("ArrowDown");
    await playground.settled();
    await tabTo(playground, page.locator(".pg-source", { hasText: "Model" }).getByRole("button"));
    await press("Enter");
    await (await dialogue).setFiles(RESNET);
    await page.locator(".pg-found", { hasText: "SHA-256" }).waitFor();
    await playground.settled();
    await tabTo(playground, page.getByLabel("Picture", { exact: true }));
    await press("ArrowDown");
    await playground.settled();

    const other = page.locator(".pg-answers button").nth(1);
    const label = await other.locator(".pg-label").textContent();
    await tabTo(playground, other);
    await press("Enter");
    await playground.settled();
    assert.equal(await page.locator(".pg-answers [aria-pressed=true] .pg-label").textContent(), label);

    const method = page.locator(".pg-map").getByLabel("Method");
    await tabTo(playground, method);
    await press("ArrowDown");
    await page.locator(".pg-facts dd", { hasText: /^activation-map$/ }).waitFor();

    await tabTo(playground, page.locator(".pg-part .sl-frame").first());
    await press("Space", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "Space");
    await page.locator(".sl-claim:not([data-state=working]) .sl-sentence").waitFor();
    await tabTo(playground, page.getByRole("button", { name: "Measure by insertion and deletion" }));
    await press("Enter");
    await page.locator(".pg-part .sl-scrubber-grid").waitFor();
    assert.deepEqual(await seriousFindings(page, "html"), []);

    for (const name of ["As this tool does", "Order of the colours", "Layer that methods look at", "Device"])
      await tabTo(playground, page.getByLabel(name, { exact: true }));
    await tabTo(playground, page.getByRole("button", { name: "Look again with these" }));
    await press("Enter");
    await playground.settled();
    assert.equal(await playground.error(), undefined);
    assert.deepEqual(playground.problems, []);
  });

  test("axe finds nothing serious while it works, once it is cancelled, and where it failed", async () => {
    await using playground = await site.open();
    const { page } = playground;
    await page
      .locator(".pg-source", { hasText: "Model" })
      .locator("input[type=file]")
      .setInputFiles(savedModel(endless(), "endless.onnx"));
    await page.getByText("Loading the model …").waitFor();
    assert.deepEqual(await seriousFindings(page, "html"), []);
    await tabTo(playground, page.getByRole("button", { name: "Cancel" }));
    await page.keyboard.press("Enter");
    await page.getByText("Cancelled.").waitFor();
    assert.deepEqual(await seriousFindings(page, "html"), []);
    await playground.choose("Model", [{ name: "notes.onnx", mimeType: "", buffer: Buffer.from("no model") }]);
    assert.ok(await playground.error());
    assert.deepEqual(await seriousFindings(page, "html"), []);
  });
});
