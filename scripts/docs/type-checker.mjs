// TypeScript's view of a file of the sources, for pages that are made of docstrings.
import { join } from "node:path";
import ts from "typescript";
import { root } from "../setup.mjs";

/** The compiler's checker and the symbols that a file exports. @param path of the file, from the root */
export function exportsOf(path) {
  const file = join(root, path);
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root);
  const program = ts.createProgram([file], {
    ...options,
    noEmit: true,
    incremental: false,
    emitDeclarationOnly: false,
  });
  const checker = program.getTypeChecker();
  return { checker, symbols: checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))) };
}
