import { colourBar } from "../../src/render/colour-bar.js";
import { h } from "./dom.js";
import type { Drawing } from "./drawing.js";
import { canvasOf, paintCanvas } from "./pictures.js";

/** A bar of the colours with the real values beside it; `flat` lies on its side. */
export function barOf({ config, range, signed, unit }: Drawing, flat = false): HTMLElement {
  const { data, width, height, ticks } = colourBar(config, range, signed, 1, 128);
  const upright = paintCanvas({ data, width, height });
  const canvas = flat ? turned(upright) : upright;
  const texts = ticks.map(({ text, value }) => h("span", { title: String(value) }, text));
  const scale = h("div", { class: "sl-ticks" }, ...(flat ? texts.reverse() : texts));
  return h(
    "div",
    {
      class: flat ? "sl-colourbar sl-flat" : "sl-colourbar",
      role: "img",
      "aria-label": `Colours from ${ticks.at(-1)?.text} to ${ticks[0].text}, ${unit}`,
    },
    h("span", { class: "sl-unit" }, unit),
    h("div", { class: "sl-strip" }, canvas),
    scale,
  );
}

function turned(bar: HTMLCanvasElement): HTMLCanvasElement {
  const out = canvasOf(bar.height, bar.width);
  const context = out.getContext("2d") as CanvasRenderingContext2D;
  context.rotate(Math.PI / 2);
  context.drawImage(bar, 0, -bar.height);
  return out;
}
