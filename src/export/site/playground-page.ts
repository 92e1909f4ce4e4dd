import { escapeHtml, htmlPage } from "../../core/html.js";

/** A model that a site has. */
export interface SiteModel {
  /** In the catalog; absent for a model of the site's own. */
  readonly name?: string;
  /** Of its file, below the site; absent for the catalog's. */
  readonly path?: string;
  readonly title: string;
  /** Size of its file. */
  readonly bytes: number;
}

export interface PlaygroundPageOptions {
  readonly title: string;
  /** Where the site begins, seen from the page: "." or "..". */
  readonly root: string;
  readonly models: readonly SiteModel[];
  /** Paths of photographs, below the site. */
  readonly pictures: readonly string[];
  /** HTML below the playground. */
  readonly below?: string;
}

/** The page on which visitors try their own model and picture; `src/browser/playground/page/` puts itself into it. */
export function playgroundPage({ title, root, models, pictures, below = "" }: PlaygroundPageOptions): string {
  const config = JSON.stringify({ models, pictures }).replaceAll("<", "\\u003c");
  const site = `${root}/sightline`;
  return htmlPage({
    title,
    policy: POLICY,
    head: `<link rel="icon" href="${site}/logo/logo-svg.svg">
<link rel="stylesheet" href="${site}/playground.css">
<script type="application/json" id="playground-site">${config}</script>
<script type="module" src="${site}/playground.js"></script>
`,
    body: `<h1>${escapeHtml(title)}</h1>
<p class="pg-lead">See what an image classifier looks at, and whether to believe it. Drop your own ONNX model and picture anywhere
on this page: everything runs in this browser, nothing is uploaded.${below && ' <a href="#notebooks">Notebooks</a>'}</p>
<main id="playground" class="sightline"><p>Loading …</p><noscript>This page needs JavaScript.</noscript></main>
${below}`,
  });
}

/** Everything comes from the site itself. Where workers inherit the page's policy, the runtime's WebAssembly needs to be named. */
const POLICY = {
  "script-src": "'self' 'wasm-unsafe-eval'",
  "style-src": "'self' 'unsafe-inline'",
  "img-src": "'self' data: blob:",
  "connect-src": "'self' blob:",
  "worker-src": "'self' blob:",
};
