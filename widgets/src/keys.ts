let kept = false;

/**
 * Leaves keys to the controls of widgets. JupyterLab and Notebook bind arrows and Enter for whatever has the focus in a
 * notebook (`:focus`), Notebook even before the control hears of them; their registry passes over an element that carries
 * `data-lm-suppress-shortcuts`, but finds that on an ancestor too late, and on the element itself it would stop Ctrl+S and
 * Shift+Enter, too. So the focused control carries it during those keys that it may want.
 */
export function keepKeys(): void {
  if (kept) return;
  kept = true;
  window.addEventListener(
    "keydown",
    (event) => {
      const [target] = event.composedPath();
      if (!(target instanceof Element) || !target.closest(".sightline, .jupyter-widgets")) return;
      const chord = event.ctrlKey || event.metaKey;
      const wanted = chord ? event.key === "z" || event.key === "Z" : !(event.key === "Enter" && event.shiftKey);
      if (wanted) target.setAttribute("data-lm-suppress-shortcuts", "true");
      else target.removeAttribute("data-lm-suppress-shortcuts");
    },
    { capture: true },
  );
}
