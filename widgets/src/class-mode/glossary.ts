import source from "../../../docs/glossary.md";
import { h } from "../dom.js";

export interface Term {
  readonly name: string;
  /** Other forms under which it stands in texts. */
  readonly forms: readonly string[];
  readonly meaning: string;
}

/** The page `docs/glossary.md`: a table of terms, their other forms and meanings. */
export function parseGlossary(markdown: string): Term[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| **"));
  return rows.map((row) => {
    const [, name, forms, meaning] = row.split("|").map((cell) => cell.trim());
    const plain = (text: string) => text.replace(/[*`]/g, "");
    return {
      name: plain(name),
      forms: plain(forms)
        .split(",")
        .map((form) => form.trim())
        .filter(Boolean),
      meaning: plain(meaning),
    };
  });
}

export const GLOSSARY: readonly Term[] = parseGlossary(source);

const ESCAPES = /[.*+?^${}()|[\]\\]/g;
const byForm = new Map(
  GLOSSARY.flatMap((term) => [term.name, ...term.forms].map((form) => [form.toLowerCase(), term])),
);
const forms = [...byForm.keys()].sort((a, b) => b.length - a.length).map((form) => form.replace(ESCAPES, "\\$&"));
const ANY = new RegExp(`(?<![\\p{L}\\p{N}])(?:${forms.join("|")})(?![\\p{L}\\p{N}])`, "giu");

/** Whose words stay as they are. An editor would put its text back at once, and be dotted again, for ever. */
const UNDOTTED = "pre, code, a, button, h1, h2, h3, .sl-term, script, style, .cm-editor, [contenteditable]";

/** Dots the first mention of each term below an element. @param onopen what a click on one does */
export function dotTerms(root: HTMLElement, onopen: (term: Term) => void): void {
  const met = new Set<Term>();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    if (!text.parentElement?.closest(UNDOTTED)) texts.push(text);
  }
  for (const text of texts) dotText(text, met, onopen);
}

function dotText(text: Text, met: Set<Term>, onopen: (term: Term) => void): void {
  const parts: (string | Node)[] = [];
  let at = 0;
  for (const { 0: form, index } of text.data.matchAll(ANY)) {
    const term = byForm.get(form.toLowerCase());
    if (!term || met.has(term)) continue;
    met.add(term);
    parts.push(text.data.slice(at, index), dotted(form, term, onopen));
    at = index + form.length;
  }
  if (parts.length > 0) text.replaceWith(...parts, text.data.slice(at));
}

function dotted(form: string, term: Term, onopen: (term: Term) => void): HTMLElement {
  return h("button", { type: "button", class: "sl-term", title: term.meaning, onclick: () => onopen(term) }, form);
}

/** Takes the dots away again. */
export function undotTerms(root: HTMLElement): void {
  for (const term of root.querySelectorAll(".sl-term")) {
    const parent = term.parentNode;
    term.replaceWith(term.textContent ?? "");
    parent?.normalize();
  }
}

/** All terms with their meanings. @param current the one to begin with */
export function glossaryPanel(current: Term | undefined, onclose: () => void): HTMLElement {
  const entries = GLOSSARY.map(({ name, meaning }) =>
    h("div", { class: name === current?.name ? "sl-term-current" : "" }, h("dt", {}, name), h("dd", {}, meaning)),
  );
  const panel = h(
    "div",
    { class: "sl-glossary", role: "dialog", "aria-label": "Glossary", tabindex: -1 },
    h("button", { type: "button", class: "sl-button sl-glossary-close", onclick: onclose }, "Close"),
    h("h2", {}, "Glossary"),
    h("dl", {}, ...entries),
  );
  return panel;
}
