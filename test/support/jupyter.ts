import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { installKernel } from "../../src/kernel/install/install.js";
import { packageRoot } from "../../src/kernel/node/package-paths.js";
import { type CodeCell, type Notebook, parseNotebook } from "../../src/kernel/notebook-file.js";

const programs = join(packageRoot, ".venv", process.platform === "win32" ? "Scripts" : "bin");
export const python = join(programs, process.platform === "win32" ? "python.exe" : "python");
/** For the option `skip` of tests that need Python. */
export const noPython = !existsSync(python) && "no Python environment";

/** The programs of the Jupyter project that execute a notebook without a front end. */
export type Tool = "nbclient" | "jupyter execute";

/** Runs notebooks one after the other with a kernel that was installed for this; they are read from what the tool wrote. */
export async function executedBy(tool: Tool, paths: readonly string[], scratch: string): Promise<Notebook[]> {
  await installKernel({ prefix: scratch });
  const env = { ...process.env, JUPYTER_PATH: join(scratch, "share", "jupyter") };
  const out = (path: string) => join(scratch, basename(path));
  const nbclient = `import os, sys, nbformat
from nbclient import NotebookClient
out, paths = sys.argv[1], sys.argv[2:]
for path in paths:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": os.path.dirname(path)}}).execute()
    nbformat.write(notebook, os.path.join(out, os.path.basename(path)))`;
  const [program, ...args] =
    tool === "nbclient"
      ? [python, "-c", nbclient, scratch, ...paths]
      : [join(programs, "jupyter"), "execute", "--output", join(scratch, "{notebook_name}"), ...paths];
  const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const status = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(status, 0, complaints);
  return paths.map((path) => parseNotebook(readFileSync(out(path), "utf8")));
}

export function codeCells({ cells }: Notebook): CodeCell[] {
  return cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
}

/** What kinds of output a cell has: names of streams and errors, MIME types of the rest. */
export function kindsOf({ outputs }: CodeCell): string[] {
  const kinds = outputs.flatMap((output) => {
    if (output.output_type === "stream") return output.name;
    if (output.output_type === "error") return output.ename;
    return Object.keys(output.data);
  });
  return [...new Set(kinds)].sort();
}
