import ts from "typescript";
import * as classroom from "../../src/classroom/index.js";
import * as library from "../../src/index.js";
import * as widgets from "../../src/widgets/index.js";

/**
 * Runs the TypeScript of a page's code block as the body of a function in which every public symbol has its name. Its
 * imports of the package are left out.
 * @param check is given the block's own names that it asks for, before what the block opened is closed
 * @returns what the block printed, a line a call
 */
export async function runCode(
  code: string,
  given: Readonly<Record<string, unknown>> = {},
  names: readonly string[] = [],
  check: (values: Record<string, unknown>) => Promise<void> | void = () => {},
): Promise<string[]> {
  const printed: string[] = [];
  const console = { log: (...values: unknown[]) => printed.push(values.map(String).join(" ")) };
  const scope: Record<string, unknown> = { ...classroom, ...widgets, ...library, ...given, console, $look: check };
  const body = code.replace(/^import .* from "(?:sightline|\.)[^"]*";$/gm, "");
  const whole = `async function run() {\n{\n${body}\nawait $look({ ${names.join(", ")} });\n}\n}`;
  const { outputText } = ts.transpileModule(whole, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const keys = Object.keys(scope).filter((key) => key !== "default");
  const start = new Function(...keys, `${outputText}\nreturn run();`);
  await start(...keys.map((key) => scope[key]));
  return printed;
}

/** What a block says that it prints: the comments behind its calls of `console.log`. */
export const promisedLines = (code: string): string[] =>
  [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)].map(([, said]) => said);
