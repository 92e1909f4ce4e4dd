import { h } from "./dom.js";

/** An error in one sentence, what else is known of it folded. */
export function errorBox(error: unknown): HTMLElement {
  const { code, message, stack } = error as Partial<Error & { code: unknown }>;
  const said = typeof code === "string" || error instanceof ViewError;
  const sentence = said
    ? String(message)
    : "This widget cannot be shown, what was saved of it is damaged: run its cell again.";
  return h(
    "div",
    { class: "sl-error", role: "alert" },
    h("p", {}, sentence),
    !said && h("details", {}, h("summary", {}, "Details"), h("pre", { class: "sl-stack" }, String(stack ?? error))),
  );
}

/** An error whose message is meant for readers. */
export class ViewError extends Error {}
