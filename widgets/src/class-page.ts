import { ClassMode } from "./class-mode/class-mode.js";
import type { ClassCell } from "./class-mode/screens.js";

/** Class mode of an exported page: it opens in it; Escape leaves the handout, the button below its title comes back. */
function start(): void {
  const root = document.querySelector<HTMLElement>("main");
  const again = document.querySelector<HTMLButtonElement>("button.class-mode");
  if (!root || !again) return;
  const sections = [...root.querySelectorAll<HTMLElement>(":scope > section")];
  const cells = sections.map(cellOf);
  const templates = new Map(sections.map((node) => [node, node.querySelector("template")]));
  const open = (from?: ClassCell) => {
    again.hidden = true;
    new ClassMode({
      root,
      host: document.body,
      cells,
      from,
      notesOf: ({ node }) => contentOf(templates.get(node)),
      onclose: () => {
        again.hidden = false;
      },
    });
  };
  again.addEventListener("click", () => open());
  open();
}

function cellOf(node: HTMLElement): ClassCell {
  return {
    node,
    kind: node.classList.contains("code") ? "code" : "text",
    tags: (node.dataset.tags ?? "").split(" "),
    heading: node.querySelector("h1, h2")?.textContent ?? "",
  };
}

function contentOf(template: HTMLTemplateElement | null | undefined): HTMLElement {
  const element = document.createElement("div");
  if (template) element.append(template.content.cloneNode(true));
  return element;
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
