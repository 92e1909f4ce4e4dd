import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { notebookToHtml } from "../../../src/export/notebook-page.js";
import { formatNotebook, parseNotebook } from "../../../src/kernel/notebook-file.js";
import { runNotebook } from "../../../src/kernel/runner/run-notebook.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-runner-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function notebook(
  name: string,
  ...cells: (string | { source: string; tags?: string[]; markdown?: boolean })[]
): string {
  const path = join(folder, `${name}.ipynb`);
  const written = cells.map((cell, i) => {
    const {
      source,
      tags,
      markdown = false,
    } = typeof cell === "string" ? ({ source: cell } as { source: string; tags?: string[]; markdown?: boolean }) : cell;
    const shared = { id: `c${i}`, metadata: tags ? { tags } : {}, source };
    return markdown
      ? { cell_type: "markdown", ...shared }
      : { cell_type: "code", ...shared, execution_count: null, outputs: [] };
  });
  writeFileSync(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kept: true }, cells: written }));
  return path;
}

const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("runs the cells, writes their outputs back as Jupyter does, and keeps the rest", async () => {
  const path = notebook(
    "plain",
    { source: "# Title", markdown: true },
    "console.log('one\\ntwo')\nconst x = 2;",
    'import { display, updateDisplay } from "sightline/notebook"; display(1, { id: "d" }); x',
    'updateDisplay("new", { id: "d" })',
  );
  const seen: string[] = [];
  await runNotebook(path, { onCell: ({ index, done }) => seen.push(`${index}${done ? "." : ""}`) });
  const { cells, metadata } = read(path);
  assert.deepEqual(seen, ["0", "0.", "1", "1.", "2", "2."]);
  assert.equal(metadata.kept, true);
  assert.deepEqual(cells[1].outputs, [{ output_type: "stream", name: "stdout", text: ["one\n", "two\n"] }]);
  assert.deepEqual(cells[2].outputs[0].data, { "text/plain": ["new"] });
  assert.deepEqual(
    [cells[2].outputs[1].output_type, cells[2].outputs[1].data],
    ["execute_result", { "text/plain": ["2"] }],
  );
  assert.equal(cells[2].execution_count, 2);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

test("a failing cell fails the run with its error, and what ran is written", async () => {
  const path = notebook("failing", "'ran'", "throw new RangeError('too far')", "'never'");
  await assert.rejects(runNotebook(path), {
    code: "notebook-failed",
    message: /cell 2 of .*failing.*: RangeError: too far/,
  });
  const { cells } = read(path);
  assert.deepEqual(
    cells.map(({ outputs }: { outputs: unknown[] }) => outputs.length),
    [1, 1, 0],
  );
  assert.equal(cells[1].outputs[0].ename, "RangeError");
});

test("a cell that takes too long fails the run; so does a cancelled one", async () => {
  await assert.rejects(runNotebook(notebook("slow", "await new Promise(() => {})"), { timeout: 300 }), {
    code: "notebook-failed",
    message: /longer than 0\.3 s/,
  });
  const controller = new AbortController();
  const path = notebook("cancelled", "await new Promise(() => {})");
  await assert.rejects(runNotebook(path, { signal: controller.signal, onCell: () => controller.abort() }), {
    code: "aborted",
  });
});

test("parameters override those of the tagged cell, and no others", async () => {
  const path = notebook(
    "parameters",
    { source: "const threshold: number = 0.5;\nlet name = 'x';", tags: ["parameters"] },
    "[threshold, name]",
  );
  const out = join(folder, "out.ipynb");
  await runNotebook(path, { parameters: { threshold: 0.25 }, out });
  await runNotebook(out, { parameters: { threshold: 0.75, name: "y" } });
  const { cells } = read(out);
  assert.equal(cells.length, 3);
  assert.deepEqual(cells[1].source, ["const threshold: number = 0.75;\n", 'let name = "y";']);
  assert.deepEqual(cells[2].outputs[0].data["text/plain"], ["[ 0.75, 'y' ]"]);
  await assert.rejects(runNotebook(path, { parameters: { other: 1 } }), { code: "unknown-option" });
  await assert.rejects(runNotebook(notebook("none", "1"), { parameters: { a: 1 } }), { code: "bad-notebook" });
});

test("what is no notebook is refused with words", () => {
  assert.throws(() => parseNotebook("nonsense"), { code: "bad-notebook", message: /not JSON/ });
  assert.throws(() => parseNotebook('{"nbformat":3,"nbformat_minor":0,"cells":[]}'), {
    code: "bad-notebook",
    message: /nbformat/,
  });
});

test("a page is whole in itself, and nothing from outside runs in it", async () => {
  const attack = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>";
  const page = await notebookToHtml(
    parseNotebook(
      JSON.stringify({
        nbformat: 4,
        nbformat_minor: 5,
        metadata: {},
        cells: [
          { cell_type: "markdown", metadata: {}, source: `# A & B\n\n${attack}` },
          {
            cell_type: "code",
            metadata: {},
            execution_count: 1,
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are the cell's
            source: "const s = `a ${1 < 2} b`; // </pre><script>",
            outputs: [
              { output_type: "stream", name: "stdout", text: attack },
              { output_type: "display_data", metadata: {}, data: { "text/html": `<b>kept</b>${attack}` } },
              { output_type: "display_data", metadata: {}, data: { "image/png": 'AAAA"onload="alert(1)' } },
              { output_type: "error", ename: "E", evalue: "v", traceback: ["\u001b[31mred<\u001b[39m plain"] },
            ],
          },
        ],
      }),
    ),
  );
  assert.match(page, /<title>A &amp; B<\/title>/);
  assert.match(page, /<b>kept<\/b>/);
  assert.match(page, /<span class="fg-red">red&lt;<\/span> plain/);
  assert.match(page, /<span class="k">const<\/span>/);
  assert.doesNotMatch(page, /<script|<[^>]+\sonerror=|href=['"]?javascript|<[^>]+\sonload=|https?:\/\//);
});

test("a notebook is written as it was read", () => {
  const path = notebook("round", { source: "a\nb", markdown: true }, "1\n");
  const once = formatNotebook(parseNotebook(readFileSync(path, "utf8")));
  assert.equal(formatNotebook(parseNotebook(once)), once);
  assert.deepEqual(JSON.parse(once).cells[0].source, ["a\n", "b"]);
});
