import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./support.js";
import { statesOf } from "./widget-states.js";

const code = `const booth = new PictureBooth(honest);
booth`;

statesOf("booth", { code, selector: ".sl-booth" }, async (states) => {
  const { view } = states;
  const file = view.locator("input[type=file]");
  const shown = { large: [".sl-title", ".sl-booth-answer", ".sl-scores"], point: ".sl-scores" };
  await states.look("empty", { large: [".sl-title", ".sl-booth-empty"], point: ".sl-booth-empty" });
  await file.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
  await view.getByText("notes.txt is no picture").waitFor();
  await states.look("refused", { large: [".sl-title", ".sl-booth-empty"], point: ".sl-notice" });
  const buffer = await readFile(join(root, "notebooks/images/coffee.png"));
  await file.setInputFiles({ name: "coffee.png", mimeType: "image/png", buffer });
  await view.and(view.page().locator("[data-picture]")).waitFor();
  await states.look("shown", shown);
  await states.button("Camera").click();
  await view.getByText("pictures a second").waitFor();
  await states.look("camera", { large: [...shown.large, ".sl-booth-pace"], point: ".sl-booth-pace" });
  await states.button("Take this picture").click();
  await states.button("Camera").waitFor();
  await states.look("taken", shown);
  await states.lose();
  await states.look("lost-shown", shown);
});
