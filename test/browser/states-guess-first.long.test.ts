import { drag } from "./finger.js";
import { statesOf } from "./widget-states.js";

const code = `const guess = new GuessFirst(honest, classroom.pictures({ count: 1, seed: 11 })[0].image);
guess`;

const others = `import { shareRegion } from "sightline/widgets";
for (let i = guess.names.length; i < 30; i++) {
  const place = { x: 0.1 + (0.8 * ((i * 7) % 10)) / 10, y: 0.1 + (0.8 * ((i * 3) % 10)) / 10, aspect: 0.6 + (i % 4) / 3 };
  const name = i % 4 ? "Pupil " + i : i % 8 ? "" : "Wilhelmina Featherstonehaugh-Winter " + i;
  guess.add(name, shareRegion(0.15, place, honest.info.input));
}`;

statesOf("guess", { code, selector: ".sl-guess", later: [others] }, async (states) => {
  const { page, view } = states;
  const asked = { large: [".sl-title", ".sl-title .sl-number"] };
  const frame = () => view.locator(".sl-frame").first();
  await frame().waitFor();
  await states.look("asked", { ...asked, point: ".sl-guess-main" });
  await drag(page, frame(), [0.3, 0.3], [0.7, 0.6]);
  await view.getByText("Move it until you are sure").waitFor();
  await states.look("marked", { ...asked, point: ".sl-guess-main" });
  await view.getByRole("textbox", { name: "Name, if you like" }).fill("Ada");
  await states.button("Guess").click();
  await view.getByText("1 guess, hidden until Reveal").waitFor();
  await view.getByRole("radio", { name: "brush" }).check({ force: true });
  await drag(page, frame(), [0.2, 0.2], [0.35, 0.25]);
  await view.getByText("of your area is there").waitFor();
  await states.look("painting", { ...asked, point: ".sl-guess-main" });
  await states.button("Reveal").click();
  const revealed = { large: [".sl-title", ".sl-change .sl-number"], point: ".sl-guess-row" };
  await states.button("Show in turn").waitFor();
  await states.look("revealed-one", revealed);
  await states.button("New round").click();
  await states.button("Guess").waitFor();
  await states.run(0);
  await view.getByText("30 guesses, hidden until Reveal").waitFor();
  await states.look("thirty", { ...asked, point: ".sl-guess-main" });
  await states.button("Reveal").click();
  await view.locator(".sl-guess-row").nth(30).waitFor();
  await states.look("revealed-thirty", revealed);
  await states.button("All guesses").click();
  await states.look("all-guesses", revealed);
  await view.locator(".sl-guess-row").nth(3).click();
  await states.look("one-hidden", revealed);
  await states.lose();
  await view.locator("button:disabled", { hasText: "New round" }).waitFor();
});

statesOf("guess-lost", { code, selector: ".sl-guess" }, async (states) => {
  await states.view.locator(".sl-frame").waitFor();
  await states.lose();
});
