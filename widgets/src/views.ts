import type { TraitsByKind, WidgetKind } from "../../src/widgets/traits/index.js";
import { auditExplorer } from "./audit-explorer.js";
import { caseBrowser } from "./case-browser/case-browser.js";
import { curveScrubber } from "./curve-scrubber/curve-scrubber.js";
import { h } from "./dom.js";
import { ViewError } from "./error-box.js";
import { guessFirst } from "./guess-first/guess-first.js";
import { type HeldTraits, heldView, isHeld } from "./held.js";
import { keepKeys, keepPlace } from "./keys.js";
import { maskTheatre } from "./mask-theatre/mask-theatre.js";
import { methodComparison } from "./method-comparison/method-comparison.js";
import type { Model } from "./model.js";
import { pictureBooth } from "./picture-booth/picture-booth.js";
import { positiveNegativePanes } from "./positive-negative-panes/positive-negative-panes.js";
import { progressPanel } from "./progress-panel.js";
import { saliencyViewer } from "./saliency-viewer/saliency-viewer.js";
import { stickerLab } from "./sticker-lab/sticker-lab.js";
import { putStyles } from "./styles/put-styles.js";
import { testTheClaim } from "./test-the-claim/test-the-claim.js";
import { trainer } from "./trainer/trainer.js";
import { type Render, View } from "./view.js";

const views: { readonly [Kind in WidgetKind]: Render<TraitsByKind[Kind]> } = {
  "audit-explorer": auditExplorer,
  "saliency-viewer": saliencyViewer,
  "positive-negative-panes": positiveNegativePanes,
  "test-the-claim": testTheClaim,
  "case-browser": caseBrowser,
  "method-comparison": methodComparison,
  "progress-panel": progressPanel,
  "curve-scrubber": curveScrubber,
  trainer,
  "guess-first": guessFirst,
  "sticker-lab": stickerLab,
  "mask-theatre": maskTheatre,
  "picture-booth": pictureBooth,
};

/** Shows the view that the model names, or in its place why it cannot be shown; returns how to leave it. */
export async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
  putStyles(el);
  keepKeys();
  const place = h("div", { class: "sightline" });
  el.append(place);
  const view = new View<never>(model as Model<never>, place);
  keepPlace(place, view);
  await view.attempt(() => show(view));
  return () => {
    view.leave();
    place.remove();
  };
}

/** Shows the widget, or that its answer is held back until the reader reveals it. */
async function show(view: View<never>): Promise<void> {
  const holder = view as unknown as View<HeldTraits>;
  const reveal = () => view.attempt(() => viewOf(view.model.get("kind" as never))(view));
  if (!isHeld(holder)) return reveal();
  let revealed = false;
  const once = () => {
    if (revealed || isHeld(holder)) return undefined;
    revealed = true;
    return reveal();
  };
  heldView(holder, () => {
    revealed = true;
    void reveal();
  });
  holder.watch(["held"], once);
}

function viewOf(kind: unknown): Render<never> {
  if (typeof kind !== "string" || !Object.hasOwn(views, kind)) {
    throw new ViewError(`this page's Sightline has no view '${kind}': install the same version in both places`);
  }
  return views[kind as WidgetKind] as Render<never>;
}
