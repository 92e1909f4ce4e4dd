import { readFileSync } from "node:fs";

/** The contents of a Markdown page's code blocks, from the section of a heading on; in their order. */
export function codeBlocks(path: string, heading: string): string[] {
  const [, section] = readFileSync(path, "utf8").split(new RegExp(`^#+ ${heading}$`, "m"));
  if (section === undefined) throw new Error(`${path} has no section '${heading}'`);
  return [...section.split(/^#+ /m)[0].matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
}
