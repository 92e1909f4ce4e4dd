import { escapeHtml, htmlPage } from "../../core/html.js";
import type { DriveFile } from "./contents.js";

/** The notebooks of a site by their headings, as HTML. They open in JupyterLab, on a narrow screen in its view of one notebook. */
export function listOfNotebooks(notebooks: readonly DriveFile[]): string {
  const headings = notebooks.map(({ path, bytes }) => headingOf(bytes) ?? path);
  const entries = notebooks.map(({ path }, i) => {
    const link = (view: string, screen: string) =>
      `<a class="${screen}" href="${view}/index.html?path=${encodeURIComponent(path)}">${escapeHtml(headings[i])}</a>`;
    return `<li>${link("lab", "wide")}${link("notebooks", "narrow")}</li>`;
  });
  const numbered = headings.every((heading) => /^\d/.test(heading));
  return `${LITE_ROOT}<nav id="notebooks" aria-label="Notebooks"><style>${LIST_STYLE}</style><h2>Notebooks</h2>
<ol${numbered ? ' class="numbered"' : ""}>${entries.join("")}</ol>
<p>They run in this browser, and what you change stays on this machine: <em>File → Download</em> saves a copy. The first visit
takes a moment; later ones are quick.</p></nav>`;
}

/** The first page of a site of notebooks. @param notebooks as {@link listOfNotebooks} writes them */
export function landingPage(title: string, notebooks: string): string {
  return htmlPage({
    title,
    style: STYLE,
    body: `<main><h1>${escapeHtml(title)}</h1>
<p><a href="playground/index.html">Try your own model and picture</a>: nothing is uploaded.</p>
${notebooks}</main>`,
  });
}

/** The first heading of a notebook. */
function headingOf(bytes: Uint8Array): string | undefined {
  const { cells } = JSON.parse(new TextDecoder().decode(bytes)) as { cells: { cell_type: string; source: unknown }[] };
  const texts = cells.filter((cell) => cell.cell_type === "markdown").map(({ source }) => [source].flat().join(""));
  return texts.map((text) => /^#\s+(.+)$/m.exec(text)?.[1].trim()).find(Boolean);
}

/** JupyterLite's pages look for their settings in every page above them, up to this one. */
const LITE_ROOT = '<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{}</script>';

const LIST_STYLE = `.numbered { list-style: none; padding: 0; }
@media (max-width: 48rem) { .wide { display: none; } } @media not all and (max-width: 48rem) { .narrow { display: none; } }`;

const STYLE = `main { max-width: 40rem; margin: 10vh auto; padding: 0 1rem; font: 1.125rem/1.5 system-ui, sans-serif; }
ol { padding-left: 1.5rem; } li { margin: .5rem 0; }`;
