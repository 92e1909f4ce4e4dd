const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text as it may stand in markup and in the values of attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** What a page is made of. All but the title is HTML and must be safe already: texts escaped, foreign HTML cleaned. */
export interface HtmlPage {
  /** Plain text. */
  readonly title: string;
  readonly body: string;
  readonly style?: string;
  /** Further elements of the head. */
  readonly head?: string;
  /** SHA-256 in base64 of each script of the page; a script that is not listed does not run. */
  readonly scripts?: readonly string[];
  /** Directives of the Content-Security-Policy that are other than a page's that stands alone: `"connect-src": "'self'"`. */
  readonly policy?: Readonly<Record<string, string>>;
}

/**
 * A page that stands alone: its Content-Security-Policy lets it ask nobody for anything and runs no script but its own.
 * It follows the reader's light or dark colours and scrolls only downwards on a phone; on paper nothing is cut in two.
 * In a table of many columns each cell names its own, `data-column`, so that on a phone a row becomes a list.
 */
export function htmlPage({ title, body, style = "", head = "", scripts = [], policy = {} }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(scripts, policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}${style}</style>
${head}</head>
<body>
${body}
</body>
</html>
`;
}

/**
 * What a page that stands alone may do: ask nobody for anything, and run no script but its own.
 * @param scripts as in {@link HtmlPage} @param policy as in {@link HtmlPage}
 */
export function contentSecurityPolicy(scripts: readonly string[], policy: HtmlPage["policy"]): string {
  const hashes = scripts.map((hash) => `'sha256-${hash}'`).join(" ");
  const directives = {
    "default-src": "'none'",
    ...(hashes && { "script-src": hashes }),
    "style-src": "'unsafe-inline'",
    "img-src": "data: blob:",
    "media-src": "data: blob:",
    "font-src": "data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    ...policy,
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join("; ");
}

const PAGE_STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 20%,transparent)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:24px 16px;font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1{font-size:26px;line-height:1.25;margin:0 0 16px}
img,svg{max-width:100%;height:auto}
table{border-collapse:collapse}th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--line)}
th{font-weight:600}thead th{vertical-align:bottom}
@media (max-width:640px){
table:has(td[data-column]),table:has(td[data-column]) :is(tbody,tr,tbody th,td){display:block;overflow-wrap:anywhere}
table:has(td[data-column]) thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table:has(td[data-column]) tbody tr{padding:8px 0;border-bottom:1px solid var(--line)}
table:has(td[data-column]) :is(tbody th,td){border:0;padding:0;text-align:left!important}
td[data-column]::before{content:attr(data-column)" ";color:color-mix(in srgb,currentColor 70%,transparent)}
}
@page{margin:15mm}
@media print{
body{padding:0;print-color-adjust:exact}
h1,h2,h3,h4{break-after:avoid}figure,img,svg,canvas,table,tr{break-inside:avoid}thead{display:table-header-group}
}
`;
