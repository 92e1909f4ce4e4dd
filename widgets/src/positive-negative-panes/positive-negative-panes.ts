import { probability } from "../../../src/render/format.js";
import type { PositiveNegativePanesTraits } from "../../../src/widgets/traits/index.js";
import { SharedView } from "../camera.js";
import { announcer, button, h } from "../dom.js";
import { readExplanation } from "../explanation.js";
import { select, slider } from "../fields.js";
import type { Render } from "../view.js";
import { question } from "../words.js";
import { LargerView } from "./larger-view.js";
import { Pane, zonesInWords } from "./pane.js";

/** What spoke for the prediction, and what against it. */
export const positiveNegativePanes: Render<PositiveNegativePanesTraits> = async (view) => {
  const [wire] = view.get("explanations");
  if (!wire) {
    view.el.replaceChildren(h("p", { class: "sl-note" }, "No explanation to show yet."));
    return;
  }
  const explanation = await readExplanation(wire);
  const { targets, prediction } = explanation;
  const status = announcer();
  const title = h("h3", { class: "sl-title" });
  let longest = 0;
  const larger = new LargerView(view, explanation, () => longest);
  const camera = new SharedView();
  const panes = ([1, -1] as const).map(
    (side) => new Pane(view, { side, explanation, camera, onopen: (zone) => larger.open(side, zone) }),
  );
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
      { class: "sl-for-and-against" },
      title,
      h(
        "div",
        { class: "sl-under" },
        targets.length > 1 && target.el,
        count.el,
        button("Larger view", () => larger.open(1)),
      ),
      h("div", { class: "sl-panes" }, ...panes.map(({ el }) => el)),
      status.el,
      larger.el,
    ),
  );
  const update = () => {
    const at = Math.min(targets.length - 1, Math.max(0, view.get("target")));
    title.replaceChildren(...question(targets[at], prediction));
    target.set(String(at));
    count.set(view.get("zones"));
    longest = Math.max(...panes.map((pane) => pane.find(at, view.get("zones"))));
    for (const pane of panes) pane.show(at, longest);
    const [pro, contra] = panes.map((pane) => pane.count);
    status.say(`${zonesInWords(pro)} for ${targets[at].label}, ${contra} against; bars of both sides have one scale.`);
  };
  view.watch(["target", "zones"], update);
  update();
};
