import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { CodeCell, Notebook } from "../../src/kernel/notebook-file.js";
import { runNotebook } from "../../src/kernel/runner/run-notebook.js";

const ROWS = "application/vnd.sightline.rows+json";
const path = (name: string) => fileURLToPath(new URL(`../../../notebooks/${name}.ipynb`, import.meta.url));

/** An executed notebook with what its cells showed. */
export class Executed {
  constructor(readonly notebook: Notebook) {}

  static async run(name: string, parameters: Record<string, unknown> = {}): Promise<Executed> {
    return new Executed(await runNotebook(path(name), { out: false, parameters }));
  }

  cell(words: string): CodeCell {
    const found = this.notebook.cells.find(({ cell_type, source }) => cell_type === "code" && source.includes(words));
    assert.ok(found, `a cell with ${words}`);
    return found as CodeCell;
  }

  bundles(words: string): Record<string, unknown>[] {
    return this.cell(words).outputs.flatMap((output) =>
      output.output_type === "display_data" || output.output_type === "execute_result" ? [output.data] : [],
    );
  }

  rows(words: string): Record<string, unknown>[] {
    const found = this.bundles(words).find((bundle) => ROWS in bundle);
    assert.ok(found, `a table under ${words}`);
    return found[ROWS] as Record<string, unknown>[];
  }

  /** What a cell printed, and the words of what it showed. */
  text(words: string): string {
    return this.cell(words)
      .outputs.map((output) => {
        if (output.output_type === "stream") return output.text;
        return "data" in output ? `${(output.data as Record<string, unknown>)["text/plain"] ?? ""}\n` : "";
      })
      .join("");
  }

  /** Pictures within the HTML of what a cell showed. */
  inlined(words: string): number {
    const html = this.bundles(words).map((bundle) => String(bundle["text/html"] ?? ""));
    return html.join("").match(/<img /g)?.length ?? 0;
  }

  pictures(): number {
    const code = this.notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
    const bundles = code.flatMap(({ outputs }) => outputs).filter((output) => "data" in output);
    return bundles.filter((output) =>
      Object.keys((output as { data: object }).data).some((type) => /^image\//.test(type)),
    ).length;
  }
}

/** "takes tripod from 0.94 to 0.09; 0 of 50 …" as numbers. */
export function claims(text: string): { before: number; after: number; alike: number; of: number }[] {
  return [...text.matchAll(/from ([\d.]+) to ([\d.]+); (\d+) of (\d+) regions/g)].map(
    ([, before, after, alike, of]) => ({
      before: Number(before),
      after: Number(after),
      alike: Number(alike),
      of: Number(of),
    }),
  );
}
