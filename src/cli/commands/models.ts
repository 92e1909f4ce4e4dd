import type { Command } from "commander";
import { SightlineError } from "../../core/errors.js";
import type { PortInfo } from "../../model/types.js";
import {
  deviceOption,
  jsonOption,
  labelsOption,
  type ModelChoice,
  openForTask,
  openModel,
  outputOption,
  preprocessOption,
  type Task,
  taskOption,
} from "../options.js";
import { interruptSignal, print, printJson, printRows, progressLine } from "../terminal.js";

export function addModels(program: Command): void {
  const models = program.command("models").description("list, download and inspect models");
  models
    .command("list", { isDefault: true })
    .description("list the models that are known by name")
    .addOption(jsonOption())
    .action(listModels);
  models
    .command("get")
    .argument("<name>", "a model of the catalog")
    .description("download a model, verify it and convert it into the cache")
    .action(getModel);
  models
    .command("path")
    .argument("<name>", "a model of the catalog")
    .description("print a model's path in the cache; fail if it is not there")
    .action(printPath);
  models
    .command("info")
    .argument("<model>", "a model of the catalog, or an .onnx or .xml file")
    .description("print a model's inputs, outputs, operators, and which methods work with it")
    .addOption(labelsOption())
    .addOption(outputOption())
    .addOption(taskOption())
    .addOption(preprocessOption())
    .addOption(deviceOption())
    .addOption(jsonOption())
    .action(printInfo);
}

async function listModels({ json }: { json?: boolean }): Promise<void> {
  const { catalog } = await import("../../model/catalog.js");
  const rows = catalog().map(({ name, title, licence, classes, cached }) => ({
    name,
    title,
    licence,
    classes,
    cached,
  }));
  printRows(rows, json);
}

async function getModel(name: string): Promise<void> {
  const { fetchModel } = await import("../../model/catalog.js");
  const line = progressLine();
  const path = await fetchModel(name, { signal: interruptSignal(), onProgress: (text) => line.show(text) });
  line.end();
  print(path);
}

async function printPath(name: string): Promise<void> {
  const { cachedModel } = await import("../../model/catalog.js");
  const path = await cachedModel(name);
  if (path === undefined) {
    throw new SightlineError("file-not-found", `${name} is not in the cache`, { next: `sightline models get ${name}` });
  }
  print(path);
}

interface InfoFlags extends Omit<ModelChoice, "model"> {
  readonly task?: Task;
  readonly json?: boolean;
}

async function printInfo(name: string, flags: InfoFlags): Promise<void> {
  const choice = { ...flags, model: name };
  await using model = flags.task ? await openForTask(flags.task, choice) : await openModel(choice);
  if (flags.json) return printJson(model.info);
  const { methods, operators, input, inputs, outputs, notes, ...facts } = model.info;
  const rows = Object.entries(facts).map(([fact, value]) => ({ fact, value }));
  for (const port of inputs) rows.push({ fact: "input", value: portText(port) });
  rows.push({ fact: "layout", value: input.layout });
  for (const port of outputs) rows.push({ fact: "output", value: portText(port) });
  const counts = Object.entries(operators).map(([operator, count]) => `${operator} × ${count}`);
  rows.push({ fact: "operators", value: counts.join(", ") });
  printRows(rows, false);
  for (const note of notes) print(`note: ${note}`);
  printRows(
    methods.map(({ method, supported, reason }) => ({ method, works: supported ? "yes" : "no", why: reason })),
    false,
  );
}

function portText({ name, type, dims }: PortInfo): string {
  return `${name} [${dims.map((size) => (size < 0 ? "any" : size)).join(", ")}] ${type}`;
}
