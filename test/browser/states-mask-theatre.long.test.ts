import { statesOf } from "./widget-states.js";

const code = `new MaskTheatre(honest, classroom.pictures({ count: 1, seed: 11 })[0].image, { method: "rise" })`;

statesOf("theatre", { code, selector: ".sl-theatre" }, async (states) => {
  const { page, view } = states;
  const expected = {
    large: [".sl-title", ".sl-theatre-answer", ".sl-theatre-where"],
    point: ".sl-theatre-play",
  };
  const map = view.locator(".sl-theatre-map .sl-frame");
  await map.waitFor();
  await states.look("ready", expected);
  await map.click({ position: { x: 80, y: 80 } });
  await view.getByText("Your guess is marked: play on.").waitFor();
  await states.look("guessed", expected);
  await states.button("Play").click();
  await page.waitForFunction("Number(document.querySelector('.sl-theatre').dataset.step) > 5");
  await states.button("Pause").click();
  await states.look("paused", { ...expected, large: [...expected.large, ".sl-theatre-counts strong"] });
  await view.locator("label", { hasText: "× 100" }).click();
  await states.button("Play").click();
  await states.button("Play again").waitFor();
  await states.look("done", expected);
});
