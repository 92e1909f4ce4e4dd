import type { Command } from "commander";
import { createProgram } from "../../src/cli/program.js";

/** Words of a line of shell; quotes hold words together, what follows `#` is a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'#])+|#.*/g)) {
    if (word.startsWith("#")) break;
    words.push(word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return words;
}

/** The commands of a shell block, a list of words each; variables set in front of one are left out. */
export function commandLines(code: string): string[][] {
  return code
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => wordsOf(line))
    .flatMap((words) => splitAt(words, "&&"))
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
    .filter((words) => words.length > 0);
}

function splitAt(words: readonly string[], mark: string): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === mark) parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts;
}

/**
 * Reads the words after `sightline` as the program would, without doing anything.
 * @returns what is wrong with them: an unknown command or option, a missing argument, a value that an option cannot have
 */
export async function complaintAbout(words: readonly string[]): Promise<string | undefined> {
  const program = createProgram();
  let reached = false;
  let said = "";
  const still = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut() {}, writeErr: (text) => (said += text) });
    if (command.commands.length === 0 || command.registeredArguments.length > 0)
      command.action(() => {
        reached = true;
      });
    command.commands.forEach(still);
  };
  still(program);
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === "commander.helpDisplayed" || code === "commander.version" ? undefined : said || message;
  }
  return reached ? undefined : "it names no command";
}
