import type { AuditSummary } from "../../src/explorer/summary.js";
import { oneLine } from "../../src/render/format.js";
import { h } from "./dom.js";
import { table } from "./explorer/tables.js";
import type { Received } from "./model.js";
import { pictureUrl } from "./pictures.js";
import type { Scope } from "./view.js";

/** What is to be said of an audit on a page that nobody answers. */
export function auditSummary(
  title: string,
  { figures, classes, findings, notes }: Received<AuditSummary>,
  scope: Scope,
): HTMLElement {
  const line = (text: string) => h("p", { class: "sl-note" }, oneLine(text));
  const flagged = findings.map(({ kind, claim, evidence, pictures }) =>
    h(
      "article",
      { class: "sl-x-finding" },
      h("p", {}, h("strong", {}, oneLine(kind)), " ", oneLine(claim)),
      ...evidence.map(line),
      pictures !== null && strip(pictures, oneLine(claim), scope),
    ),
  );
  return h(
    "div",
    { class: "sl-x-summary" },
    h("h4", {}, title),
    ...figures.map(line),
    classes !== null && table(classes.head, classes.rows),
    h("h4", {}, "What the audit flags"),
    ...(flagged.length > 0 ? flagged : [line("Nothing.")]),
    ...notes.map(line),
  );
}

function strip(encoded: unknown, claim: string, scope: Scope): HTMLElement {
  const url = pictureUrl(encoded, "image/webp");
  scope.onLeave(() => URL.revokeObjectURL(url));
  return h("img", { class: "sl-x-strip", src: url, alt: `Pictures of the finding: ${claim}` });
}
