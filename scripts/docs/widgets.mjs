// The page of widgets: each with what its docstring says and the traits that it has.
import ts from "typescript";
import { cell, code, fence, prose, table } from "./markdown.mjs";
import { exportsOf } from "./type-checker.mjs";

/** The page `reference/widgets`. @param changed texts that stand in for files of the sources */
export function widgetsPage(changed) {
  const { checker, symbols } = exportsOf("src/widgets/index.ts", changed);
  const widgets = symbols
    .map((exported) => (exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported))
    .filter((symbol) => isWidget(symbol, checker))
    .map((symbol) => describe(symbol, checker));
  const ours = widgets.filter(({ folder }) => folder === "widgets");
  const standard = widgets.filter(({ folder }) => folder === "controls");
  return `# Widgets

They move in JupyterLab 4 and Notebook 7, and in pages of \`exportHtml\` without a kernel; [how to write one](/how-to/widget). Import
them from \`sightline/widgets\`. Traits are what a widget's two halves share: \`widget.get(name)\`, \`widget.set(name, value)\` and
\`widget.observe(name, listener)\` take each by its name. Everything on the page has [those of its box](/reference/api/widgets/interfaces/BoxTraits), too.

## For explanations

${ours.map(section).join("\n\n")}

## Jupyter's standard controls

${standard.map(section).join("\n\n")}
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

/** The traits of a widget, but for those that every box has. A missing docstring is an error. */
function traitsOf(symbol, checker) {
  const traits = traitsTypeOf(symbol, checker)?.getProperties() ?? [];
  return traits
    .filter(({ name }) => !name.startsWith("_"))
    .map((property) => ({
      name: property.name,
      type: checker.typeToString(checker.getTypeOfSymbol(property), undefined, ts.TypeFormatFlags.NoTruncation),
      text: ts.displayPartsToString(property.getDocumentationComment(checker)).trim(),
    }))
    .map((trait) => {
      if (!trait.text) throw new Error(`the trait ${trait.name} of ${symbol.name} has no docstring`);
      return trait;
    });
}

/** The traits of what `control()` makes, whose type is `Control<Traits> & Traits`. */
const addedTo = (type) => type.types?.at(-1);

/** The type of a widget's own traits: of a class, what its base is given; of a control made of facts, what it adds to `Control`. */
function traitsTypeOf(symbol, checker) {
  if (ts.isClassDeclaration(symbol.valueDeclaration)) {
    const [base] = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol));
    return base && (addedTo(base) ?? checker.getTypeArguments(base)[0]);
  }
  const [made] = checker.getTypeOfSymbol(symbol).getConstructSignatures();
  return addedTo(made.getReturnType());
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
