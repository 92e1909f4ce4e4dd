import { fileURLToPath } from "node:url";

/** Absolute path of one of the walkthroughs' pictures. */
export function notebookImage(name: string): string {
  return fileURLToPath(new URL(`../../../notebooks/images/${name}`, import.meta.url));
}
