// What the sources say about each method: its docstring, and those of its options.
import ts from "typescript";
import { exportsOf } from "./type-checker.mjs";

/** By a method's name: `meaning`, its docstring, and `options`, docstrings by the option's name. A missing one is an error. @param changed texts that stand in for files of the sources */
export function methodDocs(changed) {
  const { checker, symbols } = exportsOf("src/methods/registry.ts", changed);
  const registry = symbols.find(({ name }) => name === "METHODS").valueDeclaration;
  const text = (symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const silent = [];
  const docs = registry.initializer.expression.properties.map((property) => {
    const name = property.name.text;
    const meaning = text(definitionOf(property, checker));
    const defaults = checker.getTypeAtLocation(property).getProperty("defaults");
    const options = checker
      .getTypeOfSymbol(defaults)
      .getProperties()
      .map((option) => [option.name, text(option)]);
    if (!meaning) silent.push(name);
    for (const [option, doc] of options) if (!doc) silent.push(`${option} of ${name}`);
    return [name, { meaning, options: new Map(options) }];
  });
  if (silent.length > 0) throw new Error(`without a docstring: ${silent.join(", ")}`);
  return new Map(docs);
}

/** The symbol whose docstring says what a line of the registry is. */
function definitionOf(property, checker) {
  const value = property.initializer;
  const symbol = ts.isShorthandPropertyAssignment(property)
    ? checker.getShorthandAssignmentValueSymbol(property)
    : checker.getSymbolAtLocation(ts.isCallExpression(value) ? value.expression : value);
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
