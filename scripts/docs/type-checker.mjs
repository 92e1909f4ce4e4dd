// TypeScript's view of a file of the sources, for pages that are made of docstrings.
import { join, relative } from "node:path";
import ts from "typescript";
import { root } from "../setup.mjs";

/**
 * The compiler's checker and the symbols that a file exports.
 * @param path of the file, from the root
 * @param changed texts that stand in for files, by their path from the root
 */
export function exportsOf(path, changed = new Map()) {
  const file = join(root, path);
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root);
  const whole = { ...options, noEmit: true, incremental: false, emitDeclarationOnly: false };
  const host = ts.createCompilerHost(whole);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version) => {
    const text = changed.get(relative(root, name));
    return text === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, text, version, true);
  };
  const program = ts.createProgram([file], whole, host);
  const checker = program.getTypeChecker();
  return { checker, symbols: checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))) };
}
