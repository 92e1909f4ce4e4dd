import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/kernel/node/package-paths.js";
import { parseNotebook } from "../../src/kernel/notebook-file.js";
import { codeCells, executedBy, kindsOf, noPython, type Tool } from "../support/jupyter.js";

const WALKTHROUGHS = ["1-basic", "2-deep-dive", "3-map-interpretation"].map((name) =>
  join(packageRoot, "notebooks", `${name}.ipynb`),
);

for (const tool of ["nbclient", "jupyter execute"] satisfies Tool[]) {
  test(`${tool} runs all three walkthroughs and every cell shows what our own runner shows`, {
    skip: noPython,
    timeout: 3_600_000,
  }, async () => {
    const scratch = mkdtempSync(join(tmpdir(), "sightline-nbclient-"));
    try {
      const notebooks = await executedBy(tool, WALKTHROUGHS, scratch);
      for (const [i, notebook] of notebooks.entries()) {
        const committed = codeCells(parseNotebook(readFileSync(WALKTHROUGHS[i], "utf8")));
        const ran = codeCells(notebook);
        assert.deepEqual(
          ran.map((cell) => [cell.source, ...kindsOf(cell)]),
          committed.map((cell) => [cell.source, ...kindsOf(cell)]),
          WALKTHROUGHS[i],
        );
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
