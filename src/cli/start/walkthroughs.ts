import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { files } from "#platform/files";
import { ROWS_TYPE } from "../../core/display.js";
import { version } from "../../core/version.js";
import { packageRoot } from "../../kernel/node/package-paths.js";
import { readNotebook } from "../../kernel/notebook-file.js";
import { runNotebooks } from "../run-notebooks.js";
import { print, printRows, type Rows } from "../terminal.js";

/** Lessons 1 to 3; the third prints the table of cases. */
const COUNT = 3;

export interface WalkthroughOptions {
  /** Folder for a page of each. */
  readonly reports: string;
  /** Run them although nothing has changed since they were last run. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs the walkthroughs on our own kernel, writes a page of each, and prints the table of cases. */
export async function runWalkthroughs(
  notebooks: readonly string[],
  { reports, fresh = false, signal }: WalkthroughOptions,
): Promise<void> {
  const walkthroughs = notebooks.slice(0, COUNT);
  const pages = walkthroughs.map((path) => join(reports, `${basename(path, ".ipynb")}.html`));
  const stamp = join(reports, ".walkthroughs");
  const current = await stateOf(walkthroughs);
  const last = await files.readText(stamp, { atMost: 1024 }).catch(() => undefined);
  if (!fresh && last === current && pages.every((page) => existsSync(page))) {
    print("• The walkthroughs are as they were last run (--fresh runs them again)");
  } else {
    print("• Walkthroughs, on our own kernel");
    await mkdir(reports, { recursive: true });
    await runNotebooks(walkthroughs, { html: reports, signal });
    await files.writeFileAtomic(stamp, await stateOf(walkthroughs));
  }
  const { cells } = await readNotebook(walkthroughs[COUNT - 1]);
  const outputs = cells.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []));
  const table = outputs
    .map((output) => ("data" in output ? (output.data as Record<string, unknown>)[ROWS_TYPE] : undefined))
    .find(isCases);
  print("");
  if (table) printRows(table, false);
  for (const page of pages) print(`  ${page}`);
}

const isCases = (rows: unknown): rows is Rows => Array.isArray(rows) && rows[0]?.case !== undefined;

/** What the pages depend on: the notebooks, their pictures and this very package. */
async function stateOf(notebooks: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(version);
  const images = join(dirname(notebooks[0]), "images");
  const pictures = existsSync(images) ? await files.list(images) : [];
  const built = join(packageRoot, "dist/.built");
  const inputs = [...notebooks, ...pictures.map((name) => join(images, name)), ...(existsSync(built) ? [built] : [])];
  for (const path of inputs) hash.update(await files.read(path));
  return hash.digest("hex");
}
