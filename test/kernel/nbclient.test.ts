import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { codeCells, executedBy, kindsOf, noPython, type Tool } from "../support/jupyter.js";

const CELLS: { source: string; tags?: string[] }[] = [
  { source: "const squares = [1, 2, 3].map((n) => n * n); squares" },
  { source: "for (let i = 0; i < 1000; i++) console.log(i);" },
  {
    source:
      'import { display, html } from "sightline/notebook"; display(html("<b>x</b>")); await Promise.resolve("late")',
  },
  { source: "throw new RangeError('too far')", tags: ["raises-exception"] },
  { source: "squares.length.toUpperCase()", tags: ["raises-exception"] },
  { source: 'import { IntSlider } from "sightline/widgets"; new IntSlider({ value: 3 })' },
  { source: "squares.length" },
];

for (const tool of ["nbclient", "jupyter execute"] satisfies Tool[]) {
  test(`${tool} runs a notebook on the installed kernel: results, text, errors, widgets`, {
    skip: noPython,
  }, async () => {
    const scratch = mkdtempSync(join(tmpdir(), "sightline-nbclient-"));
    try {
      const path = join(scratch, "short.ipynb");
      const cells = CELLS.map(({ source, tags = [] }, i) => ({
        ...{ cell_type: "code", id: `c${i}`, metadata: { tags }, source, execution_count: null, outputs: [] },
      }));
      const metadata = { kernelspec: { name: "sightline", display_name: "TypeScript (Sightline)" } };
      writeFileSync(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }));
      const [notebook] = await executedBy(tool, [path], scratch);
      const ran = codeCells(notebook);
      assert.deepEqual(ran.map(kindsOf), [
        ["text/plain"],
        ["stdout"],
        ["text/html", "text/plain"],
        ["RangeError"],
        ["TypeError"],
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
        ["text/plain"],
      ]);
      assert.deepEqual(
        ran.map(({ execution_count }) => execution_count),
        [1, 2, 3, 4, 5, 6, 7],
      );
      const printed = ran[1].outputs.map((output) => (output.output_type === "stream" ? output.text : "")).join("");
      assert.equal(printed, Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join(""));
      assert.ok(JSON.stringify(notebook.metadata.widgets).includes("IntSliderModel"));
      assert.equal((notebook.metadata.language_info as { name: string }).name, "typescript");
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
