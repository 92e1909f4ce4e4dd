import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { formatNotebook, parseNotebook, withoutOutputs } from "../../kernel/notebook-file.js";
import { cachedModel, catalogEntry, catalogLabels, fetchModel } from "../../model/catalog.js";
import { lessonOf } from "../../model/teach.js";
import type { Control } from "../../model/types.js";
import { type DriveFile, writeContents, writeFiles } from "./contents.js";
import { type Extension, type LiteOptions, prebuilt, writeJupyterLite } from "./jupyterlite.js";
import { landingPage, listOfNotebooks } from "./landing-page.js";
import { playgroundPage, type SiteModel } from "./playground-page.js";
import { SiteFolder } from "./site-folder.js";
import { typesBundle } from "./types-bundle.js";

export interface SiteOptions extends Control {
  /** Folder of notebooks and what they need; every file of it comes along. */
  readonly notebooks: string;
  /** Visitors begin with the playground; `alone`: without notebooks, with their folder's pictures alone. */
  readonly playground?: "first" | "alone";
  /** A catalog name, or the path of a model that cells load by its file's name. */
  readonly model?: string;
  readonly title: string;
  onProgress?(text: string): void;
}

/** Larger files do not belong in a page that thirty pupils open at once. */
const LARGEST_FILE = 200 * 2 ** 20;
const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;
const SKIPPED = /^\.|~$|^(node_modules|reports|__pycache__)$/;

/**
 * Writes a static folder in which notebooks run with our kernel in the visitor's browser: served by anything, asking no
 * other host.
 * @throws SightlineError `file-not-found`, `download-failed`, `checksum-mismatch`, `bad-config`, `write-failed`, `aborted`
 */
export async function buildSite(out: string, options: SiteOptions): Promise<void> {
  const { notebooks, model, playground, signal, onProgress = () => {} } = options;
  const folder = await driveOf(notebooks);
  const drive = playground === "alone" ? folder.filter(({ path }) => PICTURE.test(path)) : folder;
  const lessons = drive.filter(({ path }) => /^[^/]+\.ipynb$/.test(path));
  if (lessons.length === 0 && playground !== "alone") {
    throw new SightlineError("file-not-found", `no notebook in '${notebooks}'`, {
      received: notebooks,
      expected: "a folder with .ipynb files",
    });
  }
  const site = new SiteFolder(out);
  onProgress("models");
  const own = await writeModels(site, model, { signal });
  onProgress("kernel");
  await writeCode(site);
  if (playground === "alone") await writeFiles(site, [...drive, ...own.files]);
  else {
    onProgress("JupyterLite");
    await writeNotebooks(site, [...drive, ...own.files], { ...options, filesAhead: filesAhead(drive, own) });
  }
  onProgress("pages");
  const pictures = drive.map(({ path }) => `files/${path}`).filter((path) => PICTURE.test(path));
  await writePages(site, { lessons, pictures, models: own.offers }, options);
  await site.writeServiceWorker(await browserFile("service-worker.js"));
}

/** JupyterLite with our kernel and widgets, and the drive that visitors begin with. */
async function writeNotebooks(
  site: SiteFolder,
  drive: readonly DriveFile[],
  { title, signal, filesAhead }: SiteOptions & Pick<LiteOptions, "filesAhead">,
): Promise<void> {
  await writeJupyterLite(site, {
    title,
    signal,
    filesAhead,
    extensions: [await ourWidgets(), kernelExtension(await browserFile("plugin.js"))],
  });
  for (const name of (await builtFiles()).code.filter(isForQueries)) await writeBuilt(site, name);
  await writeBuilt(site, COMPILER);
  await site.write("sightline/types.json", await typesBundle());
  await writeContents(site, drive);
}

interface Offered {
  readonly lessons: readonly DriveFile[];
  readonly pictures: readonly string[];
  readonly models: readonly SiteModel[];
}

/** The front page, and the playground's own. */
async function writePages(site: SiteFolder, offered: Offered, { title, playground }: SiteOptions): Promise<void> {
  const { lessons, ...begin } = offered;
  const lessonList = lessons.length > 0 ? listOfNotebooks(lessons) : "";
  const page = (root: string, below?: string) => playgroundPage({ title, root, below, ...begin });
  await site.write("playground/index.html", page(".."));
  await site.write("index.html", playground ? page(".", lessonList) : landingPage(title, lessonList));
}

/** A file that the build of the browser edition made; they come compressed. */
const browserFile = (name: string): Promise<Uint8Array> => files.unpackedAsset(`../browser/${name}`);

/** Every file of a folder and below it, notebooks without outputs. */
async function driveOf(folder: string, below = ""): Promise<DriveFile[]> {
  const all: DriveFile[] = [];
  for (const name of await files.list(files.join(folder, below))) {
    if (SKIPPED.test(name)) continue;
    const path = below ? `${below}/${name}` : name;
    const place = files.join(folder, path);
    const facts = await files.stat(place);
    if (facts?.kind === "folder") all.push(...(await driveOf(folder, path)));
    else if (facts?.kind === "file") {
      const bytes = await files.read(place, { atMost: LARGEST_FILE });
      all.push({ path, bytes: name.endsWith(".ipynb") ? emptied(bytes, path) : bytes });
    }
  }
  return all;
}

function emptied(bytes: Uint8Array, path: string): Uint8Array {
  const notebook = parseNotebook(new TextDecoder().decode(bytes), `'${path}'`);
  return new TextEncoder().encode(formatNotebook(withoutOutputs(notebook)));
}

interface WrittenModels {
  /** For the notebooks' drive. */
  readonly files: readonly DriveFile[];
  readonly offers: readonly SiteModel[];
  /** A model that goes by a name: the files below `sightline/` that loading it reads. */
  readonly catalog?: { readonly name: string; readonly files: readonly string[] };
}

/** What each notebook that loads the site's model by its name is going to read. */
function filesAhead(drive: readonly DriveFile[], { catalog }: WrittenModels): LiteOptions["filesAhead"] {
  if (!catalog) return {};
  const named = new RegExp(`(["'\`])${catalog.name}\\1`);
  const loading = drive.filter(({ path, bytes }) => path.endsWith(".ipynb") && named.test(codeOf(bytes)));
  return Object.fromEntries(loading.map(({ path }) => [path, catalog.files]));
}

function codeOf(bytes: Uint8Array): string {
  const { cells } = parseNotebook(new TextDecoder().decode(bytes), "a notebook");
  return cells.map((cell) => (cell.cell_type === "code" ? cell.source : "")).join("\n");
}

/** Puts a catalog model where the page's cache is; another model goes to the notebooks. */
async function writeModels(site: SiteFolder, model: string | undefined, control: Control): Promise<WrittenModels> {
  if (model === undefined) return { files: [], offers: [] };
  if (/[./\\]/.test(model)) {
    const bytes = await files.read(model, { atMost: LARGEST_FILE });
    const path = files.basename(model);
    return { files: [{ path, bytes }], offers: [{ path: `files/${path}`, title: path, bytes: bytes.length }] };
  }
  await fetchModel(model, control);
  const path = (await cachedModel(model)) as string;
  const name = `models/${files.basename(path)}`;
  const bytes = await files.read(path);
  await site.write(`sightline/${name}`, bytes);
  await site.write(`sightline/${name}.sha256`, await files.read(`${path}.sha256`));
  const lesson = await lessonOf(model, control);
  await site.write(`sightline/${lesson.name}`, lesson.text);
  const labels = `assets/model/labels/${catalogEntry(model).labels}.json`;
  return {
    files: [],
    offers: [{ name: model, title: catalogEntry(model).title, bytes: bytes.length }],
    catalog: { name: model, files: [name, `${name}.sha256`, lesson.name, labels] },
  };
}

/** The worker's code, the runtime, the types, and the assets of the package that it reads. */
async function writeCode(site: SiteFolder): Promise<void> {
  for (const name of (await builtFiles()).code) {
    if (!isForQueries(name) && name !== COMPILER) await writeBuilt(site, name);
  }
  await site.write("sightline/plotly.js", await files.asset("widgets/browser/plotly.js"));
  for (const name of LOGOS)
    await site.write(`sightline/logo/${name}`, await files.asset(`kernel/install/logo/${name}`));
  for (const name of ASSETS) await site.write(`sightline/assets/${name}`, await files.asset(name));
  const labels = JSON.stringify(await catalogLabels("imagenet"));
  await site.write("sightline/assets/model/labels/imagenet.json", labels);
}

/** TypeScript, which compiles the cells of notebooks. */
const COMPILER = "typescript.js.zst";

/** DuckDB, which audits in notebooks ask. */
const isForQueries = (name: string) => name.startsWith("duckdb/");

async function writeBuilt(site: SiteFolder, name: string): Promise<void> {
  await site.write(`sightline/${name}`, await browserFile(name));
}

const LOGOS = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"];
const SCRIPTS = ["latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese"];
const ASSETS = [
  "image/resample.wasm",
  ...["honest", "shortcut", "binary"].map((name) => `classroom/models/${name}.onnx`),
  ...[
    "vision_model.onnx",
    "text_model.onnx",
    "tokenizer.json",
    "tokenizer_config.json",
    "preprocessor_config.json",
  ].map((name) => `classroom/models/words/${name}`),
  ...SCRIPTS.flatMap((script) => [400, 600].map((weight) => `render/fonts/inter-${script}-${weight}-normal.woff`)),
];

/** Names of the files that the build made: the workers' code, and the widgets' extension. */
async function builtFiles(): Promise<{ code: string[]; widgets: string[] }> {
  return JSON.parse(new TextDecoder().decode(await files.asset("../browser/files.json")));
}

/** The browser half of the widgets, as it is installed in JupyterLab. */
async function ourWidgets(): Promise<Extension> {
  const contents = new Map<string, Uint8Array>();
  for (const name of (await builtFiles()).widgets) contents.set(name, await files.asset(`../labextension/${name}`));
  return prebuilt("sightline", contents) as Extension;
}

function kernelExtension(plugin: Uint8Array): Extension {
  return { name: "sightline-kernel", load: "static/plugin.js", contents: new Map([["static/plugin.js", plugin]]) };
}
