// Builds the browser side of the widgets (widgets/) three ways from one source:
//   dist/labextension/            prebuilt extension for JupyterLab 4 and Notebook 7; Plotly in a file of its own
//   dist/src/widgets/browser/     what the kernel side sends or writes: anywidget module, Plotly, the page of
//                                 `sightline view`, and script and style of saved pages (views, widget manager, Jupyter's
//                                 controls; no loader of code), of class mode and of audits that were written as a page
//   dist/index.js                 the AMD module where nbviewer and nbconvert's pages look for it on servers of npm packages
// node scripts/build-widgets.mjs builds only this.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { onlyInNode } from "./build-browser.mjs";

/** Text that is a third of its size in the package. Higher levels of Brotli save little and take seconds. */
export const packed = (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });

const root = fileURLToPath(new URL("..", import.meta.url));
const { name, version, license, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  platform: "browser",
  target: "es2022",
  legalComments: "inline",
  loader: { ".css": "text", ".md": "text" },
  define: { global: "globalThis" },
  logLevel: "warning",
};

/** Bundles one wrapper. `@jupyter-widgets/base` is the page's own: the wrapper's `require` hands it over. */
async function wrapper(entry, options) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join("widgets/src", entry)],
    external: ["@jupyter-widgets/base"],
    ...options,
  });
  return outputFiles[0].text;
}

/** The parts of Plotly that the charts use, as a function body that leaves `Plotly` behind. */
async function plotly() {
  const { outputFiles } = await build({
    ...common,
    target: "es2020",
    entryPoints: ["widgets/src/plotly-parts.cjs"],
    format: "iife",
    globalName: "Plotly",
    loader: { ".css": "empty" },
    define: { global: "globalThis", "process.env.NODE_DEBUG": "false", "define.amd": "false" },
    footer: { js: "globalThis.SightlinePlotly=Plotly;" },
  });
  return `(()=>{${outputFiles[0].text}})();`;
}

/** Whether a source is newer than what was built of it last. */
export function widgetsAreStale() {
  const built = statSync(join(root, "dist/index.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return ["src", "widgets", "scripts"].some((folder) =>
    readdirSync(join(root, folder), { recursive: true }).some(
      (file) => statSync(join(root, folder, file)).mtimeMs > built,
    ),
  );
}

/** Script and style of saved pages. Our own style sheet is text that views put where they are, the others' are the page's. */
async function savedPage() {
  const styles = {
    name: "styles",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/]styles[\\/].+\.css$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8"),
        loader: "text",
      }));
    },
  };
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["widgets/src/saved-page.ts"],
    outdir: "dist",
    format: "iife",
    loader: { ".css": "css", ".woff2": "dataurl", ".woff": "empty", ".ttf": "empty", ".eot": "empty", ".svg": "empty" },
    plugins: [styles],
  });
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  return { script: text(".js"), style: text(".css") };
}

/** The page of an audit in one file: the explorer with what answers it, all from sources, for the browser's platform. */
async function auditPage() {
  const platform = {
    name: "platform",
    setup({ onResolve }) {
      onResolve({ filter: /^#platform\// }, ({ path }) => ({
        path: join(root, `src/platform/browser/${path.slice("#platform/".length)}.ts`),
      }));
    },
  };
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["src/browser/audit-page.ts"],
    format: "iife",
    conditions: ["browser"],
    plugins: [platform, onlyInNode],
  });
  return outputFiles[0].text;
}

export async function buildWidgets() {
  const [container, amd, anywidget, charts, page, explorer, classPage, audit] = await Promise.all([
    wrapper("labextension.ts", {
      format: "iife",
      banner: { js: "(()=>{const shared={};const require=()=>shared.base;" },
      footer: { js: "})();" },
    }),
    wrapper("amd.ts", { format: "cjs" }),
    wrapper("anywidget.ts", { format: "esm" }),
    plotly(),
    savedPage(),
    wrapper("explorer-page.ts", { format: "esm" }),
    wrapper("class-page.ts", { format: "iife" }),
    auditPage(),
  ]);
  writeExtension(container, charts);

  const browser = join(root, "dist/src/widgets/browser");
  rmSync(browser, { recursive: true, force: true });
  mkdirSync(browser, { recursive: true });
  const put = (file, text) => writeFileSync(join(browser, file), text);
  const module = `define(["module","@jupyter-widgets/base"],function(loaded,base){var module={exports:{}};(function(module,exports,require){${amd}
})(module,module.exports,function(){return base;});return module.exports;});\n`;
  put("anywidget.js", anywidget);
  put("explorer.js", explorer);
  put("plotly.js", charts);
  put("saved-page.js.br", packed(page.script));
  put("saved-page.css.br", packed(page.style));
  put("class-page.js", classPage);
  put("audit-page.js.br", packed(audit));
  writeFileSync(join(root, "dist/index.js"), module);
}

function writeExtension(container, charts) {
  const folder = join(root, "dist/labextension");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "static"), { recursive: true });
  const put = (stem, text) => {
    const file = `${stem}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}.js`;
    writeFileSync(join(folder, "static", file), text);
    return file;
  };
  const chartsFile = put("plotly", charts);
  const load = put("remoteEntry", container.replaceAll("__PLOTLY_FILE__", chartsFile));
  const manifest = {
    name,
    version,
    license,
    description,
    jupyterlab: {
      extension: true,
      outputDir: ".",
      _build: { load: `static/${load}`, extension: "./extension" },
    },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(folder, "install.json"),
    `${JSON.stringify({ packageManager: "npm", packageName: name, uninstallInstructions: "sightline kernel remove" }, null, 2)}\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWidgets();
