import { plural, probability } from "../../../src/render/format.js";
import type { TrainerLook, TrainerResult } from "../../../src/widgets/traits/index.js";
import { h } from "../dom.js";
import { draw } from "../drawing.js";
import { readExplanation } from "../explanation.js";
import type { Received } from "../model.js";
import { altText } from "../words.js";

/** What came of a training: how good it is, whether it cheats, and what it looks at. */
export async function showResult(result: Received<TrainerResult>): Promise<HTMLElement> {
  const { accuracy, interval, heldOut, findings, notes, looks } = result;
  const [low, high] = interval;
  const p = (value: number) => h("span", { class: "sl-number" }, probability(value));
  return h(
    "div",
    { class: "sl-trainer-result" },
    h(
      "p",
      { class: "sl-trainer-accuracy" },
      h("strong", {}, p(accuracy)),
      `: ${Math.round(accuracy * heldOut)} of ${plural(heldOut, "held-out picture")} right`,
    ),
    h("p", { class: "sl-trainer-interval" }, "95 % interval ", p(low), " to ", p(high)),
    ...findings.map((finding) => h("p", { class: "sl-trainer-finding" }, finding)),
    findings.length === 0 &&
      h("p", { class: "sl-trainer-clean" }, "No shortcut was flagged among the training pictures."),
    h("div", { class: "sl-trainer-looks" }, ...(await Promise.all(looks.map(look)))),
    confusionTable(result),
    notes.length > 0 && h("ul", { class: "sl-note" }, ...notes.map((note) => h("li", {}, note))),
  );
}

/** A class's picture under its map, and what becomes of the class without the map's strongest part. */
async function look({ label, explanation, claim, before, after }: Received<TrainerLook>): Promise<HTMLElement> {
  const shown = await readExplanation(explanation);
  const canvas = draw(shown, 0, {}).canvas();
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", altText(shown, 0));
  return h(
    "figure",
    {},
    h(
      "div",
      { class: "sl-trainer-look" },
      h("strong", {}, label),
      h("span", { class: "sl-number" }, ` ${probability(before)} → ${probability(after)}`),
    ),
    canvas,
    h("figcaption", {}, claim),
  );
}

/** Held-out pictures by what they are and what they were taken for. */
function confusionTable({ labels, confusion }: Received<TrainerResult>): HTMLElement {
  return h(
    "details",
    {},
    h("summary", {}, "Which were mistaken for which"),
    h(
      "div",
      {
        class: "sl-trainer-confusion",
        tabindex: 0,
        role: "region",
        "aria-label": "Held-out pictures by class and answer",
      },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("td"), ...labels.map((label) => h("th", { scope: "col" }, `taken for ${label}`)))),
        h(
          "tbody",
          {},
          ...confusion.map((row, truth) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, labels[truth]),
              ...row.map((count) => h("td", { class: "sl-number" }, String(count))),
            ),
          ),
        ),
      ),
    ),
  );
}
