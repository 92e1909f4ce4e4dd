import { drawBoxes } from "../boxes.js";
import { copyText, download } from "../clipboard.js";
import { button, h } from "../dom.js";
import { draw } from "../drawing.js";
import { canvasBlob } from "../pictures.js";
import { codeOf, googleConfig } from "../snippets.js";
import type { ViewerState } from "./viewer-state.js";

/** Buttons that take what is shown out of the page. @param say tells the reader what was done */
export function exportButtons(state: ViewerState, say: (text: string) => void): { all: Node[]; copied: HTMLElement } {
  const copied = h("div");
  const copy = async (text: string) => {
    copied.replaceChildren();
    say((await copyText(text, copied)) ? "Copied." : "Copy the marked text.");
  };
  const config = () => draw(state.explanation, state.targetIndex, state.config).config;
  return {
    all: [
      button("Save PNG", async () => {
        await savePicture(state);
        say("Picture saved.");
      }),
      button("Copy as code", () => copy(codeOf(state.explanation, state.targetIndex, state.config))),
      button("Copy as JSON", () => copy(JSON.stringify(googleConfig(config()), null, 2))),
    ],
    copied,
  };
}

async function savePicture({ explanation, target, targetIndex, config }: ViewerState): Promise<void> {
  const drawing = draw(explanation, targetIndex, config);
  const stem = `${explanation.name}_${explanation.provenance.method}_${target.label}`;
  const canvas = drawing.canvas();
  const context = canvas.getContext("2d");
  if (context) drawBoxes(context, drawing.boxes, { across: 1, down: 1, pixel: 1 });
  download(await canvasBlob(canvas), `${stem.replace(/[^\p{L}\p{N}._-]+/gu, "-")}.png`);
}
