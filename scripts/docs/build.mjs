// Puts the site's pages together in dist/docs-source: what is written by hand in docs/, what is generated from the sources;
// then builds dist/docs.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../setup.mjs";
import { commandPages } from "./commands.mjs";
import { readGallery } from "./gallery.mjs";
import { lessonPages } from "./lessons.mjs";
import { checkSite } from "./links.mjs";
import { methodPages } from "./methods.mjs";
import { writeReference } from "./reference.mjs";
import { widgetsPage } from "./widgets.mjs";

const source = join(root, "dist/docs-source");

/** Pages of the repository's root that the site shows, too. */
const ROOT_PAGES = { "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md" };

/**
 * @param base the path at which a server has the site, with a slash at both ends
 * @param site the folder that it is written to
 */
export async function buildDocs({ base = "/", site = join(root, "dist/docs") } = {}) {
  rmSync(source, { recursive: true, force: true });
  cpSync(join(root, "docs"), source, { recursive: true });
  cpSync(join(root, "docs/images"), join(source, "public/images"), { recursive: true });
  cpSync(join(root, "package.json"), join(source, "package.json"));
  for (const [from, to] of Object.entries(ROOT_PAGES)) {
    writeFileSync(join(source, to), readFileSync(join(root, from), "utf8").replaceAll("](docs/", "]("));
  }
  includeSections();
  const gallery = await readGallery(join(source, "public/gallery"));
  const [methods, commands, lessons] = await Promise.all([
    methodPages(gallery),
    commandPages(),
    lessonPages(join(source, "public/lessons")),
  ]);
  const symbols = await writeReference(join(source, "reference/api"));
  writePages(methods.pages);
  writePages(commands.pages);
  writePages(lessons.pages);
  writePages(new Map([["reference/widgets", widgetsPage()]]));
  const reference = [
    { text: "Reference", link: "/reference/" },
    { text: "Widgets", link: "/reference/widgets" },
    { text: "Errors", link: "/errors" },
    commands.sidebar,
    ...symbols,
  ];
  const generated = { methods: methods.sidebar, lessons: lessons.sidebar, reference };
  writeFileSync(join(source, ".vitepress/generated.json"), JSON.stringify(generated));
  const { build } = await import("vitepress");
  await build(source, { outDir: site, base });
  checkSite(site, base);
  return site;
}

/** Puts a section of the README where a page says `<!-- README.md: its heading -->`: nothing is written twice. */
function includeSections() {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const name of readdirSync(source, { recursive: true }).filter((path) => path.endsWith(".md"))) {
    const file = join(source, name);
    const text = readFileSync(file, "utf8");
    const whole = text.replace(/^<!-- README\.md: (.+) -->$/gm, (_, heading) => {
      const section = readme.split(/^(?=## )/m).find((part) => part.startsWith(`## ${heading}\n`));
      if (!section) throw new Error(`docs/${name}: README.md has no section '${heading}'`);
      return section;
    });
    if (whole !== text) writeFileSync(file, whole);
  }
}

function writePages(pages) {
  for (const [path, text] of pages) {
    const file = join(source, `${path}.md`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
