import type { Scope } from "./view.js";

const WIDGET = ".sightline, .jupyter-widgets, .sl-fold";

const LEFT_ALONE = "data-lm-suppress-shortcuts";

let kept = false;

/**
 * Leaves keys to the controls of widgets. JupyterLab and Notebook bind arrows and Enter for whatever has the focus in a
 * notebook (`:focus`), Notebook even before the control hears of them; their registry passes over an element that carries
 * `data-lm-suppress-shortcuts`, but finds that on an ancestor too late, and on the element itself it would stop Ctrl+S and
 * Shift+Enter, too. So the focused control carries it during those keys that it may want. Escape, where no control wants it,
 * goes back to the notebook's cell.
 */
export function keepKeys(): void {
  if (kept) return;
  kept = true;
  let marked: Element | undefined;
  window.addEventListener(
    "keydown",
    (event) => {
      marked?.removeAttribute(LEFT_ALONE);
      const target = control(event);
      marked = target && isWanted(event, target) ? target : undefined;
      marked?.setAttribute(LEFT_ALONE, "true");
    },
    { capture: true },
  );
  window.addEventListener("keydown", (event) => {
    const cell = event.key === "Escape" && !event.defaultPrevented && control(event)?.closest(".jp-Cell");
    if (cell instanceof HTMLElement) cell.focus();
  });
}

/** What has the focus in a widget. */
function control(event: KeyboardEvent): Element | undefined {
  const [target] = event.composedPath();
  return target instanceof Element && target.closest(WIDGET) ? target : undefined;
}

/** Whether a control may want a key; a widget itself wants none of those that lead through a notebook. */
function isWanted({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent, target: Element): boolean {
  if (ctrlKey || metaKey) return key === "z" || key === "Z";
  if (key === "Enter" && shiftKey) return false;
  return !(target.matches(WIDGET) && /^(Arrow(Up|Down)|Enter)$/.test(key));
}

/**
 * Keeps the keyboard's place in a widget. A button that has the focus may be switched off, or go, when it was pressed; browsers
 * then put the focus nowhere, and there no key of a notebook works. The widget itself takes it.
 */
export function keepPlace(widget: HTMLElement, scope: Scope): void {
  widget.tabIndex = -1;
  let last: Element | undefined;
  scope.listen(widget, "focusin", ({ target }) => {
    last = target as Element;
  });
  scope.listen(widget, "focusout", () => {
    if (last && !isGone(last)) last = undefined;
  });
  const look = scope.everyFrame(() => {
    const { activeElement } = widget.getRootNode() as Document | ShadowRoot;
    const isElsewhere = activeElement && activeElement !== document.body && activeElement !== last;
    if (!last || !widget.isConnected || isElsewhere || !isGone(last)) return;
    last = undefined;
    widget.focus({ preventScroll: true });
  });
  const changes = new MutationObserver(() => last && look());
  changes.observe(widget, { subtree: true, childList: true, attributeFilter: ["disabled", "hidden"] });
  scope.onLeave(() => changes.disconnect());
}

/** Whether the focus cannot stay on an element. */
const isGone = (element: Element) =>
  !element.isConnected || element.matches(":disabled") || element.getClientRects().length === 0;
