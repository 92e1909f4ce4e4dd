// A page for each public symbol, by TypeDoc. A symbol without a docstring, or a link in one that leads nowhere, is an error.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Application, LogLevel, OptionDefaults, ReflectionKind } from "typedoc";
import { root } from "../setup.mjs";

const DOORS = ["index", "notebook", "widgets/index", "classroom/index"];

/** What is imported from where, by TypeDoc's name of the module. */
const MODULES = {
  index: "sightline",
  notebook: "sightline/notebook",
  widgets: "sightline/widgets",
  classroom: "sightline/classroom",
};

/** Writes the pages into a folder and returns the sidebar. */
export async function writeReference(folder) {
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: DOORS.map((door) => join(root, `src/${door}.ts`)),
    tsconfig: join(root, "tsconfig.json"),
    name: "Symbols",
    readme: "none",
    router: "member",
    logLevel: LogLevel.Warn,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    exclude: ["**/proto/*_pb.ts"],
    disableSources: true,
    skipErrorChecking: true,
    validation: { notExported: false, invalidLink: true, rewrittenLink: true, notDocumented: false },
    blockTags: [...OptionDefaults.blockTags, "@generated"],
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useHTMLEncodedBrackets: true,
    parametersFormat: "table",
    indexFormat: "table",
    entryFileName: "index",
    publicPath: "/reference/api/",
    useHTMLAnchors: true,
  });
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc could not read the sources");
  app.validate(project);
  requireDocstrings(project);
  await app.outputs.writeOutput({ name: "markdown", path: folder }, project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("the reference is incomplete, see above");
  for (const { name } of project.children) {
    const file = join(folder, name, "index.md");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^# .*/, `# ${MODULES[name]}`));
  }
  return project.children.map((door) => ({
    text: MODULES[door.name],
    link: `/reference/api/${door.name}/`,
    collapsed: true,
    items: door.groups.map(({ title }) => ({ text: title, link: `/reference/api/${door.name}/#${slug(title)}` })),
  }));
}

const slug = (title) => title.toLowerCase().replaceAll(" ", "-");

/** Options of functions: interfaces whose every property a reader chooses. */
const isOptions = ({ name }) => /(?:Options|Config|Traits)$/.test(name) && name !== "LayoutTraits";

/** @throws when a symbol that TypeDoc read, or an option of one, has no docstring */
export function requireDocstrings(project) {
  const isSaid = (symbol) =>
    symbol.hasComment() || (symbol.signatures ?? []).some((signature) => signature.hasComment());
  const doors = project.children.some((child) => child.isDeclaration() && child.kindOf(ReflectionKind.Module))
    ? project.children
    : [project];
  const symbols = doors.flatMap((door) => door.children ?? []).filter((symbol) => !symbol.isReference());
  const options = symbols
    .filter(isOptions)
    .flatMap(({ children = [] }) => children.filter((child) => !child.inheritedFrom));
  const silent = [...symbols, ...options].filter((symbol) => !isSaid(symbol));
  if (silent.length === 0) return;
  throw new Error(`without a docstring: ${silent.map((symbol) => symbol.getFullName()).join(", ")}`);
}
