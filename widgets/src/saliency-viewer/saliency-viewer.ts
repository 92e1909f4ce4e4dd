import type { SaliencyViewerTraits } from "../../../src/widgets/traits/index.js";
import { takeAppended } from "../appended.js";
import { h } from "../dom.js";
import { readExplanation } from "../explanation.js";
import type { Render } from "../view.js";
import { Viewer } from "./viewer.js";

/** The picture with its map, and what decides how it is drawn. */
export const saliencyViewer: Render<SaliencyViewerTraits> = async (view) => {
  let viewer: Viewer | undefined;
  let latest = 0;
  const update = async () => {
    latest += 1;
    const mine = latest;
    const explanations = await Promise.all(view.get("explanations").map(readExplanation));
    if (mine !== latest || view.signal.aborted) return;
    if (explanations.length === 0) {
      view.el.replaceChildren(h("p", { class: "sl-note" }, "No explanation to show yet."));
    } else if (viewer) viewer.show(explanations);
    else {
      viewer = new Viewer(view, explanations);
      view.el.replaceChildren(viewer.el);
    }
  };
  const missed = () => {
    if (view.live && view.get("explanations").length < view.get("count")) view.request({ type: "reload" });
  };
  takeAppended(view, "explanations", () => view.get("explanations"));
  view.watch(["explanations"], update);
  view.watch(["count"], missed);
  missed();
  await update();
};
