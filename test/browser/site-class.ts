import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CLASSROOM_CELL } from "./class-cells.js";
import type { FrontEnd } from "./front-end.js";
import { root } from "./support.js";

const CELLS = [
  `${CLASSROOM_CELL}
import { check, exercise } from "sightline/classroom";
const images = classroom.pictures({ count: 4, seed: 11, labels: ["cup", "star"] }).map(({ image }) => image);
exercise("how many", { answer: () => images.length });`,
  `new GuessFirst(honest, images[0], { controls: 5 })`,
  `new StickerLab({ models: { shortcut, honest }, images, stickers: { "©": classroom.sticker } })`,
  "const booth = new PictureBooth(honest);\nbooth",
  `new MaskTheatre(honest, images[0], { method: "recipro-cam" })`,
  `new Trainer("classroom-32", classroom.pictures({ count: 24, labels: ["star", "cup"] }), { epochs: 1, batch: 8 })`,
  `[String(check("how many", 3)), String(check("how many", 4)), booth.picture.width].join("; ")`,
] as const;

/** A class in a page without a server: every widget of its lessons by keyboard, an exercise, class mode. */
export async function playClass(lab: FrontEnd): Promise<void> {
  const { page } = lab;
  await page.evaluate(`{
    const { sharedModel } = jupyterapp.shell.currentWidget.content.model;
    const cells = ${JSON.stringify(CELLS)}.map((source) => ({ cell_type: "code", source, metadata: {} }));
    sharedModel.deleteCellRange(0, sharedModel.cells.length);
    sharedModel.insertCells(0, cells);
  }`);
  const run = async (index: number) => {
    const { outputs } = await lab.run(index);
    assert.deepEqual(
      outputs.filter(({ kind }) => kind === "error"),
      [],
    );
    return outputs.at(-1)?.text ?? "";
  };
  await run(0);

  await run(1);
  const guess = lab.cell(1).locator(".sl-guess");
  await guess.locator(".sl-frame").focus();
  for (const key of [" ", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await guess.getByText("1 guess, hidden until Reveal").waitFor();
  await guess.getByRole("button", { name: "Reveal", disabled: false }).press("Enter");
  await lab.cell(1).locator(".sl-guess[data-state=revealed]").waitFor();
  // the button that was pressed is gone: the keyboard is still in the widget, and Escape leads out of it
  await page.waitForFunction("document.activeElement.matches('.sightline')");
  await page.keyboard.press("Tab");
  await page.waitForFunction("document.activeElement.matches('.sightline *')");
  await page.keyboard.press("Escape");
  await page.waitForFunction("document.activeElement.matches('.jp-CodeCell')");
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction("jupyterapp.shell.currentWidget.content.activeCellIndex === 2");
  assert.equal(await lab.cell(1).locator(".sl-guess-row").count(), 2);
  await lab.keep("site-guess", lab.cell(1));

  await run(2);
  const stickers = lab.cell(2).locator(".sl-sticker-lab");
  await stickers.locator(".sl-sticker-hand .sl-frame").focus();
  await page.keyboard.press("Enter");
  await stickers.getByRole("button", { name: "Count over 4 pictures", disabled: false }).press("Enter");
  await stickers.getByText(/^4 of 4 turned to boat: shortcut/).waitFor();
  await stickers.getByText(/^0 of 4 turned to boat: honest/).waitFor();
  await lab.keep("site-sticker", lab.cell(2));

  await run(3);
  const booth = lab.cell(3).locator(".sl-booth");
  await booth.getByText("Nothing leaves this page: the model runs in it.").waitFor();
  const buffer = await readFile(join(root, "notebooks/images/coffee.png"));
  await booth.locator("input[type=file]").setInputFiles({ name: "mine.png", mimeType: "image/png", buffer });
  await booth.locator(".sl-booth-answer strong").waitFor();

  await run(4);
  const theatre = lab.cell(4).locator(".sl-theatre");
  await theatre.locator("label", { hasText: "× 100" }).click();
  await theatre.getByRole("button", { name: "Play", exact: true, disabled: false }).press("Enter");
  await theatre.getByRole("button", { name: "Play again" }).waitFor();

  await run(5);
  const trainer = lab.cell(5).locator(".sl-trainer");
  await trainer.getByRole("button", { name: "Train", exact: true, disabled: false }).press("Enter");
  await trainer.locator(".sl-trainer-accuracy").waitFor({ timeout: 240_000 });
  await lab.keep("site-trainer", lab.cell(5));

  const solved = await run(6);
  assert.match(solved, /✘ how many: .*; ✔ how many; 600/s);

  await page.evaluate("void jupyterapp.commands.execute('sightline:class-mode')");
  await page.locator(".sl-class-bar").waitFor();
  await page.keyboard.press("g");
  await page.getByRole("dialog", { name: "Glossary" }).waitFor();
  await lab.keep("site-class-mode");
  for (const key of ["g", "Escape"]) await page.keyboard.press(key);
  await page.locator(".sl-class-bar").waitFor({ state: "detached" });
}
