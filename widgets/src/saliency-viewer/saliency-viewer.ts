import type { SaliencyViewerTraits } from "../../../src/widgets/traits/index.js";
import { h } from "../dom.js";
import { readExplanation } from "../explanation.js";
import type { Render } from "../view.js";
import { Viewer } from "./viewer.js";

/** The picture with its map, and what decides how it is drawn. */
export const saliencyViewer: Render<SaliencyViewerTraits> = async (view) => {
  let shown = view.nested(view.model);
  const mount = async () => {
    shown.leave();
    shown = view.nested(view.model);
    const mine = shown;
    const explanations = await Promise.all(view.get("explanations").map(readExplanation));
    if (mine.signal.aborted) return;
    view.el.replaceChildren(
      explanations.length > 0
        ? new Viewer(mine, explanations).el
        : h("p", { class: "sl-note" }, "No explanation to show yet."),
    );
  };
  view.watch(["explanations"], () => void mount());
  await mount();
};
