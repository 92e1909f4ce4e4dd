import { parseTarGzip } from "nanotar";
import { unzip } from "#platform/archive";
import { files } from "#platform/files";
import { fetchPackageFile } from "#platform/python-packages";
import { SightlineError } from "../../core/errors.js";
import { cached } from "../../model/cache.js";
import type { Control } from "../../model/types.js";
import type { PackageFile } from "../../platform/python-packages.js";
import type { SiteFolder } from "./site-folder.js";

/** Another version may name its tokens and messages differently: `src/browser/lite/` is written against this one. */
const JUPYTERLITE: PackageFile = {
  project: "jupyterlite-core",
  version: "0.8.6",
  file: "jupyterlite_core-0.8.6-py3-none-any.whl",
  sha256: "2c77f7ca2a667e5404800632abedbc83d3edb9cc73303aa357016138e94e7aaa",
};

/** The widget manager of JupyterLab. */
const WIDGETS: PackageFile = {
  project: "jupyterlab-widgets",
  version: "3.0.17",
  file: "jupyterlab_widgets-3.0.17-py3-none-any.whl",
  sha256: "40ac1e9955acf116c4d995d9bfa082d86ad9ec6d91c4f134827cf5e0a5eb75e0",
};

const MOST_BYTES = 512 * 2 ** 20;
/** What a site has no use for: other pages of JupyterLite, its service worker, source maps, build settings. */
const LEFT_OUT =
  /^package\/(build\/)?(consoles|edit|repl|tree)\/|service-worker\.js$|\.map$|^package\/(rspack|package\.json|index\.html)/;

/** The site has a service worker of its own. */
const DISABLED = ["@jupyterlite/application-extension:service-worker-manager"];

/** A notebook that is closed gives back its kernel's memory: all kernels of a page share the page's. */
const SETTINGS = { "@jupyterlab/notebook-extension:tracker": { kernelShutdown: true } };

/** An extension of JupyterLab that is already built, in a folder below `extensions/`. */
export interface Extension {
  readonly name: string;
  /** The script that JupyterLab loads first, below the extension's folder. */
  readonly load: string;
  readonly style?: string;
  /** Path below the extension's folder → contents. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export interface LiteOptions extends Control {
  /** Shown in the tab of the browser. */
  readonly title: string;
  /** Besides Jupyter's widget manager, which comes by itself. */
  readonly extensions: readonly Extension[];
  /** Path of a notebook → files below `sightline/` that it is going to read: they are fetched while JupyterLab loads. */
  readonly filesAhead: Readonly<Record<string, readonly string[]>>;
}

/**
 * Writes JupyterLite, pinned by hash, into a folder: the apps `lab` and `notebooks`, set up for our kernel.
 * @throws SightlineError `download-failed`, `checksum-mismatch`, `bad-data`, `write-failed`, `aborted`
 */
export async function writeJupyterLite(site: SiteFolder, options: LiteOptions): Promise<void> {
  const { extensions, signal } = options;
  const app = await appFiles({ signal });
  for (const [name, bytes] of app) await site.write(name, bytes);
  const all = [await widgetManager({ signal }), ...extensions];
  for (const { name, contents } of all) {
    for (const [path, bytes] of contents) await site.write(`extensions/${name}/${path}`, bytes);
  }
  await site.write("jupyter-lite.json", settings(app, { ...options, extensions: all }));
  await site.write("build/schemas/all_federated.json", JSON.stringify(schemasOf(all)));
  await site.write("api/translations/all.json", JSON.stringify(LANGUAGES));
  await site.write("api/translations/en.json", JSON.stringify({ data: {}, message: "" }));
}

const LANGUAGES = { data: { en: { displayName: "English", nativeName: "English" } }, message: "" };

async function wheelFiles(wheel: PackageFile, control: Control): Promise<ReadonlyMap<string, Uint8Array>> {
  const place = files.join(files.cacheFolder(), "site", wheel.file);
  const { bytes } = await cached(place, () => fetchPackageFile(wheel, control));
  return unzip(bytes, { atMost: MOST_BYTES });
}

async function appFiles(control: Control): Promise<ReadonlyMap<string, Uint8Array>> {
  const name = `jupyterlite_core/jupyterlite-app-${JUPYTERLITE.version}.tgz`;
  const archive = (await wheelFiles(JUPYTERLITE, control)).get(name);
  if (!archive) throw incomplete(JUPYTERLITE, name);
  const entries = await parseTarGzip(archive);
  const kept = entries.filter(({ name, data }) => data && name.startsWith("package/") && !LEFT_OUT.test(name));
  return new Map(kept.map(({ name, data }) => [name.slice("package/".length), data as Uint8Array]));
}

async function widgetManager(control: Control): Promise<Extension> {
  const name = "@jupyter-widgets/jupyterlab-manager";
  const folder = `jupyterlab_widgets-${WIDGETS.version}.data/data/share/jupyter/labextensions/${name}/`;
  const wheel = await wheelFiles(WIDGETS, control);
  const contents = new Map<string, Uint8Array>();
  for (const [path, bytes] of wheel) if (path.startsWith(folder)) contents.set(path.slice(folder.length), bytes);
  return prebuilt(name, contents) ?? missing(WIDGETS, `${folder}package.json`);
}

/** An extension as its own package.json describes it. */
export function prebuilt(name: string, contents: ReadonlyMap<string, Uint8Array>): Extension | undefined {
  const manifest = contents.get("package.json");
  if (!manifest) return undefined;
  const { jupyterlab } = JSON.parse(new TextDecoder().decode(manifest)) as {
    jupyterlab: { _build: { load: string; style?: string } };
  };
  return { name, load: jupyterlab._build.load, style: jupyterlab._build.style, contents };
}

function settings(app: ReadonlyMap<string, Uint8Array>, { title, extensions, filesAhead }: LiteOptions): string {
  const original = app.get("jupyter-lite.json");
  if (!original) throw incomplete(JUPYTERLITE, "jupyter-lite.json");
  const read = JSON.parse(new TextDecoder().decode(original)) as { "jupyter-config-data": Record<string, unknown> };
  const config = {
    ...read["jupyter-config-data"],
    appName: title,
    contentsAllJsonFile: "all.json",
    defaultKernelName: "sightline",
    disabledExtensions: DISABLED,
    exposeAppInBrowser: true,
    // JupyterLab's own has 300 kB
    faviconUrl: "./sightline/logo/logo-32x32.png",
    federated_extensions: extensions.map(({ name, load, style }) => ({ name, extension: "./extension", load, style })),
    fileTypes: FILE_TYPES,
    settingsOverrides: SETTINGS,
    sightlineFilesAhead: filesAhead,
  };
  return `${JSON.stringify({ ...read, "jupyter-config-data": config }, undefined, 2)}\n`;
}

/** How the contents manager hands over files, by their endings; what is not named is base64. */
const FILE_TYPES = Object.fromEntries(
  (
    [
      ["ipynb", "json", "application/x-ipynb+json", ".ipynb"],
      ["json", "text", "application/json", ".json"],
      ["csv", "text", "text/csv", ".csv"],
      ["plain", "text", "text/plain", ".txt"],
      ["md", "text", "text/markdown", ".md"],
      ["png", "base64", "image/png", ".png"],
      ["jpeg", "base64", "image/jpeg", ".jpeg", ".jpg"],
      ["onnx", "base64", "application/octet-stream", ".onnx"],
    ] as const
  ).map(([name, fileFormat, mimeType, ...extensions]) => [
    name,
    { name, fileFormat, mimeTypes: [mimeType], extensions },
  ]),
);

/** The settings of all extensions, in one file. */
function schemasOf(extensions: readonly Extension[]): object[] {
  return extensions.flatMap(({ name, contents }) =>
    [...contents]
      .filter(([path]) => path.startsWith(`schemas/${name}/`) && path.endsWith(".json"))
      .map(([path, bytes]) => ({
        id: `${name}:${files.basename(path, ".json")}`,
        raw: "{}",
        schema: JSON.parse(new TextDecoder().decode(bytes)),
        settings: {},
        version: "",
      })),
  );
}

function incomplete({ file }: PackageFile, name: string): SightlineError {
  return new SightlineError("bad-data", `${file} has no ${name}`, { expected: "the package's original wheel" });
}

function missing(wheel: PackageFile, name: string): never {
  throw incomplete(wheel, name);
}
