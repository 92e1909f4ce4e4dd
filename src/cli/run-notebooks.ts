import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type NotebookToHtmlOptions, notebookToHtml } from "../export/notebook-page.js";
import { type Notebook, readNotebook, writeWhole } from "../kernel/runner/notebook-file.js";
import { runNotebook } from "../kernel/runner/run-notebook.js";

export interface RunNotebooksOptions {
  /** Longest time for one cell, in seconds. */
  timeout?: number;
  parameters?: Readonly<Record<string, string>>;
  /** Folder for one page each. */
  html?: string;
  /** Folder for the executed notebooks; they are written back without it. */
  output?: string;
  signal?: AbortSignal;
}

/** What `sightline notebook run` does: progress on stderr, a failing cell ends the run with its error. */
export async function runNotebooks(
  files: readonly string[],
  { timeout = 600, parameters = {}, html, output, signal }: RunNotebooksOptions = {},
): Promise<void> {
  for (const folder of [html, output]) if (folder) await mkdir(folder, { recursive: true });
  for (const file of files) {
    const started = performance.now();
    const name = basename(file, ".ipynb");
    const out = output ? join(output, basename(file)) : file;
    const values = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, parameterOf(value)]));
    const toPage = async (notebook: Notebook) => {
      if (!html) return;
      const page = notebookToHtml(notebook, { folder: dirname(file), widgets: await widgetPages() });
      await writeWhole(join(html, `${name}.html`), page);
    };
    let notebook: Notebook;
    try {
      notebook = await runNotebook(file, {
        timeout: timeout * 1_000,
        parameters: values,
        signal,
        out,
        onCell: ({ index, count, done, milliseconds, cell }) => {
          const time = done ? `  ${(milliseconds / 1_000).toFixed(1)} s` : "";
          const line = `${name}  ${index + 1}/${count}${time}`;
          if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}  ${firstLine(cell.source)}`.slice(0, 100));
          else if (done) process.stderr.write(`${line}\n`);
        },
      });
    } catch (error) {
      await readNotebook(out).then(toPage, () => {});
      throw error;
    }
    await toPage(notebook);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    process.stderr.write(`${process.stderr.isTTY ? "\r\x1b[2K" : ""}${name}  done in ${seconds} s\n`);
  }
}

async function widgetPages(): Promise<NotebookToHtmlOptions["widgets"]> {
  const { widgetHead, widgetView } = await import("../export/widget-page.js");
  return { head: (state) => widgetHead(state as Parameters<typeof widgetHead>[0]), view: widgetView };
}

/** A parameter of the command line: JSON where it is JSON, text otherwise. */
function parameterOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function firstLine(source: string): string {
  return source.trim().split("\n")[0];
}
