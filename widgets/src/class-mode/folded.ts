import { h } from "../dom.js";
import style from "../styles/folded.css";
import { type CellWidget, isNotebook, tagsOf } from "./notebook.js";
import { TAGS } from "./screens.js";

interface Signal {
  connect(slot: () => void): unknown;
}

/** What JupyterLab and Notebook hand to an extension with each notebook that opens. */
interface OpenedNotebook {
  readonly content: { readonly widgets: readonly CellWidget[]; readonly modelContentChanged: Signal };
}

interface OpenedContext {
  readonly ready: Promise<void>;
}

/** What is folded, and what stands in its place. */
const FOLDED: Readonly<Record<string, string>> = {
  [TAGS.answer]: "Answer",
  [TAGS.notes]: "For the teacher",
  [TAGS.exercise]: "Rules of an exercise",
};

const FOLD = "sl-fold";

/**
 * Folds a notebook's answers, notes and rules of exercises by the tags of their cells, as in a handout: whoever scrolls
 * down guesses before reading. A press opens one; nothing of it is saved. A cell that is being edited is open, and class
 * mode shows what it shows.
 */
export const foldTagged = {
  createNew(panel: OpenedNotebook, { ready }: OpenedContext): void {
    if (!isNotebook(panel)) return;
    const fold = () => {
      for (const cell of panel.content.widgets) foldCell(cell);
    };
    panel.content.modelContentChanged.connect(fold);
    void ready.then(fold);
  },
};

function foldCell(cell: CellWidget): void {
  const tag = tagsOf(cell).find((one) => Object.hasOwn(FOLDED, one));
  const there = cell.node.querySelector<HTMLElement>(`:scope > .${FOLD}`);
  if (tag === there?.dataset.tag) return;
  there?.remove();
  cell.node.classList.toggle("sl-folded", tag !== undefined);
  if (tag === undefined) return;
  if (!document.head.querySelector("style[data-sightline-folded]")) {
    document.head.append(h("style", { "data-sightline-folded": true }, style));
  }
  const press = h("button", { type: "button", "aria-expanded": false }, FOLDED[tag]);
  press.addEventListener("click", () => {
    const isFolded = cell.node.classList.toggle("sl-folded");
    press.setAttribute("aria-expanded", String(!isFolded));
  });
  cell.node.prepend(h("div", { class: FOLD, "data-tag": tag }, press));
}
