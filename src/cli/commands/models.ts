import type { Command } from "commander";
import { SightlineError } from "../../core/errors.js";
import { jsonOption, labelsOption, openModel } from "../options.js";
import { interruptSignal, print, printJson, printRows, progressLine } from "../terminal.js";

export function addModels(program: Command): void {
  const models = program.command("models").description("list, download and inspect models");
  models
    .command("list", { isDefault: true })
    .description("list the models that are known by name")
    .addOption(jsonOption())
    .action(listModels);
  models
    .command("get <name>")
    .description("download a model, verify it and convert it into the cache")
    .action(getModel);
  models
    .command("path <name>")
    .description("print a model's path in the cache; fail if it is not there")
    .action(printPath);
  models
    .command("info <model>")
    .description("print a model's inputs, outputs, operators, and which methods work with it")
    .addOption(labelsOption())
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

async function printInfo(name: string, { labels, json }: { labels?: string; json?: boolean }): Promise<void> {
  await using model = await openModel({ model: name, labels });
  if (json) return printJson(model.info);
  const { methods, operators, input, inputs, outputs, notes, ...facts } = model.info;
  printRows(
    Object.entries(facts).map(([fact, value]) => ({ fact, value })),
    false,
  );
  for (const note of notes) print(`note: ${note}`);
  printRows(
    methods.map(({ method, supported, reason }) => ({ method, works: supported ? "yes" : "no", why: reason })),
    false,
  );
}
