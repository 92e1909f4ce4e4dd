import { drag } from "./finger.js";
import { statesOf } from "./widget-states.js";

const code = `const images = classroom.pictures({ count: 12, seed: 11, labels: ["cup", "star", "fish"] }).map(({ image }) => image);
new StickerLab({ models: { shortcut, honest }, images, stickers: { "©": classroom.sticker } })`;

statesOf("sticker", { code, selector: ".sl-sticker-lab" }, async (states) => {
  const { page, view } = states;
  const expected = { large: [".sl-change"], point: ".sl-sticker-model .sl-change" };
  const frame = view.locator(".sl-sticker-hand .sl-frame");
  await view.locator(".sl-sticker-model .sl-change strong").nth(1).waitFor();
  await states.look("first", expected);
  await drag(page, frame, [0.5, 0.5], [0.15, 0.85]);
  await view.locator(".sl-change[data-turned]", { hasText: "boat!" }).waitFor();
  await states.look("boat", expected);
  await states.button("Count over 12 pictures").click();
  await view.getByText(/of 12 turned to boat: shortcut/).waitFor();
  await states.look("counted", { ...expected, point: ".sl-sticker-counted .sl-change" });
  for (const [tool, sticker] of [
    ["cut one out", "cut-out 2"],
    ["paint one", "painting 3"],
  ]) {
    await view.getByRole("radio", { name: tool }).check({ force: true });
    await drag(page, frame, [0.4, 0.4], [0.7, 0.7]);
    await view.locator(`.sl-sticker-pick[aria-label='${sticker}'][aria-pressed=true]`).waitFor();
    await states.look(tool.split(" ")[0], { large: expected.large });
  }
  await states.lose();
});
