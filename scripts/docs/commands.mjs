// A page for each command of `sightline`, from the program itself.
import { join } from "node:path";
import { root } from "../setup.mjs";
import { code, fence, plain, table } from "./markdown.mjs";

/** Pages by their path without `.md`, and the sidebar. */
export async function commandPages() {
  const { createProgram } = await import(join(root, "dist/src/cli/program.js"));
  const commands = createProgram().commands;
  const pages = new Map(commands.map((command) => [`reference/commands/${command.name()}`, commandPage(command, 1)]));
  pages.set("reference/commands/index", overview(commands));
  const items = commands.map((command) => ({ text: command.name(), link: `/reference/commands/${command.name()}` }));
  return { pages, sidebar: { text: "Commands", link: "/reference/commands/", collapsed: true, items } };
}

const nameOf = (command) => (command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name());

/** The page of a command and of those below it. A missing description is an error. @param level of its heading */
export function commandPage(command, level) {
  const name = nameOf(command);
  const description = command.description();
  if (!description) throw new Error(`the command ${name} has no description`);
  const head = "#".repeat(level);
  const rows = [
    ...command.registeredArguments.map((argument) => argumentRow(name, argument)),
    ...command.options.map((option) => optionRow(name, option)),
  ];
  return [
    `${head} ${name}`,
    plain(description[0].toUpperCase() + description.slice(1)),
    fence("text", `${name} ${command.usage()}`),
    rows.length > 0 && table(["argument or option", "default", "what it does"], rows),
    ...command.commands.map((inner) => commandPage(inner, level + 1)),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function argumentRow(command, argument) {
  const { required, variadic, description } = argument;
  const name = `${argument.name()}${variadic ? "…" : ""}`;
  if (!description) throw new Error(`the argument ${name} of ${command} has no description`);
  return [code(required ? `<${name}>` : `[${name}]`), "", plain(description)];
}

function optionRow(command, { flags, description, defaultValue, defaultValueDescription, argChoices }) {
  if (!description) throw new Error(`${command} ${flags} has no description`);
  const choices = argChoices ? ` (${argChoices.join(", ")})` : "";
  const usual =
    defaultValueDescription ?? (defaultValue === undefined || defaultValue === false ? "" : String(defaultValue));
  return [code(flags), code(usual), plain(description + choices)];
}

const overview = (commands) => `# Commands

\`npx sightline COMMAND\`; results go to stdout, everything else to stderr. Errors exit with 1, a cancelled run with 130;
\`--json\`, where a command has it, prints what a program can read. [What the errors mean](/errors).

${table(
  ["command", "what it does"],
  commands.map((command) => [
    `[${command.name()}](/reference/commands/${command.name()})`,
    plain(command.description()),
  ]),
)}
`;
