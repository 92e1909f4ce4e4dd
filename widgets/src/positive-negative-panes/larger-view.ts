import type { PositiveNegativePanesTraits } from "../../../src/widgets/traits/index.js";
import { SharedView } from "../camera.js";
import { button, h } from "../dom.js";
import type { ShownExplanation } from "../explanation.js";
import { choice } from "../fields.js";
import type { Received } from "../model.js";
import { Viewer } from "../saliency-viewer/viewer.js";
import type { ViewerTraits } from "../saliency-viewer/viewer-state.js";
import { standIn } from "../stand-in.js";
import type { View } from "../view.js";
import { Pane, type Side } from "./pane.js";

export type PanesView = View<Received<PositiveNegativePanesTraits>>;

/** What the larger view can show: the zones of one side, or the whole map. */
type Part = "for" | "against" | "map";

const SIDES: Readonly<Record<Exclude<Part, "map">, Side>> = { for: 1, against: -1 };

/** A dialog with the zones of one side, as large as the page allows, their numbers beside them; or with the whole map. */
export class LargerView {
  readonly el = h("dialog", { class: "sl-larger", "aria-label": "Larger view" });
  readonly #view: PanesView;
  readonly #explanation: ShownExplanation;
  readonly #longest: () => number;
  #shown: View<ViewerTraits> | undefined;

  /** @param longest the weight that a bar of full length stands for, as in the panes */
  constructor(view: PanesView, explanation: ShownExplanation, longest: () => number) {
    this.#view = view;
    this.#explanation = explanation;
    this.#longest = longest;
    this.el.addEventListener("close", () => this.#shown?.leave());
  }

  /** Opens with the zones of a side, and the one that was chosen. */
  open(side: Side, zone?: number): void {
    this.#show(side > 0 ? "for" : "against", zone);
    this.el.showModal();
  }

  #show(part: Part, zone?: number): void {
    this.#shown?.leave();
    this.#shown = this.#view.nested(
      standIn<ViewerTraits>({
        shown: 0,
        target: this.#view.get("target"),
        config: { type: "pixels", polarity: "both", color_map: "pink_green" },
        methods: [],
        work: null,
        message: "",
      }),
    );
    const parts = choice({
      label: "Show",
      choices: [
        ["for", "for it"],
        ["against", "against it"],
        ["map", "the whole map"],
      ],
      value: part,
      onchange: (value) => this.#show(value as Part),
    });
    this.el.replaceChildren(
      h(
        "div",
        { class: "sl-larger-head" },
        parts.el,
        button("Close", () => this.el.close(), { autofocus: true }),
      ),
      part === "map" ? new Viewer(this.#shown, [this.#explanation]).el : this.#pane(this.#shown, SIDES[part], zone),
    );
  }

  #pane(scope: View<ViewerTraits>, side: Side, zone?: number): HTMLElement {
    const pane: Pane = new Pane(scope, {
      side,
      explanation: this.#explanation,
      camera: new SharedView(),
      size: 900,
      onopen: (chosen) => pane.choose(chosen),
    });
    const [target, count] = [this.#view.get("target"), this.#view.get("zones")];
    pane.find(target, count);
    pane.show(target, this.#longest());
    pane.choose(zone);
    return pane.el;
  }
}
