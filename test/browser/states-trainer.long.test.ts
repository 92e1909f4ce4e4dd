import type { Locator } from "playwright-core";
import sharp from "sharp";
import { type ClassLabel, classroom } from "../../src/classroom/index.js";
import { statesOf } from "./widget-states.js";

const fresh = `new Trainer("classroom-32", {}, { epochs: 12, batch: 8 })`;

const cheating = `const pictures = classroom.pictures({ count: 240, seed: 3, labels: ["boat", "cup", "star"], watermark: { boat: 1 } });
new Trainer(shortcut, pictures)`;

const learned = {
  large: [".sl-trainer-accuracy strong", ".sl-trainer-interval"],
  point: ".sl-trainer-look",
};

/** Pictures of a class as files. */
async function filesOf(label: ClassLabel) {
  const pictures = classroom.pictures({ count: 24, seed: 5, labels: [label] });
  return Promise.all(
    pictures.map(async ({ image: { data, width, height } }, i) => ({
      name: `${label}-${i}.png`,
      mimeType: "image/png",
      buffer: await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    })),
  );
}

async function addClass(view: Locator, label: ClassLabel): Promise<void> {
  await view.getByRole("textbox", { name: "New class" }).fill(label);
  await view
    .locator(".sl-trainer-new input[type=file]")
    .first()
    .setInputFiles(await filesOf(label));
  await view.getByRole("region", { name: `${label}, 24 pictures` }).waitFor();
}

statesOf("trainer", { code: fresh, selector: ".sl-trainer" }, async (states) => {
  const { view } = states;
  const ready = { large: [".sl-trainer-class h4 .sl-number"], point: ".sl-trainer-train" };
  await view.getByText("Give at least two classes").waitFor();
  await states.look("empty", { point: ".sl-trainer-train" });
  await addClass(view, "cup");
  await states.look("one-class", ready);
  await addClass(view, "star");
  await states.look("ready", ready);
  await states.button("Camera").click();
  await view.getByRole("button", { name: "Hold to take pictures" }).waitFor();
  await states.look("camera", { ...ready, point: ".sl-trainer-hold" });
  await states.button("Stop the camera").click();
  await states.button("Train").click();
  await view.locator(".sl-trainer-moving canvas").waitFor();
  await states.button("Stop").click();
  await view.getByText("Stopped: it goes on from here.").waitFor();
  await states.look("stopped", { ...ready, point: ".sl-trainer-curve" });
  await states.button("Go on").click();
  await view.locator(".sl-trainer-look").nth(1).waitFor();
  await states.look("done", learned);
  await states.lose();
  await states.look("lost-done", learned);
});

statesOf("trainer-head", { code: cheating, selector: ".sl-trainer" }, async (states) => {
  const { view } = states;
  await states.button("Train").click();
  await view.locator(".sl-trainer-look").nth(2).waitFor({ timeout: 120_000 });
  await view.locator(".sl-trainer-finding").waitFor();
  await states.look("shortcut", { ...learned, large: [...learned.large, ".sl-trainer-finding"] });
});
