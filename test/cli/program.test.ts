import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Command } from "commander";
import { createProgram } from "../../src/cli/program.js";

const run = promisify(execFile);

/** A command and all below it, by the words that call them. */
function commandsOf(command: Command, before = ""): [name: string, command: Command][] {
  const name = `${before}${command.name()}`;
  return [[name, command], ...command.commands.flatMap((one) => commandsOf(one, `${name} `))];
}

test("the commands are those that are documented", () => {
  assert.deepEqual(
    commandsOf(createProgram()).map(([name]) => name),
    [
      "sightline",
      ...[
        "start",
        "site",
        "predict",
        "explain",
        "evaluate",
        "recommend",
        "methods",
        "models",
        "models list",
        "models get",
        "models path",
      ],
      ...["models info", "convert", "kernel", "kernel install", "kernel remove", "kernel info", "notebook"],
      ...[
        "notebook run",
        "notebook export",
        "grade",
        "audit",
        "audit slice",
        "audit slices",
        "audit compare",
        "audit export",
        "view",
        "worker",
        "device",
        "device list",
        "device install",
        "doctor",
      ],
    ].map((name, i) => (i === 0 ? name : `sightline ${name}`)),
  );
});

for (const [name, command] of commandsOf(createProgram())) {
  test(`${name}: the command and each of its options say what they do`, () => {
    assert.match(command.description(), /^\p{L}.{10,}/u);
    for (const { flags, description } of command.options) assert.match(description, /^\S.{4,}/, flags);
  });
}

test("importing the command line or any of its parts runs nothing", async () => {
  const url = (file: string) => JSON.stringify(new URL(`../../src/cli/${file}`, import.meta.url).href);
  const files = ["program.js", "options.js", "terminal.js", "doctor.js", "run-notebooks.js", "commands/audit.js"];
  const code = `${files.map((file) => `await import(${url(file)});`).join("")}process.stdout.write("done")`;
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", code, "predict", "--help"]);
  assert.deepEqual([stdout, stderr], ["done", ""]);
});
