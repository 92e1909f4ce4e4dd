// npm run errors: writes docs/errors.md from the list of codes in src/core/errors.ts; with --check only says whether the page
// is current.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorsPage } from "./docs/errors.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = errorsPage(readFileSync(`${root}src/core/errors.ts`, "utf8"));

const target = `${root}docs/errors.md`;
if (!process.argv.includes("--check")) writeFileSync(target, page);
else if (readFileSync(target, "utf8") !== page) {
  console.error("docs/errors.md is not what src/core/errors.ts says: npm run errors");
  process.exit(1);
}
