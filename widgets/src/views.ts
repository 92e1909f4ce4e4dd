import { caseBrowser } from "./case-browser.js";
import { curveScrubber } from "./curve-scrubber.js";
import { h } from "./dom.js";
import { keepKeys } from "./keys.js";
import { methodComparison } from "./method-comparison.js";
import type { Model, Render } from "./model.js";
import { positiveNegativePanes } from "./positive-negative-panes.js";
import { progressPanel } from "./progress-panel.js";
import { saliencyViewer } from "./saliency-viewer.js";
import styles from "./styles.css";
import { testTheClaim } from "./test-the-claim.js";

const views: Readonly<Record<string, Render<never>>> = {
  "saliency-viewer": saliencyViewer as Render<never>,
  "positive-negative-panes": positiveNegativePanes as Render<never>,
  "test-the-claim": testTheClaim as Render<never>,
  "case-browser": caseBrowser as Render<never>,
  "method-comparison": methodComparison as Render<never>,
  "progress-panel": progressPanel as Render<never>,
  "curve-scrubber": curveScrubber as Render<never>,
};

/** Shows the view that the model names; an error is shown in its place. */
export async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
  style(el);
  keepKeys();
  const place = h("div", { class: "sightline" });
  el.append(place);
  const kind = String(model.get("kind"));
  const view = Object.hasOwn(views, kind) ? views[kind] : undefined;
  try {
    if (!view) throw new Error(`this page's Sightline has no view '${kind}': install the same version in both places`);
    const leave = await view({ model: model as Model<never>, el: place });
    return () => {
      leave();
      place.remove();
    };
  } catch (error) {
    place.replaceChildren(h("p", { class: "sl-error", role: "alert" }, (error as Error).message));
    return () => place.remove();
  }
}

/** Puts the style sheet into the page, or into the shadow tree that a host uses. */
function style(el: HTMLElement): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector("style[data-sightline]")) return;
  const sheet = h("style", { "data-sightline": true });
  sheet.textContent = styles;
  home.append(sheet);
}
