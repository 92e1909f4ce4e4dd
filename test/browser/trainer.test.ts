import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { Trainer } from "../../src/widgets/trainer.js";
import { seriousFindings } from "./axe.js";
import { Finger } from "./finger.js";
import { FrontEnd, ours } from "./front-end.js";
import { fitsAcross, readsFromAfar, SIZES } from "./sizes.js";
import { FAKE_CAMERA, keep, launch, missingForBrowser, startJupyter } from "./support.js";
import { WidgetPages } from "./widget-pages.js";

const skip = missingForBrowser();

let pages: WidgetPages;
let trainer: Trainer;
before(async () => {
  if (skip) return;
  pages = await WidgetPages.start();
  const pictures = classroom.pictures({ count: 48, seed: 3, labels: ["boat", "cup"], watermark: { boat: 1 } });
  trainer = new Trainer("classroom-32", pictures, { epochs: 6, batch: 8, threads: 1 });
  assert.ok(await trainer.train(), trainer.get("message"));
});
after(async () => {
  trainer?.close();
  if (!skip) await pages[Symbol.asyncDispose]();
});

for (const [name, size, colorScheme] of SIZES) {
  test(`what was learned stands in a saved page, and can be read: ${name}`, { skip }, async () => {
    const { page, problems } = await pages.open([trainer], `trainer-${name}`, size);
    await page.emulateMedia({ colorScheme });
    const view = page.locator(".sl-trainer");
    await view.locator(".sl-trainer-looks canvas").nth(1).waitFor();
    const strong = view.locator(".sl-trainer-accuracy strong");
    assert.match((await strong.textContent()) ?? "", /^(1\.0|\.\d\d)$/);
    await readsFromAfar(view, [
      ".sl-trainer-accuracy strong",
      ".sl-trainer-interval",
      ".sl-trainer-look",
      ".sl-trainer-class h4 .sl-number",
    ]);
    assert.equal(await view.getByRole("button", { name: "Train again" }).isDisabled(), true, "no kernel, no training");
    assert.equal(await view.getByText("New class").isVisible(), false);
    assert.match((await view.locator(".sl-trainer-curve figcaption").textContent()) ?? "", /of the last batches right/);
    await fitsAcross(page);
    assert.deepEqual(await seriousFindings(page, ".sl-trainer"), []);
    await keep(page, `trainer-${name}`);
    await view.locator(".sl-trainer-result").scrollIntoViewIfNeeded();
    await keep(page, `trainer-${name}-result`);
    assert.deepEqual(problems, []);
  });
}

const LIVE = [
  `import { classroom } from "sightline/classroom";
import { Trainer } from "sightline/widgets";
const trainer = new Trainer("classroom-32", { star: classroom.pictures({ count: 24, labels: ["star"] }).map(({ image }) => image) }, { epochs: 8, batch: 8 });
trainer`,
];

/** Takes pictures of a new class: by mouse as long as it is held, by key, by finger, by a click that is nobody's. */
async function photographs(front: FrontEnd, view: Locator): Promise<void> {
  const { page } = front;
  await view.getByRole("button", { name: "Camera", exact: true }).press("Enter");
  const hold = view.getByRole("button", { name: "Hold to take pictures" });
  const name = view.getByRole("combobox", { name: "Class of these pictures" });
  await name.fill("");
  await hold.click();
  await view.getByText("Name the class first.").waitFor();
  await name.fill("camera");
  const counted = async (least: number) => {
    const card = view.getByRole("region", { name: /^camera, / });
    const count = async () =>
      Number(/\d+/.exec((await card.getAttribute("aria-label").catch(() => "")) ?? "")?.[0] ?? 0);
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await page.waitForTimeout(50)) {
      if ((await count()) >= least) break;
    }
    return count();
  };
  await hold.hover();
  await page.mouse.down();
  assert.ok((await counted(4)) >= 4);
  await page.mouse.up();
  await view.locator(".sl-trainer-hold:not([data-held])").waitFor();
  await front.keep("trainer-lab-camera", view.locator(".sl-trainer-camera"));
  const before = await counted(4);
  await hold.press(" ");
  const afterKey = await counted(before + 1);
  assert.ok(afterKey > before);
  {
    await using finger = await Finger.on(page);
    await finger.tap(hold);
  }
  const afterFinger = await counted(afterKey + 1);
  await hold.evaluate((el) => (el as HTMLButtonElement).click());
  assert.ok((await counted(afterFinger + 1)) > afterFinger && afterFinger > afterKey);
  await view.getByRole("button", { name: "Stop the camera" }).press("Enter");
  await hold.waitFor({ state: "hidden" });
}

test("in JupyterLab a class is added by file and by camera, trained by key, stopped and gone on with", {
  skip: missingForBrowser({ jupyter: true }),
}, async () => {
  await using jupyter = await startJupyter("lab");
  const browser = await launch(["--disable-gpu", ...FAKE_CAMERA]);
  try {
    await using front = await FrontEnd.open(browser, await jupyter.notebook("train.ipynb", LIVE));
    await front.run(0);
    const view = front.cell(0).locator(".sl-trainer").first();
    await view.waitFor();
    assert.equal(
      await view.getByRole("button", { name: "Train", exact: true }).isDisabled(),
      true,
      "one class is not enough",
    );
    const files = await Promise.all(
      classroom
        .pictures({ count: 24, seed: 5, labels: ["cup"] })
        .map(async ({ image: { data, width, height } }, i) => ({
          name: `cup-${i}.png`,
          mimeType: "image/png",
          buffer: await sharp(data, { raw: { width, height, channels: 3 } })
            .png()
            .toBuffer(),
        })),
    );
    await view.getByRole("textbox", { name: "New class" }).fill("cup");
    await view.locator(".sl-trainer-new input[type=file]").first().setInputFiles(files);
    await view.getByRole("region", { name: "cup, 24 pictures" }).waitFor();
    await photographs(front, view);
    await view.getByRole("button", { name: "Remove camera" }).press("Enter");
    await view.getByRole("region", { name: /^camera,/ }).waitFor({ state: "detached" });
    await view.getByRole("button", { name: "Train", exact: true }).press("Enter");
    await view.locator(".sl-trainer-curve svg").waitFor();
    await view.getByRole("button", { name: "Stop" }).press("Enter");
    await view.getByText("Stopped: it goes on from here.").waitFor();
    await view.getByRole("button", { name: "Go on" }).press("Enter");
    await view.locator(".sl-trainer-accuracy").waitFor({ timeout: 120_000 });
    await keep(front.page, "trainer-lab");
    assert.deepEqual(ours(front.problems), []);
  } finally {
    await browser.close();
  }
});
