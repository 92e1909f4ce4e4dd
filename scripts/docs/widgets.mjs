// The page of widgets: each with what its docstring says and the traits that it has.
import ts from "typescript";
import { cell, code, fence, prose, table } from "./markdown.mjs";
import { exportsOf } from "./type-checker.mjs";

/** The page `reference/widgets`. */
export function widgetsPage() {
  const { checker, symbols } = exportsOf("src/widgets/index.ts");
  const widgets = symbols
    .map((exported) => (exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported))
    .filter((symbol) => isWidget(symbol, checker))
    .map((symbol) => describe(symbol, checker));
  const ours = widgets.filter(({ folder }) => folder === "widgets");
  const standard = widgets.filter(({ folder }) => folder === "controls");
  return `# Widgets

They move in JupyterLab 4 and Notebook 7, and in pages of \`exportHtml\` without a kernel; [how to write one](/how-to/widget). Import them from \`sightline/widgets\`.

## For explanations

${ours.map(section).join("\n\n")}

## Jupyter's standard controls

${table(
  ["widget", "what it is"],
  standard.map(({ name, page, text }) => [`[${name}](${page})`, cell(text.split("\n\n")[0])]),
)}
`;
}

/** Bases to build on, and what serves other widgets. */
const BASES = new Set(["Widget", "SightlineWidget", "Control", "Layout", "FrontEndLink"]);

/** Whether a symbol makes widgets that a reader uses. */
function isWidget(symbol, checker) {
  if (BASES.has(symbol.name) || !symbol.valueDeclaration) return false;
  const [made] = checker.getTypeOfSymbol(symbol).getConstructSignatures();
  return made?.getReturnType().getProperty("observe") !== undefined;
}

function describe(symbol, checker) {
  const declaration = symbol.valueDeclaration;
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  if (!text) throw new Error(`the widget ${symbol.name} has no docstring`);
  const example = symbol.getJsDocTags(checker).find(({ name }) => name === "example");
  return {
    name: symbol.name,
    page: `/reference/api/widgets/${ts.isClassDeclaration(declaration) ? "classes" : "variables"}/${symbol.name}`,
    folder: declaration.getSourceFile().fileName.split("/").at(-2),
    text,
    example: example && ts.displayPartsToString(example.text),
    traits: traitsOf(symbol, checker),
  };
}

/** The traits of a widget of ours: what its traits' type declares itself. */
function traitsOf(symbol, checker) {
  if (!ts.isClassDeclaration(symbol.valueDeclaration)) return [];
  const [base] = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol));
  const [traits] = base ? checker.getTypeArguments(base) : [];
  return (traits?.getProperties() ?? []).map((property) => ({
    name: property.name,
    type: checker.typeToString(checker.getTypeOfSymbol(property), undefined, ts.TypeFormatFlags.NoTruncation),
    text: ts.displayPartsToString(property.getDocumentationComment(checker)).trim(),
  }));
}

const section = ({ name, page, text, example, traits }) =>
  [
    `### ${name}`,
    prose(text),
    example && fence("ts", example),
    traits.length > 0 &&
      table(
        ["trait", "type", "what it is"],
        traits.map(({ name: key, type, text: what }) => [code(key), code(type), cell(what)]),
      ),
    `[Its class](${page})`,
  ]
    .filter(Boolean)
    .join("\n\n");
