import { probability } from "../../../src/render/format.js";
import type { PositiveNegativePanesTraits } from "../../../src/widgets/traits/index.js";
import { SharedView } from "../camera.js";
import { announcer, button, h } from "../dom.js";
import { readExplanation, type ShownExplanation } from "../explanation.js";
import { select, slider } from "../fields.js";
import { Viewer } from "../saliency-viewer/viewer.js";
import type { ViewerTraits } from "../saliency-viewer/viewer-state.js";
import { standIn } from "../stand-in.js";
import type { Render, View } from "../view.js";
import { Pane, zonesInWords } from "./pane.js";

/** What spoke for the prediction, and what against it. */
export const positiveNegativePanes: Render<PositiveNegativePanesTraits> = async (view) => {
  const [wire] = view.get("explanations");
  if (!wire) {
    view.el.replaceChildren(h("p", { class: "sl-note" }, "No explanation to show yet."));
    return;
  }
  const explanation = await readExplanation(wire);
  const { targets } = explanation;
  const status = announcer();
  const title = h("h3", { class: "sl-title" });
  const larger = largerView(view, explanation);
  const camera = new SharedView();
  const panes = ([1, -1] as const).map((side) => new Pane(view, { side, explanation, camera, onopen: larger.open }));
  const target = select({
    label: "Class",
    choices: targets.map(({ label, probability: p }, i) => [String(i), `${label}, ${probability(p)}`]),
    value: String(view.get("target")),
    onchange: (value) => view.save({ target: Number(value) }),
  });
  const count = slider({
    label: "Zones on each side",
    min: 1,
    max: 20,
    step: 1,
    value: view.get("zones"),
    oninput: (zones) => view.save({ zones }),
  });
  view.el.replaceChildren(
    h(
      "div",
      {},
      title,
      h("div", { class: "sl-panes" }, ...panes.map(({ el }) => el)),
      h("div", { class: "sl-under" }, targets.length > 1 && target.el, count.el, button("Larger view", larger.open)),
      status.el,
      larger.el,
    ),
  );
  const update = () => {
    const at = view.get("target");
    const { label, probability: p } = targets[at];
    title.replaceChildren("Why ", h("strong", {}, label), h("span", { class: "sl-number" }, `, ${probability(p)}?`));
    target.set(String(at));
    count.set(view.get("zones"));
    const [pro, contra] = panes.map((pane) => pane.update(at, view.get("zones")));
    status.say(`${zonesInWords(pro)} for ${label}, ${contra} against.`);
  };
  view.watch(["target", "zones"], update);
  update();
};

/** The whole map in a dialog, with everything that a viewer can do. */
function largerView(view: View<{ target: number }>, explanation: ShownExplanation) {
  const el = h("dialog", { "aria-label": "Larger view" });
  let shown: View<ViewerTraits> | undefined;
  return {
    el,
    open() {
      shown?.leave();
      shown = view.nested(
        standIn<ViewerTraits>({
          shown: 0,
          target: view.get("target"),
          config: { type: "pixels", polarity: "both", color_map: "pink_green" },
          methods: [],
          work: null,
          message: "",
        }),
      );
      el.replaceChildren(
        button("Close", () => el.close(), { autofocus: true }),
        new Viewer(shown, [explanation]).el,
      );
      el.showModal();
    },
  };
}
