import type { TraitsByKind, WidgetKind } from "../../src/widgets/traits/index.js";
import { caseBrowser } from "./case-browser/case-browser.js";
import { curveScrubber } from "./curve-scrubber/curve-scrubber.js";
import { h } from "./dom.js";
import { ViewError } from "./error-box.js";
import { keepKeys } from "./keys.js";
import { methodComparison } from "./method-comparison/method-comparison.js";
import type { Model } from "./model.js";
import { positiveNegativePanes } from "./positive-negative-panes/positive-negative-panes.js";
import { progressPanel } from "./progress-panel.js";
import { saliencyViewer } from "./saliency-viewer/saliency-viewer.js";
import { styles } from "./styles/index.js";
import { testTheClaim } from "./test-the-claim/test-the-claim.js";
import { trainer } from "./trainer/trainer.js";
import { type Render, View } from "./view.js";

const views: { readonly [Kind in WidgetKind]: Render<TraitsByKind[Kind]> } = {
  "saliency-viewer": saliencyViewer,
  "positive-negative-panes": positiveNegativePanes,
  "test-the-claim": testTheClaim,
  "case-browser": caseBrowser,
  "method-comparison": methodComparison,
  "progress-panel": progressPanel,
  "curve-scrubber": curveScrubber,
  trainer,
};

/** Shows the view that the model names, or in its place why it cannot be shown; returns how to leave it. */
export async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
  putStyles(el);
  keepKeys();
  const place = h("div", { class: "sightline" });
  el.append(place);
  const view = new View<never>(model as Model<never>, place);
  await view.attempt(() => viewOf(model.get("kind"))(view));
  return () => {
    view.leave();
    place.remove();
  };
}

function viewOf(kind: unknown): Render<never> {
  if (typeof kind !== "string" || !Object.hasOwn(views, kind)) {
    throw new ViewError(`this page's Sightline has no view '${kind}': install the same version in both places`);
  }
  return views[kind as WidgetKind] as Render<never>;
}

/** Puts the style sheet into the page, or into the shadow tree that a host uses. */
function putStyles(el: HTMLElement): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector("style[data-sightline]")) return;
  const sheet = h("style", { "data-sightline": true });
  sheet.textContent = styles;
  home.append(sheet);
}
