import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";

/** One mention of another module, however it is written. */
export interface Import {
  /** As the source says it: "./rise.js", "#platform/files", "node:fs", "sharp". */
  readonly specifier: string;
  readonly line: number;
  /** Whether it is gone once types are erased. */
  readonly typeOnly: boolean;
  /** Files of the repository that it leads to; several where a condition of package.json chooses, none for a package. */
  readonly targets: readonly string[];
  /** Name of the package, `node:*` for a module of Node. */
  readonly package?: string;
}

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** One TypeScript file; paths are relative to the repository, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Written by a program, which says so in the first lines. */
  readonly generated: boolean;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSpan[];
  /** Every name declared at the top of the file, and `Class.member` for members of its classes. */
  readonly names: ReadonlySet<string>;
}

/** Parses every TypeScript file below `src/` and `widgets/src/` of a checkout. */
export function readSources(root: string): SourceFile[] {
  const { imports } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { imports?: SubpathImports };
  return ["src", "widgets/src"]
    .flatMap((folder) => readdirSync(`${root}/${folder}`, { recursive: true }).map((name) => `${folder}/${name}`))
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !path.startsWith("src/image/assembly/"))
    .sort()
    .map((path) => readSource(root, path, imports ?? {}));
}

/** The `imports` of package.json: "#platform/*" and, by condition, the files behind it. */
type SubpathImports = Readonly<Record<string, unknown>>;

/** Every source that a name like "#platform/files" may lead to; those of platforms that are not written yet are left out. */
function sourcesBehind(root: string, specifier: string, imports: SubpathImports): string[] {
  const files = (target: unknown): string[] => {
    if (typeof target === "string") return [target];
    return target && typeof target === "object" ? Object.values(target).flatMap(files) : [];
  };
  const found = Object.entries(imports).flatMap(([pattern, target]) => {
    const [before, after] = pattern.split("*");
    if (after === undefined) return pattern === specifier ? files(target) : [];
    if (!specifier.startsWith(before) || !specifier.endsWith(after)) return [];
    const middle = specifier.slice(before.length, specifier.length - after.length);
    return files(target).map((file) => file.replaceAll("*", middle));
  });
  const sources = found.map((file) => sourceOf(root, file.replace(/^\.\/(dist\/)?/, "")));
  return [...new Set(sources)].filter((file) => existsSync(`${root}/${file}`));
}

function readSource(root: string, path: string, subpaths: SubpathImports): SourceFile {
  const text = readFileSync(`${root}/${path}`, "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const imports: Import[] = [];
  const functions: FunctionSpan[] = [];
  const visit = (node: ts.Node): void => {
    const mention = mentionOf(node);
    if (mention) {
      const { specifier, typeOnly } = mention;
      const line = lineOf(node.getStart(source));
      imports.push({ specifier, typeOnly, line, ...resolve(root, path, specifier, subpaths) });
    }
    if (ts.isFunctionLike(node) && "body" in node && node.body) {
      const line = lineOf(node.getStart(source));
      functions.push({ name: nameOf(node, source), line, lines: lineOf(node.end) - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    path,
    lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0),
    generated: /^\/\/ @generated /m.test(text.slice(0, 500)),
    imports,
    functions,
    names: declaredNames(source),
  };
}

/** The module that a node names, if it names one. */
function mentionOf(node: ts.Node): { specifier: string; typeOnly: boolean } | undefined {
  const literal = (expression: ts.Node | undefined) =>
    expression && ts.isStringLiteralLike(expression) ? expression.text : undefined;
  let specifier: string | undefined;
  let typeOnly = false;
  if (ts.isImportDeclaration(node)) {
    specifier = literal(node.moduleSpecifier);
    typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  } else if (ts.isExportDeclaration(node)) {
    specifier = literal(node.moduleSpecifier);
    typeOnly = node.isTypeOnly;
  } else if (ts.isImportTypeNode(node)) {
    specifier = ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
    typeOnly = true;
  } else if (ts.isExternalModuleReference(node)) {
    specifier = literal(node.expression);
  } else if (ts.isCallExpression(node) && loads(node.expression)) {
    specifier = literal(node.arguments[0]);
  } else if (ts.isNewExpression(node) && node.expression.getText() === "URL") {
    const [file, base] = node.arguments ?? [];
    if (base?.getText() === "import.meta.url" && literal(file)?.startsWith(".")) specifier = literal(file);
  }
  return specifier === undefined ? undefined : { specifier, typeOnly };
}

/** `import(…)`, `require(…)` and the ways around them. */
function loads(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ["require", "require.resolve", "import.meta.resolve", "process.getBuiltinModule"].includes(callee.getText());
}

function resolve(
  root: string,
  from: string,
  specifier: string,
  subpaths: SubpathImports,
): Pick<Import, "targets" | "package"> {
  if (specifier.startsWith("#")) return { targets: sourcesBehind(root, specifier, subpaths) };
  if (specifier.startsWith(".")) {
    return { targets: [sourceOf(root, posix.normalize(posix.join(posix.dirname(from), specifier)))] };
  }
  if (/^(node:|\/)/.test(specifier)) return { targets: [], package: "node:*" };
  const [scope, name] = specifier.split("/");
  return { targets: [], package: scope.startsWith("@") ? `${scope}/${name}` : scope };
}

/** The TypeScript file behind the name of its compiled form. */
function sourceOf(root: string, file: string): string {
  const typescript = file.replace(/(?:\.d)?\.([cm]?)[jt]s$/, ".$1ts");
  return existsSync(`${root}/${typescript}`) ? typescript : file;
}

function nameOf(node: ts.SignatureDeclaration, source: ts.SourceFile): string {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name) return node.name.getText(source);
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText(source)
    : "an arrow function";
}

function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) names.add(name.getText(source));
    }
    const { name } = statement as ts.DeclarationStatement;
    if (!name) continue;
    names.add(name.getText(source));
    if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
      for (const member of statement.members) {
        if (member.name) names.add(`${name.getText(source)}.${member.name.getText(source)}`);
      }
    }
  }
  return names;
}

/** Groups of files that import each other in a circle, types included; each group sorted. */
export function cyclesOf(files: readonly SourceFile[]): string[][] {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.flatMap(({ targets }) => targets)]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const next of graph.get(path)!) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) {
        visit(next);
        low.set(path, Math.min(low.get(path)!, low.get(next)!));
      } else if (stack.includes(next)) low.set(path, Math.min(low.get(path)!, index.get(next)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1 || graph.get(path)!.includes(path)) cycles.push(group.sort());
  };
  for (const path of graph.keys()) if (!index.has(path)) visit(path);
  return cycles;
}

/** A room is a folder of `src/`, a door is a file there; the browser half of the widgets is one room. */
export function roomOf(path: string): string {
  if (path.startsWith("widgets/src/")) return "widgets/src";
  return path.startsWith("src/") ? path.split("/")[1] : path.split("/")[0];
}

/** Every import that crosses from one room to another; what lies outside of both trees (the package's root) is none. */
export function edgesOf(
  files: readonly SourceFile[],
): { from: string; to: string; path: string; target: string; line: number; typeOnly: boolean }[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap(({ targets, line, typeOnly }) =>
      targets
        .map((target) => ({ from: roomOf(path), to: roomOf(target), path, target, line, typeOnly }))
        .filter(({ from, to, target }) => from !== to && /^(src|widgets\/src)\/./.test(target)),
    ),
  );
}
