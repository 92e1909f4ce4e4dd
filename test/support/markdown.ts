import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A block of code on a page, without the indentation that it has there. */
export interface CodeBlock {
  /** The page's path from the repository's root. */
  readonly page: string;
  /** The nearest heading above. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

/** The pages that are written by hand and those that are generated into the repository, from its root. */
export const documentationPages: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "test/fixtures/README.md"],
  ...readdirSync(join(root, "docs"), { recursive: true })
    .map((name) => `docs/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md"))
    .sort(),
];

/** The text of a page of {@link documentationPages}. */
export const pageText = (page: string): string => readFileSync(join(root, page), "utf8");

/** All code blocks of a page, in their order. */
export function blocksOf(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = "";
  for (const found of pageText(page).matchAll(/^#+ (.+)$|^( *)```(\S*)\n([\s\S]*?)^\2```$/gm)) {
    const [, title, indent, language, code] = found;
    if (title !== undefined) heading = title;
    else blocks.push({ page, heading, language, code: code.replace(new RegExp(`^${indent}`, "gm"), "") });
  }
  return blocks;
}

/** The contents of a page's code blocks in the section of a heading. @throws when it has none */
export function codeBlocks(page: string, heading: string): string[] {
  const found = blocksOf(page).filter((block) => block.heading === heading);
  if (found.length === 0) throw new Error(`${page} has no code below '${heading}'`);
  return found.map(({ code }) => code);
}
