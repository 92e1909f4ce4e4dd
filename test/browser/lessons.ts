import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CodeCell } from "../../src/kernel/notebook-file.js";
import type { ShownCell } from "./front-end.js";
import { root } from "./support.js";

/** What the cells of a lesson print or show as text, by its stored outputs, without what differs from run to run. */
export async function storedTexts(name: string): Promise<string[]> {
  const { cells } = JSON.parse(await readFile(join(root, "notebooks", name), "utf8")) as { cells: CodeCell[] };
  const textOf = (output: CodeCell["outputs"][number]) => {
    if (output.output_type === "stream") return [output.text].flat().join("");
    if (!("data" in output)) return "";
    return [(output.data as Record<string, string | string[]>)["text/plain"] ?? ""].flat().join("");
  };
  return cells
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ outputs }) => comparable(outputs.map(textOf).join("\n")));
}

/** The same of cells that ran in a front end. */
export function shownTexts(cells: readonly ShownCell[]): string[] {
  return cells.map(({ outputs }) => comparable(outputs.map(({ text }) => text).join("\n")));
}

/** Texts without times and heights of figures (a time below them may wrap), what ran the model, and lines that long work leaves. */
function comparable(text: string): string {
  return text
    .replace(
      /^([\w-]+ on [\w-]+|audit of \d+ pictures|search for [a-z, ]+|comparison of two audits|training of a new head|concepts of [\w-]+|features of \d+ pictures|channel \d+ in \d+ pictures): .*$/gm,
      "",
    )
    .replace(/(milliseconds|threads): [\d.]+/g, "$1: …")
    .replace(/^(Figure \d+ ×) \d+:/gm, "$1 …:")
    .replace(/runtime: \{[^}]*\}/g, "runtime: …")
    .replace(/^(\| [\w-]+ \| \d+ \| \d+ \|) \d+ \|/gm, "$1 … |")
    .replace(/\n\s*\n+/g, "\n")
    .trim();
}

/** Where two editions print differently, cell by cell, as a reader compares them. */
export function differences(page: readonly string[], node: readonly string[]): string[] {
  return node.flatMap((text, i) => (alike(page[i], text) ? [] : [`cell ${i}\n  page: ${page[i]}\n  node: ${text}`]));
}

const NUMBER = /(?<![\w-])[−-]?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?/g;

/**
 * Whether texts are the same but for the last digit of the fractions in them, of long ones but for a millionth: the two runtimes
 * round sums differently. Whole numbers, and all that is no number, are equal.
 */
function alike(page: string | undefined, node: string): boolean {
  if (page === undefined) return false;
  if (page === node) return true;
  const [a, b] = [page, node].map((text) => text.match(NUMBER) ?? []);
  if (a.length !== b.length || page.replace(NUMBER, "#") !== node.replace(NUMBER, "#")) return false;
  return a.every(
    (number, i) => number === b[i] || Math.abs(numberOf(number) - numberOf(b[i])) <= 1.01 * roundingOf(b[i]),
  );
}

const numberOf = (text: string) => Number(text.replace("−", "-"));

/** What one step of a number's last decimal is worth, a millionth of the number at least; whole numbers have none. */
function roundingOf(text: string): number {
  const [mantissa, exponent = "0"] = text.split("e");
  const decimals = mantissa.split(".")[1]?.length;
  return decimals === undefined ? 0 : Math.max(10 ** (Number(exponent) - decimals), 1e-6 * Math.abs(numberOf(text)));
}
