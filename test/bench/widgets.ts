import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { CLASSROOM_CELL } from "../browser/class-cells.js";
import { FrontEnd } from "../browser/front-end.js";
import { launch, root, startJupyter } from "../browser/support.js";
import { median, printTable } from "./measure.js";

/** How often a hand moves. */
const MOVES = 30;

/** How often an exercise of each kind is answered. */
const ANSWERS = 8;

const cells = [
  `${CLASSROOM_CELL}
const large = await loadModel("efficientnet-lite0");
const images = classroom.pictures({ count: 30, seed: 11, labels: ["cup", "star", "fish"] }).map(({ image }) => image);`,
  `new StickerLab({ models: { shortcut, honest }, images, stickers: { "©": classroom.sticker } })`,
  `new GuessFirst(large, "coffee.png")`,
  `new PictureBooth(large)`,
  `new MaskTheatre(large, "coffee.png", { method: "rise" })`,
  `new Trainer(honest, classroom.pictures({ count: 60, seed: 3, labels: ["star", "cup"] }))`,
  `import { answerHash, check, exercise } from "sightline/classroom";
const scores = (await large.predict("coffee.png")).map(({ probability }) => probability);
exercise("computed", { answer: () => Math.max(...scores), hints: ["Look at the tallest bar."] });
exercise("hashed", { hash: answerHash("hashed", 0.42, { digits: 2 }), digits: 2 });
exercise("tested", { test: (value) => (Array.isArray(value) && value.length === 3) || "name three" });`,
  `check("computed", 0)`,
  `new TestTheClaim(large, "coffee.png", await explain(large, "coffee.png", { method: "recipro-cam" }))`,
] as const;

/** What a widget costs its reader. */
interface Row {
  readonly widget: string;
  /** Presses and drags from the widget on the page to the point of it. */
  readonly clicks: number;
  readonly "first change, ms": string;
  readonly "at rest, ms": string;
  readonly "over the wire, kB": string;
}

/** Widgets for a class in JupyterLab in Chromium: from a hand's move to the first change on the page and to rest, and what travels. */
export async function bench(): Promise<void> {
  const [jupyter, browser] = await Promise.all([startJupyter("lab"), launch()]);
  try {
    await cp(join(root, "notebooks/images/coffee.png"), join(jupyter.folder, "coffee.png"));
    const url = await jupyter.notebook("bench.ipynb", cells);
    const wire = { bytes: 0 };
    await using front = await FrontEnd.open(browser, url, { width: 1280, height: 720 }, (page) => follow(page, wire));
    await front.run(0);
    const rows: Row[] = [
      await stickerLab(front, wire),
      await guessFirst(front, wire),
      await testTheClaim(front, wire),
      await pictureBooth(front, wire),
      await maskTheatre(front, wire),
      await trainer(front, wire),
      await feedback(front, wire),
    ];
    printTable(rows as unknown as Record<string, string | number>[]);
  } finally {
    await browser.close();
    await jupyter[Symbol.asyncDispose]();
  }
}

/** Adds up what the kernel and the page send each other. */
function follow(page: Page, wire: { bytes: number }): void {
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      wire.bytes += payload.length;
    });
    socket.on("framesent", ({ payload }) => {
      wire.bytes += payload.length;
    });
  });
}

async function stickerLab(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  const before = wire.bytes;
  await front.run(1);
  await front.cell(1).locator(".sl-sticker-model .sl-change strong").nth(1).waitFor();
  const shown = wire.bytes - before;
  const times = (await front.page.evaluate(`(async () => {
    const lab = document.querySelector(".sl-sticker-lab");
    const frame = lab.querySelector(".sl-sticker-hand .sl-frame");
    const next = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const times = [];
    for (let i = 0; i < ${MOVES}; i++) {
      const before = lab.dataset.move;
      const started = performance.now();
      const answered = new Promise((done) => {
        const watcher = new MutationObserver(() => {
          if (lab.dataset.move === before) return;
          watcher.disconnect();
          done();
        });
        watcher.observe(lab, { attributes: true });
      });
      frame.dispatchEvent(new KeyboardEvent("keydown", { key: i % 2 ? "ArrowLeft" : "ArrowRight", bubbles: true }));
      await next();
      const first = performance.now() - started;
      await answered;
      await next();
      times.push([first, performance.now() - started]);
    }
    return times;
  })()`)) as [number, number][];
  const moved = (wire.bytes - before - shown) / MOVES;
  return {
    widget: `StickerLab, two classroom models, ${MOVES} moves`,
    clicks: 1,
    "first change, ms": milliseconds(times.map(([first]) => first)),
    "at rest, ms": milliseconds(times.map(([, rest]) => rest)),
    "over the wire, kB": `${kilobytes(shown)} shown, ${kilobytes(moved)} a move`,
  };
}

async function guessFirst(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  const before = wire.bytes;
  await front.run(2);
  const view = front.cell(2).locator(".sl-guess");
  const frame = view.locator(".sl-frame");
  await frame.waitFor();
  const shown = wire.bytes - before;
  await frame.focus();
  for (const key of [" ", "Enter"]) await front.page.keyboard.press(key);
  await view.getByText("1 guess, hidden until Reveal").waitFor();
  const guessed = wire.bytes;
  const [first, rest] = (await front.page.evaluate(`(async () => {
    const view = document.querySelector(".sl-guess");
    const seen = (selector) => new Promise((done) => {
      const look = () => (document.querySelector(selector) ? done(performance.now()) : requestAnimationFrame(look));
      look();
    });
    const reveal = [...view.querySelectorAll("button")].find(({ textContent }) => textContent === "Reveal");
    const started = performance.now();
    reveal.click();
    const first = (await seen(".sl-guess .sl-work:not([hidden])")) - started;
    return [first, (await seen(".sl-guess[data-state=revealed]")) - started];
  })()`)) as [number, number];
  return {
    widget: "GuessFirst, EfficientNet-Lite0, Reveal of one guess",
    clicks: 3,
    "first change, ms": milliseconds([first]),
    "at rest, ms": milliseconds([rest]),
    "over the wire, kB": `${kilobytes(shown)} shown, ${kilobytes(wire.bytes - guessed)} at Reveal`,
  };
}

/** Milliseconds until something is on the page, in the page: JavaScript for its start. */
const SEEN = `const seen = (selector) => new Promise((done) => {
  const look = () => (document.querySelector(selector) ? done(performance.now()) : requestAnimationFrame(look));
  look();
});`;

async function testTheClaim(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  const before = wire.bytes;
  await front.run(8);
  await front.cell(8).locator(".sl-claim .sl-frame canvas").first().waitFor();
  const shown = wire.bytes - before;
  const [first, rest] = (await front.page.evaluate(`(async () => {
    ${SEEN}
    const frame = document.querySelector(".sl-claim-draw .sl-frame");
    const press = (key) => frame.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press(" ");
    for (let i = 0; i < 8; i++) for (const key of ["ArrowRight", "ArrowDown"]) press(key);
    const started = performance.now();
    press(" ");
    const first = (await seen(".sl-claim .sl-status:not(:empty)")) - started;
    await seen(".sl-claim[data-state=ready] .sl-change");
    return [first, performance.now() - started];
  })()`)) as [number, number];
  return {
    widget:
      "TestTheClaim, EfficientNet-Lite0, a rectangle hidden and 50 of its shape elsewhere, with the map of what is left",
    clicks: 1,
    "first change, ms": milliseconds([first]),
    "at rest, ms": milliseconds([rest]),
    "over the wire, kB": `${kilobytes(shown)} shown, ${kilobytes(wire.bytes - before - shown)} a test`,
  };
}

async function pictureBooth(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  const before = wire.bytes;
  await front.run(3);
  await front.cell(3).locator(".sl-booth").waitFor();
  const shown = wire.bytes - before;
  const [first, rest] = (await front.page.evaluate(`(async () => {
    ${SEEN}
    const bytes = await (await fetch("/files/coffee.png")).blob();
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "coffee.png", { type: "image/png" }));
    const started = performance.now();
    document.querySelector(".sl-booth-zone").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
    const first = (await seen(".sl-booth > .sl-status:not(:empty)")) - started;
    return [first, (await seen(".sl-booth[data-picture]")) - started];
  })()`)) as [number, number];
  return {
    widget: "PictureBooth, EfficientNet-Lite0, a photograph dropped",
    clicks: 1,
    "first change, ms": milliseconds([first]),
    "at rest, ms": milliseconds([rest]),
    "over the wire, kB": `${kilobytes(shown)} shown, ${kilobytes(wire.bytes - before - shown)} a photograph, there and back`,
  };
}

async function maskTheatre(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  const before = wire.bytes;
  await front.run(4);
  await front.cell(4).locator(".sl-theatre").waitFor();
  const shown = wire.bytes - before;
  const [first, rest] = (await front.page.evaluate(`(async () => {
    ${SEEN}
    const started = performance.now();
    document.querySelector(".sl-theatre-play").click();
    const first = (await seen(".sl-theatre .sl-work:not([hidden])")) - started;
    return [first, (await seen(".sl-theatre[data-state=done]")) - started];
  })()`)) as [number, number];
  return {
    widget: "MaskTheatre, EfficientNet-Lite0, Play until 1,000 masks are in",
    clicks: 1,
    "first change, ms": milliseconds([first]),
    "at rest, ms": milliseconds([rest]),
    "over the wire, kB": `${kilobytes(shown)} shown, ${kilobytes(wire.bytes - before - shown)} a run`,
  };
}

async function trainer(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  const before = wire.bytes;
  await front.run(5);
  await front.cell(5).locator(".sl-trainer").waitFor();
  const shown = wire.bytes - before;
  const [first, rest] = (await front.page.evaluate(`(async () => {
    ${SEEN}
    const started = performance.now();
    document.querySelector(".sl-trainer-train").click();
    const first = (await seen(".sl-trainer[data-state=working]")) - started;
    return [first, (await seen(".sl-trainer-looks canvas")) - started];
  })()`)) as [number, number];
  return {
    widget: "Trainer, a head on the honest classroom model, 60 pictures, with maps and claims",
    clicks: 1,
    "first change, ms": milliseconds([first]),
    "at rest, ms": milliseconds([rest]),
    "over the wire, kB": `${kilobytes(shown)} shown, ${kilobytes(wire.bytes - before - shown)} a training`,
  };
}

/** From Shift+Enter in a cell with an answer to what it says of it, on the page. */
async function feedback(front: FrontEnd, wire: { bytes: number }): Promise<Row> {
  await front.run(6);
  await front.run(7);
  const before = wire.bytes;
  const times: [number, number][] = [];
  const answers = [`check("computed", 1)`, `check("hashed", 42)`, `check("tested", ["boat"])`];
  for (let i = 0; i < ANSWERS * answers.length; i++) {
    times.push(
      (await front.page.evaluate(`(async () => {
      const cell = document.querySelectorAll(".jp-CodeCell")[7];
      const { content } = jupyterapp.shell.currentWidget;
      content.activeCellIndex = content.widgets.findIndex(({ node }) => node === cell);
      content.activeCell.model.sharedModel.setSource(${JSON.stringify(answers[i % answers.length])});
      const next = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const prompt = cell.querySelector(".jp-InputPrompt");
      const last = cell.querySelector(".jp-OutputArea-output > *");
      const was = prompt.textContent;
      const started = performance.now();
      const run = jupyterapp.commands.execute("notebook:run-cell");
      while (cell.querySelector(".jp-InputPrompt").textContent === was) await next();
      const first = performance.now() - started;
      await run;
      while (!cell.querySelector(".jp-OutputArea-output > *") || cell.querySelector(".jp-OutputArea-output > *") === last) await next();
      return [first, performance.now() - started];
    })()`)) as [number, number],
    );
  }
  const said = kilobytes((wire.bytes - before) / times.length);
  return {
    widget: `check(…), ${times.length} answers to exercises of the three kinds, until what is missing is read`,
    clicks: 1,
    "first change, ms": milliseconds(times.map(([first]) => first)),
    "at rest, ms": milliseconds(times.map(([, rest]) => rest)),
    "over the wire, kB": `${said} an answer`,
  };
}

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0);

/** The median, and the largest where there are several. */
function milliseconds(times: readonly number[]): string {
  const middle = median(times).toFixed(0);
  return times.length > 1 ? `${middle} (at most ${Math.max(...times).toFixed(0)})` : middle;
}
