import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import sharp from "sharp";
import { CLASSROOM_CELL } from "./class-cells.js";
import { drag, Finger } from "./finger.js";
import { FrontEnd, ours } from "./front-end.js";
import { type App, FAKE_CAMERA, type Jupyter, launch, missingForBrowser, startJupyter } from "./support.js";
import { HOSTILE } from "./widget-pages.js";

const cells = [
  `${CLASSROOM_CELL}
const images = classroom.pictures({ count: 12, seed: 11, labels: ["cup", "star", "fish"] }).map(({ image }) => image);`,
  `const guess = new GuessFirst(honest, images[0], { share: .15, target: "cup" });
guess`,
  "console.log(JSON.stringify([guess.names, guess.results.map(({ name, after, rank }) => [name, after, rank]), guess.describe()]))",
  `const lab = new StickerLab({ models: { shortcut, honest }, images, stickers: { "©": classroom.sticker } });
lab`,
  "console.log(JSON.stringify([lab.get('place'), lab.get('picture'), lab.describe(), lab.stickers.length]))",
  `const booth = new PictureBooth(honest);
booth`,
  "console.log(JSON.stringify(booth.hasPicture ? [booth.name, booth.picture.width, booth.picture.height, booth.describe()] : []))",
  `const theatre = new MaskTheatre(honest, images[0], { method: "rise" });
theatre`,
  "console.log(JSON.stringify([theatre.describe(), theatre.explanation?.provenance.method]))",
] as const;

/** Widgets for a class in a real front end, played as a class plays them. */
export function playIn(app: App): void {
  describe(`class widgets in ${app}`, { skip: missingForBrowser({ jupyter: true }) }, () => {
    let jupyter: Jupyter;
    let browser: Browser;
    let front: FrontEnd;
    let page: Page;
    before(async () => {
      browser = await launch(["--disable-gpu", ...FAKE_CAMERA]);
      jupyter = await startJupyter(app);
      const url = await jupyter.notebook("guess.ipynb", cells);
      front = await FrontEnd.open(browser, url, { width: 1280, height: 720 });
      page = front.page;
      await run(0);
    });
    after(async () => {
      await browser?.close();
      await jupyter?.[Symbol.asyncDispose]();
    });

    /** Runs a cell. @returns what it printed */
    const run = async (index: number) => {
      const { outputs } = await front.run(index);
      assert.deepEqual(
        outputs.filter(({ kind }) => kind === "error"),
        [],
      );
      return JSON.parse(/^[[{]/.test(outputs.at(-1)?.text ?? "") ? (outputs.at(-1)?.text ?? "") : "null");
    };

    test("three people guess by mouse, by keyboard and by brush; Reveal ranks them; nothing is in the page before", async () => {
      await run(1);
      const view = front.cell(1).locator(".sl-guess");
      const frame = view.locator(".sl-frame");
      await frame.waitFor();
      const guess = view.getByRole("button", { name: "Guess", exact: true });
      assert.equal(await guess.isDisabled(), true);
      await drag(page, frame, [0.2, 0.2], [0.5, 0.4]);
      await view.getByLabel("Name, if you like").fill(HOSTILE);
      await guess.click();
      await view.getByText("1 guess, hidden until Reveal").waitFor();
      await frame.focus();
      for (const key of [" ", "ArrowRight", "Shift+ArrowRight", "Enter"]) await page.keyboard.press(key);
      await view.getByText("2 guesses, hidden until Reveal").waitFor();
      await view.getByRole("radio", { name: "brush" }).check({ force: true });
      await drag(page, frame, [0.1, 0.1], [0.12, 0.12]);
      await view.getByText(/of your area is there/).waitFor();
      await drag(page, frame, [0.1, 0.2], [0.9, 0.2], [0.9, 0.5], [0.1, 0.5], [0.1, 0.8], [0.9, 0.8]);
      await guess.click();
      await view.getByText("3 guesses, hidden until Reveal").waitFor();
      await front.keep(`guess-${app}-before`, view);
      await view.getByRole("button", { name: "Reveal" }).click();
      const answer = front.cell(1).locator(".sl-guess[data-state=revealed]");
      await answer.waitFor();
      assert.equal(await answer.locator(".sl-guess-row").count(), 4);
      await answer.getByText("random ones").waitFor();
      await front.keep(`guess-${app}-revealed`, answer);
      const [names, results, sentence] = await run(2);
      assert.deepEqual(names, [HOSTILE.slice(0, 40), "2", "3"]);
      assert.deepEqual(
        results.map(([, after]: [string, number]) => after),
        results.map(([, after]: [string, number]) => after).toSorted((a: number, b: number) => a - b),
      );
      assert.match(sentence, /^hiding 15 % of the picture \(blur\) takes cup from/);
      await answer.getByRole("button", { name: "New round" }).click();
      await view.getByText("No guess yet").waitFor();
      await using finger = await Finger.on(page);
      await view.getByText("Tap the picture before you draw on it with a finger.").waitFor();
      await finger.tap(view.locator("label", { hasText: /^box$/ }));
      await finger.tap(frame);
      await finger.draw(frame, [
        [0.3, 0.3],
        [0.5, 0.5],
        [0.7, 0.7],
      ]);
      await view.getByText("Move it until you are sure, then press Guess.").waitFor();
      await finger.tap(guess);
      await view.getByText("1 guess, hidden until Reveal").waitFor();
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
      assert.deepEqual(ours(front.problems), []);
    });

    test("the sticker follows hand and keys, turns one model and not the other, and is counted", async () => {
      await run(3);
      const view = front.cell(3).locator(".sl-sticker-lab");
      const frame = view.locator(".sl-sticker-hand .sl-frame");
      const answered = view.locator(".sl-sticker-models[aria-busy=false]");
      await frame.waitFor();
      await view.locator(".sl-sticker-model .sl-change strong").nth(1).waitFor();
      await drag(page, frame, [0.5, 0.5], [0.15, 0.85]);
      await answered.waitFor();
      await view.locator(".sl-change[data-turned]", { hasText: "boat!" }).waitFor();
      const cries = () => view.locator(".sl-sticker-model .sl-change strong").allTextContents();
      assert.deepEqual(await cries(), ["boat!", "cup"]);
      await front.keep(`sticker-${app}`, view);
      const [dragged] = await run(4);
      assert.ok(Math.abs(dragged.x - 0.15) < 0.02 && Math.abs(dragged.y - 0.85) < 0.02, JSON.stringify(dragged));
      await frame.focus();
      for (const key of ["ArrowRight", "+", "+", "-", "-"]) await page.keyboard.press(key);
      await view.getByRole("button", { name: "Count over 12 pictures" }).press("Enter");
      await view.getByText(/of 12 turned to boat: shortcut/).waitFor();
      await answered.waitFor();
      const [moved, , sentence] = await run(4);
      assert.ok(moved.x > dragged.x && Math.abs(moved.size / dragged.size - 1) < 1e-9, JSON.stringify(moved));
      await frame.focus();
      await page.keyboard.press("+");
      await page.keyboard.press("+");
      await view.getByText(/^Counted before the sticker moved: © 20 % wide/).waitFor();
      await answered.waitFor();
      const [larger] = await run(4);
      assert.ok(larger.size > 1.3 * dragged.size, JSON.stringify(larger));
      assert.match(sentence, /^turned to boat by the sticker: shortcut: \d+ of 12/);
      await front.keep(`sticker-${app}-counted`, view);
      await view.getByRole("radio", { name: "cut one out" }).check({ force: true });
      await drag(page, frame, [0.4, 0.4], [0.7, 0.7]);
      await view.locator(".sl-sticker-pick[aria-label='cut-out 2'][aria-pressed=true]").waitFor();
      await page.keyboard.press("Escape");
      await view.locator(".sl-change[data-turned]").waitFor({ state: "detached" });
      await view.getByRole("radio", { name: "drag the sticker" }).check({ force: true });
      await using finger = await Finger.on(page);
      await finger.tap(view.getByRole("button", { name: "©", exact: true }));
      await finger.tap(frame);
      await finger.draw(frame, [
        [0.5, 0.5],
        [0.3, 0.7],
        [0.15, 0.85],
      ]);
      await answered.waitFor();
      await view.locator(".sl-change[data-turned]", { hasText: "boat!" }).waitFor();
      await finger.tap(view.getByRole("button", { name: "Count over 12 pictures" }));
      await view.getByText(/^© 20 % wide, its middle 1\d % from the left and 8\d % from the top\.$/).waitFor();
      assert.deepEqual(ours(front.problems), []);
    });

    test("a picture comes by file, drop, paste and camera; 50 megapixels are reduced on the page", async () => {
      await run(5);
      const view = front.cell(5).locator(".sl-booth");
      await view.waitFor();
      await view.getByText("Nothing leaves this machine").waitFor();
      await front.keep(`booth-${app}-empty`, view);
      const file = view.locator("input[type=file]");
      const photo = await photograph(8160, 6144);
      await file.setInputFiles({ name: `${HOSTILE}.jpg`, mimeType: "image/jpeg", buffer: photo });
      await view
        .getByText("Reduced from 6,144 × 8,160 pixels to 771 × 1,024 pixels before it left this page.")
        .waitFor();
      await view.locator(".sl-booth-answer strong").waitFor();
      await front.keep(`booth-${app}-file`, view);
      const [name, ...size] = await run(6);
      assert.deepEqual([name, size[0], size[1]], [`${HOSTILE}.jpg`, 771, 1024]);
      await file.setInputFiles({ name: "essay.txt", mimeType: "image/png", buffer: Buffer.from("not a picture") });
      await view.getByText("essay.txt is no picture that can be read here").waitFor();
      const small = await photograph(300, 200);
      await give(page, view.locator(".sl-booth-zone"), "drop", small);
      await view.getByText("essay.txt").waitFor({ state: "detached" });
      await view.getByRole("img", { name: /^given\.jpg: / }).waitFor();
      assert.deepEqual((await run(6)).slice(0, 3), ["given.jpg", 200, 300]);
      await view.getByRole("button", { name: "Forget it" }).click();
      await view.getByText("Drop a picture here").waitFor();
      assert.deepEqual(await run(6), []);
      await holdDecoding(page);
      const number = () => view.getAttribute("data-number").then(Number);
      const before = await number();
      const bring = (name: string) => file.setInputFiles({ name, mimeType: "image/jpeg", buffer: small });
      await bring("older.jpg");
      await bring("newer.jpg");
      await view.getByRole("img", { name: /^newer\.jpg: / }).waitFor();
      await page.evaluate("globalThis.releaseDecoding()");
      await bring("last.jpg");
      await view.getByRole("img", { name: /^last\.jpg: / }).waitFor();
      assert.equal(await number(), before + 2, "the older one, read last, was not sent");
      await view.getByRole("button", { name: "Choose a file" }).focus();
      await give(page, view.getByRole("button", { name: "Choose a file" }), "paste", small);
      await view.getByRole("img", { name: /^given\.jpg: / }).waitFor();
      assert.deepEqual((await run(6)).slice(0, 3), ["given.jpg", 200, 300]);
      assert.equal(await page.evaluate("globalThis.hacked"), undefined);
      assert.deepEqual(ours(front.problems), []);
    });

    test("the camera is answered live, one picture at a time, and a picture of it stays; one allowed too late is stopped, a refusal said", async () => {
      const view = front.cell(5).locator(".sl-booth");
      const file = view.locator("input[type=file]");
      await view.evaluate((booth) => {
        const answered: number[] = [];
        Object.assign(globalThis, { answered });
        new MutationObserver(() => answered.push(Number((booth as HTMLElement).dataset.number))).observe(booth, {
          attributeFilter: ["data-number"],
        });
      });
      await view.getByRole("button", { name: "Camera" }).press("Enter");
      await view.getByText(/^[\d.]+ pictures a second$/).waitFor();
      await page.waitForFunction("answered.length > 6");
      const answered = (await page.evaluate("answered")) as number[];
      assert.deepEqual(
        answered,
        answered.map((_, i) => answered[0] + i),
        "each answer asks for one picture more",
      );
      assert.equal(await view.locator(".sl-scores li").count(), 5);
      await front.keep(`booth-${app}-live`, view);
      await view.getByRole("button", { name: "Take this picture" }).press("Enter");
      await page.locator(".sl-booth[data-camera=off]").waitFor();
      const [name, width] = await run(6);
      assert.equal(name, "camera");
      assert.ok(width >= 480, String(width));
      await holdCamera(page);
      const camera = view.getByRole("button", { name: "Camera", exact: true });
      const asked = (count: number) => page.waitForFunction((least) => askedCameras.length === least, count);
      await camera.press("Enter");
      await asked(1);
      await camera.press("Enter");
      await asked(2);
      assert.equal(await allowCamera(page, 0), "ended", "another turn of the camera has begun");
      await file.setInputFiles({ name: "small.jpg", mimeType: "image/jpeg", buffer: await photograph(300, 200) });
      await view.getByRole("img", { name: /^small\.jpg: / }).waitFor();
      assert.equal(await allowCamera(page, 1), "ended", "a file was brought instead");
      assert.equal(await view.getAttribute("data-camera"), "off");
      await camera.press("Enter");
      await asked(3);
      assert.equal(await allowCamera(page, 2), "live");
      await view.getByText(/^[\d.]+ pictures a second$/).waitFor();
      await view.getByRole("button", { name: "Stop the camera" }).click();
      await camera.press("Enter");
      await asked(4);
      await run(5);
      assert.equal(await allowCamera(page, 3), "ended", "the widget that asked is gone");
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () =>
          Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
      });
      await view.getByRole("button", { name: "Camera" }).click();
      await view.getByText("The camera was refused: allow it beside the page's address").waitFor();
      await front.keep(`booth-${app}-refused`, view);
      assert.deepEqual(ours(front.problems), []);
    });

    test("Play runs the method and follows it live; the kernel has the map when the page has it", async () => {
      await run(7);
      const view = front.cell(7).locator(".sl-theatre");
      await view.waitFor();
      await using finger = await Finger.on(page);
      await finger.tap(view.locator(".sl-theatre-map .sl-frame"), [0.5, 0.4]);
      await view.getByText("Your guess is marked: play on.").waitFor();
      await finger.tap(view.locator("label", { hasText: "× 100" }));
      await finger.tap(view.getByRole("button", { name: "Play", exact: true }));
      await view.getByText("1,000 of 1,000", { exact: true }).waitFor();
      await view.getByText(/^Your place is stronger than \d+ % of the picture\.$/).waitFor();
      await view.getByRole("button", { name: "Play again" }).waitFor();
      await front.keep(`theatre-${app}`, view);
      assert.deepEqual(await run(8), ["rise for cup: 1,000 steps, and the map that they came to", "rise"]);
      assert.deepEqual(ours(front.problems), []);
    });
  });
}

/** The next picture that the page decodes is not ready before `releaseDecoding()`, which waits until it is. */
function holdDecoding(page: Page): Promise<unknown> {
  return page.evaluate(`{
    const decode = createImageBitmap;
    globalThis.createImageBitmap = (...args) => {
      globalThis.createImageBitmap = decode;
      return new Promise((ready) => {
        globalThis.releaseDecoding = async () => {
          ready(decode(...args));
          await decode(...args);
        };
      });
    };
  }`);
}

declare const askedCameras: { allow(): Promise<MediaStream> }[];

/** From now on whoever asks for the camera waits until {@link allowCamera}. */
function holdCamera(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const devices = navigator.mediaDevices;
    const camera = devices.getUserMedia.bind(devices);
    const asked: { allow(): Promise<MediaStream> }[] = [];
    Object.assign(globalThis, { askedCameras: asked });
    devices.getUserMedia = (wanted) =>
      new Promise((give) => {
        const allow = async () => {
          const stream = await camera(wanted);
          give(stream);
          return stream;
        };
        asked.push({ allow });
      });
  });
}

/** Allows the camera to who asked for it. @returns what its stream is once who asked has had it */
function allowCamera(page: Page, at: number): Promise<MediaStreamTrackState> {
  return page.evaluate(async (asked) => {
    const [track] = (await askedCameras[asked].allow()).getVideoTracks();
    await new Promise((done) => setTimeout(done));
    return track.readyState;
  }, at);
}

/** A photograph that lies on its side, as a camera saves it. */
function photograph(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: "#3366aa" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
}

/** Drops or pastes a file. */
async function give(page: Page, where: Locator, how: "drop" | "paste", picture: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle((text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const held = new DataTransfer();
    held.items.add(new File([bytes], "given.jpg", { type: "image/jpeg" }));
    return held;
  }, picture.toString("base64"));
  if (how === "drop") await where.dispatchEvent("drop", { dataTransfer: transfer });
  else {
    await where.evaluate(
      (el, held) =>
        el.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true })),
      transfer,
    );
  }
}
