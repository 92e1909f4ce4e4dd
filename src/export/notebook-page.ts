import { readFileSync } from "node:fs";
import { extname, join, resolve, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { escapeUTF8 } from "entities";
import { marked } from "marked";
import sanitizeHtml from "sanitize-html";
import type TS from "typescript";
import { ts } from "../kernel/language/typescript.js";
import { type Cell, type Notebook, type Output, textOf } from "../kernel/runner/notebook-file.js";

export interface NotebookToHtmlOptions {
  /** Title of the page; the first heading by default. */
  title?: string;
  /** Where pictures that the notebook's text names are looked for, to be inlined; without it they are left out. */
  folder?: string;
  /** Makes widgets move without a kernel; without it a widget shows its still picture. Its HTML is trusted. */
  widgets?: {
    /** Scripts and state for the head of the page. */
    head(state: unknown): string;
    /** The place of one widget. */
    view(modelId: string): string;
  };
}

const WIDGET_STATE = "application/vnd.jupyter.widget-state+json";
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
const PLOTLY = "application/vnd.plotly.v1+json";
const MAX_PICTURE = 20 * 2 ** 20;

/**
 * One self-contained page of a notebook: pictures inlined, no request to anywhere, light and dark. Code, names and texts are
 * escaped; HTML of outputs and Markdown is cleaned of everything that could run.
 */
export function notebookToHtml(notebook: Notebook, options: NotebookToHtmlOptions = {}): string {
  const page = new Page(notebook, options);
  const body = notebook.cells.map((cell) => page.cell(cell)).join("\n");
  const title = options.title ?? firstHeading(notebook) ?? "Notebook";
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeUTF8(title)}</title>`,
    `<style>${STYLE}</style>`,
    page.head(),
    `</head><body><main>`,
    body,
    `</main>${page.scripts()}</body></html>`,
    "",
  ].join("\n");
}

class Page {
  readonly #figures: unknown[] = [];
  readonly #widgetState: unknown;

  constructor(
    notebook: Notebook,
    readonly options: NotebookToHtmlOptions,
  ) {
    this.#widgetState = (notebook.metadata.widgets as Record<string, unknown> | undefined)?.[WIDGET_STATE];
  }

  head(): string {
    return this.#widgetState && this.options.widgets ? this.options.widgets.head(this.#widgetState) : "";
  }

  cell(cell: Cell): string {
    if (cell.cell_type === "raw") return "";
    if (cell.cell_type === "markdown") return `<section class="text">${this.#markdown(cell.source)}</section>`;
    if (!cell.source.trim()) return "";
    const number = cell.execution_count ?? " ";
    return [
      `<section class="code"><div class="count">[${number}]</div>`,
      `<pre class="source"><code>${highlight(cell.source)}</code></pre>`,
      ...cell.outputs.map((output) => `<div class="output">${this.#output(output)}</div>`),
      "</section>",
    ].join("");
  }

  scripts(): string {
    if (this.#figures.length === 0) return "";
    const plotly = readFileSync(new URL("./plotly.min.js", import.meta.url), "utf8");
    const figures = JSON.stringify(this.#figures).replaceAll("<", "\\u003c");
    return [
      `<script>${plotly.replace(/<(\/script|!--)/gi, "<\\$1")}</script>`,
      `<script>for (const [i, { data, layout, config }] of ${figures}.entries())`,
      ' Plotly.newPlot("figure-" + i, data, layout, { responsive: true, displaylogo: false, ...config });</script>',
    ].join("");
  }

  #output(output: Output): string {
    if (output.output_type === "stream") {
      return `<pre class="${output.name === "stderr" ? "stderr" : "stdout"}">${ansi(output.text)}</pre>`;
    }
    if (output.output_type === "error") return `<pre class="error">${ansi(output.traceback.join("\n"))}</pre>`;
    return this.#bundle(output.data);
  }

  /** The richest representation that a page can show. */
  #bundle(data: Record<string, unknown>): string {
    const view = data[WIDGET_VIEW] as { model_id?: unknown } | undefined;
    if (typeof view?.model_id === "string" && this.#widgetState && this.options.widgets) {
      return this.options.widgets.view(view.model_id);
    }
    if (data[PLOTLY]) {
      this.#figures.push(data[PLOTLY]);
      return `<div class="figure" id="figure-${this.#figures.length - 1}"></div>`;
    }
    if (data["text/html"] !== undefined) return this.#clean(textOf(data["text/html"]));
    if (data["image/svg+xml"] !== undefined) {
      const encoded = Buffer.from(textOf(data["image/svg+xml"])).toString("base64");
      return `<img alt="" src="data:image/svg+xml;base64,${encoded}">`;
    }
    for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
      if (data[type] === undefined) continue;
      const alt = escapeUTF8(textOf(data["text/plain"] ?? "").slice(0, 300));
      return `<img alt="${alt}" src="data:${type};base64,${textOf(data[type]).replace(/[^A-Za-z0-9+/=]/g, "")}">`;
    }
    if (data["text/markdown"] !== undefined) return this.#markdown(textOf(data["text/markdown"]));
    const text = data["text/latex"] ?? data["text/plain"] ?? data["application/json"] ?? "";
    return `<pre>${ansi(textOf(text))}</pre>`;
  }

  #markdown(source: string): string {
    return this.#clean(marked.parse(source, { async: false }));
  }

  #clean(html: string): string {
    return sanitizeHtml(html, {
      allowedTags: [...sanitizeHtml.defaults.allowedTags, ...MORE_TAGS],
      allowedAttributes: { "*": ATTRIBUTES, a: ["href", "title"], img: ["src", "alt", "width", "height"] },
      allowedSchemes: ["http", "https", "mailto"],
      allowedSchemesByTag: { img: ["data"] },
      parser: { lowerCaseTags: true, lowerCaseAttributeNames: false },
      transformTags: { img: (tagName, attribs) => ({ tagName, attribs: this.#picture(attribs) }) },
    });
  }

  #picture(attributes: Record<string, string>): Record<string, string> {
    const { src = "", ...rest } = attributes;
    if (/^data:image\/(png|jpeg|gif|webp|svg\+xml);/i.test(src)) return attributes;
    const type = PICTURE_TYPES[extname(src).toLowerCase()];
    const { folder } = this.options;
    if (!type || !folder || /^[a-z]+:|^\//i.test(src)) return rest;
    const root = resolve(folder);
    const path = resolve(join(root, decodeURIComponent(src)));
    if (!path.startsWith(root + sep)) return rest;
    try {
      const bytes = readFileSync(path);
      if (bytes.length > MAX_PICTURE) return rest;
      return { ...rest, src: `data:${type};base64,${bytes.toString("base64")}` };
    } catch {
      return rest;
    }
  }
}

const PICTURE_TYPES: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

const MORE_TAGS = [
  ...["img", "figure", "figcaption", "details", "summary", "del", "ins", "meter", "progress", "output", "picture"],
  ...["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "title"],
  ...["linearGradient", "stop", "clipPath"].map((tag) => tag.toLowerCase()),
];

const ATTRIBUTES = [
  ...["class", "id", "style", "title", "role", "colspan", "rowspan", "scope", "open", "lang", "aria-*", "data-*"],
  ...["width", "height", "viewBox", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "points"],
  ...["fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity"],
  ...[
    "transform",
    "text-anchor",
    "font-size",
    "font-weight",
    "offset",
    "stop-color",
    "preserveAspectRatio",
    "dy",
    "dx",
  ],
  ...["value", "min", "max"],
];

function firstHeading({ cells }: Notebook): string | undefined {
  for (const { cell_type, source } of cells) {
    const heading = cell_type === "markdown" ? /^#+\s+(.+)$/m.exec(source)?.[1] : undefined;
    if (heading) return heading.replace(/[*_`]/g, "");
  }
  return undefined;
}

/** TypeScript with its keywords, strings, numbers and comments marked. */
function highlight(source: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, source);
  const ends = placeholderEnds(source);
  let marked = "";
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.CloseBraceToken && ends.has(scanner.getTokenStart())) {
      kind = scanner.reScanTemplateToken(false);
    }
    const text = escapeUTF8(scanner.getTokenText());
    const name = className(kind);
    marked += name ? `<span class="${name}">${text}</span>` : text;
  }
  return marked;
}

/** Where the closing braces of placeholders in templates stand. */
function placeholderEnds(source: string): Set<number> {
  const found = new Set<number>();
  const visit = (node: TS.Node): void => {
    if (ts.isTemplateSpan(node)) found.add(node.literal.getStart());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ESNext, true));
  return found;
}

function className(kind: TS.SyntaxKind): string | undefined {
  if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia) return "c";
  if (kind >= ts.SyntaxKind.FirstKeyword && kind <= ts.SyntaxKind.LastKeyword) return "k";
  if (kind === ts.SyntaxKind.NumericLiteral || kind === ts.SyntaxKind.BigIntLiteral) return "n";
  if (
    kind === ts.SyntaxKind.StringLiteral ||
    (kind >= ts.SyntaxKind.FirstTemplateToken && kind <= ts.SyntaxKind.LastTemplateToken)
  )
    return "s";
  return undefined;
}

/** Text of a terminal: what is bold, faint or coloured stays so, everything else is dropped. */
function ansi(text: string): string {
  let open: string[] = [];
  const parts = text.split(COLOUR);
  return parts
    .map((part, i) => {
      if (i % 2 === 0) {
        const plain = escapeUTF8(stripVTControlCharacters(part));
        return open.length && plain ? `<span class="${open.join(" ")}">${plain}</span>` : plain;
      }
      for (const code of part.split(";").map(Number)) {
        const name = ANSI[code];
        if (code === 0) open = [];
        else if (code === 39) open = open.filter((one) => !one.startsWith("fg"));
        else if (code === 22) open = open.filter((one) => one !== "bold" && one !== "dim");
        else if (name) open = [...open.filter((one) => one !== name), name];
      }
      return "";
    })
    .join("");
}

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`);

const ANSI: Record<number, string> = {
  1: "bold",
  2: "dim",
  31: "fg-red",
  32: "fg-green",
  33: "fg-yellow",
  34: "fg-blue",
  35: "fg-magenta",
  36: "fg-cyan",
};

const STYLE = `
:root { --text: #1f2328; --faint: #656d76; --ground: #fff; --panel: #f6f8fa; --line: #d9dee3; --accent: #1976d2; --red: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --text: #e2e6ea; --faint: #9aa4ae; --ground: #111418; --panel: #1a1f25; --line: #30363d; --accent: #64b5f6; --red: #ff8a80 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.6 system-ui, sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 1000px; margin: 0 auto; padding: 32px 24px 64px }
h1, h2, h3 { line-height: 1.25; margin: 32px 0 8px } h1 { font-size: 30px } h2 { font-size: 22px } h3 { font-size: 17px }
p, ul, ol { margin: 8px 0; max-width: 75ch } a { color: var(--accent) }
section.code { position: relative; margin: 16px 0 }
.count { color: var(--faint); font: 12px/1.5 ui-monospace, monospace; position: absolute; left: -48px; width: 40px; text-align: right; top: 9px }
pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin: 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
pre.source, section.text pre { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 8px 12px }
.output { margin: 8px 0 0; overflow-x: auto } .output img { max-width: 100%; height: auto }
pre.stderr, pre.error { border-left: 3px solid var(--red); padding-left: 12px }
pre.stdout { color: var(--text) }
table { border-collapse: collapse; font-size: 13px } th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: left }
.figure { min-height: 360px; background: #fff; border-radius: 4px }
.k { color: #8250df } .s { color: #0a6640 } .n { color: #0550ae } .c { color: var(--faint); font-style: italic }
.bold { font-weight: 600 } .dim { color: var(--faint) } .fg-red { color: var(--red) } .fg-green { color: #1a7f37 } .fg-yellow { color: #9a6700 }
.fg-blue { color: #0969da } .fg-magenta { color: #8250df } .fg-cyan { color: #1b7c83 }
@media (prefers-color-scheme: dark) { .k { color: #d2a8ff } .s { color: #7ee2a8 } .n { color: #79c0ff } }
@media (max-width: 1100px) { .count { position: static; text-align: left } }
`;
