import { percent } from "../../render/format.js";
import type { PropertyShortcut, ShortcutReport } from "../shortcuts/types.js";
import { cells, figure, table, text } from "./html.js";

const HEAD = [
  "class",
  "property",
  "tells it from others",
  "given to others: become it",
  "the same of other classes",
  "random edits",
  "taken away: no longer it",
  "",
];

/** Properties of whole pictures that tell a class from others, and what giving and taking them does. */
export function propertySection({ properties, notes }: ShortcutReport): string {
  if (properties.length + notes.length === 0) return "";
  const rows = properties.map(
    ({ prediction, property, cluster, auc, flips, control, random, removed, flagged }: PropertyShortcut) =>
      cells(
        cluster === null ? prediction : `${prediction}, cluster ${cluster}`,
        property,
        figure(auc),
        ...[flips, control, random, removed].map(percent),
        flagged ? "looks like a shortcut" : "",
      ),
  );
  const tried =
    rows.length === 0
      ? ""
      : `<p>What tells pictures of a class from others as a whole (area under the curve, ½ is chance), given to pictures of other classes and taken from its own. The simplest property that turns nearly as many pictures as any is flagged.</p>${table(HEAD, rows)}`;
  const left = notes.map((note) => `<li>${text(note)}</li>`).join("");
  return `<h3>Whole pictures</h3>${tried}${left === "" ? "" : `<ul class="facts">${left}</ul>`}`;
}
