import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { files } from "#platform/files";
import { exportHtml } from "../export/export-html.js";
import { notebookToHtml } from "../export/notebook-page.js";
import { type Notebook, readNotebook } from "../kernel/notebook-file.js";
import { type RunNotebookOptions, runNotebook } from "../kernel/runner/run-notebook.js";
import { jsonOrText } from "./options.js";
import { progressLine, report } from "./terminal.js";

type CellProgress = Parameters<NonNullable<RunNotebookOptions["onCell"]>>[0];

export interface RunNotebooksOptions {
  /** Time limit of each cell, in seconds. */
  timeout?: number;
  parameters?: Readonly<Record<string, string>>;
  /** Folder for a page of each notebook. */
  html?: string;
  /** The page opens one step a screen, with the notes for whoever presents. */
  classMode?: boolean;
  /** Folder for the executed notebooks; they are written back without it. */
  output?: string;
  signal?: AbortSignal;
}

/** What `sightline notebook run` does: progress on stderr; a failing cell ends the run with its error. */
export async function runNotebooks(paths: readonly string[], options: RunNotebooksOptions = {}): Promise<void> {
  for (const folder of [options.html, options.output]) if (folder) await mkdir(folder, { recursive: true });
  for (const path of paths) {
    const started = performance.now();
    await runOne(path, options);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    progressLine().end();
    report(`${nameOf(path)}  done in ${seconds} s`);
  }
}

/** What `sightline notebook export` does. */
export async function exportNotebooks(
  paths: readonly string[],
  { html, classMode }: { html: string; classMode?: boolean },
): Promise<void> {
  await mkdir(html, { recursive: true });
  for (const path of paths) {
    const page = join(html, `${nameOf(path)}.html`);
    await exportHtml(path, page, { classMode });
    report(page);
  }
}

async function runOne(
  path: string,
  { timeout = 600, parameters = {}, html, classMode, output, signal }: RunNotebooksOptions,
) {
  const out = output ? join(output, basename(path)) : path;
  const values = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, jsonOrText(value)]));
  const writePage = async (notebook: Notebook) => {
    if (!html) return;
    const page = await notebookToHtml(notebook, { folder: dirname(path), classMode });
    await files.writeFileAtomic(join(html, `${nameOf(path)}.html`), page);
  };
  const onCell = (progress: CellProgress) => showCell(nameOf(path), progress);
  let notebook: Notebook;
  try {
    notebook = await runNotebook(path, { timeout: timeout * 1_000, parameters: values, signal, out, onCell });
  } catch (error) {
    // the page shows how far it came
    await readNotebook(out).then(writePage, () => {});
    throw error;
  }
  await writePage(notebook);
}

const nameOf = (path: string) => basename(path, ".ipynb");

function showCell(name: string, { index, count, done, milliseconds, cell }: CellProgress): void {
  const time = done ? `  ${(milliseconds / 1_000).toFixed(1)} s` : "";
  const line = `${name}  ${index + 1}/${count}${time}`;
  const firstLine = cell.source.trim().split("\n")[0];
  if (process.stderr.isTTY) progressLine().show(`${line}  ${firstLine}`);
  else if (done) report(line);
}
