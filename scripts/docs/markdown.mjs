// Pieces of Markdown for generated pages.

/** Text for a table's cell or a paragraph: nothing of it is markup, HTML or a template. */
export const plain = (text) =>
  String(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[|*_`[\]{}]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/\s*\n\s*/g, " ");

/** Prose of a docstring: its code and emphasis stay, `{@link x}` becomes code, HTML and templates do not come through. */
export const prose = (text) =>
  text
    .replace(/\{@link(?:code|plain)?\s+([^}\s|]+)[^}]*\}/g, "`$1`")
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 ? part : part.replace(/</g, "&lt;").replace(/\{\{/g, "{&#123;").replace(/\*/g, "\\*")))
    .join("");

/** `prose` in a table's cell. */
export const cell = (text) =>
  prose(text)
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|");

export const code = (text) => (text === "" ? "" : `\`${String(text).replaceAll("|", "\\|")}\``);

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export const fence = (language, text) => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
