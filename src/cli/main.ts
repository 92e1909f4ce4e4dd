#!/usr/bin/env node
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { PictureChange, SliceMeasures, SliceResult } from "../audit/index.js";
import { SightlineError } from "../core/errors.js";
import { version } from "../core/version.js";
import type { Agreement } from "../evaluate/agreement.js";
import type { Region } from "../evaluate/claim.js";
import type { Evaluation } from "../evaluate/evaluation.js";
import type { Explanation } from "../explain/explanation.js";
import type { Rect } from "../image/types.js";
import { duration } from "../render/format.js";
import { collectLessOften } from "./heap-growth.js";

/** Machine-readable output of a command, or a table for people. */
type Rows = readonly Readonly<Record<string, unknown>>[];

const program = new Command("sightline")
  .description("Shows what an image classifier looks at, and whether to believe it.")
  .version(version)
  .showHelpAfterError()
  .enablePositionalOptions();

const json = new Option("--json", "print machine-readable output");
const modelOption = new Option("-m, --model <name>", "catalog name, .onnx or .xml file, file: or https: URL").default(
  "efficientnet-lite0",
);
const labelsOption = new Option("--labels <file>", "class labels, one a line or JSON");

function whole(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("expected a whole number");
  return number;
}

/** Repeated `--option key=value` as an object; values are JSON where they parse, else text. */
function keyValue(text: string, into: Record<string, unknown>): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected key=value");
  const value = text.slice(at + 1);
  return { ...into, [text.slice(0, at)]: parseValue(value) };
}

/** Repeated `--option key=value` as texts. */
function keyText(text: string, into: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected key=value");
  return { ...into, [text.slice(0, at)]: text.slice(at + 1) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function print(rows: Rows, asJson: boolean | undefined): void {
  if (asJson) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else process.stdout.write(`${table(rows)}\n`);
}

/** Columns of text, aligned; numbers to the right. */
function table(rows: Rows): string {
  if (rows.length === 0) return "nothing";
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown) => {
    if (typeof value === "number" && !Number.isInteger(value)) return value.toFixed(3);
    return value === undefined ? "" : String(value).replaceAll(/\p{Cc}/gu, " ");
  };
  const cells = rows.map((row) => keys.map((key) => cell(row[key])));
  const widths = keys.map((key, i) => Math.max(key.length, ...cells.map((row) => row[i].length)));
  const numeric = keys.map((key) => rows.every((row) => typeof row[key] === "number"));
  const line = (texts: string[]) =>
    texts
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(keys), line(widths.map((width) => "─".repeat(width))), ...cells.map(line)].join("\n");
}

/** Rewrites one line of the terminal; silent where there is none. */
function progressLine(): { show(text: string): void; end(): void } {
  const { isTTY } = process.stderr;
  return {
    show: (text) => isTTY && process.stderr.write(`\r\u001b[2K${text.slice(0, 100)}`),
    end: () => isTTY && process.stderr.write("\r\u001b[2K"),
  };
}

/** Fires on Ctrl-C or when the system asks to end: the first time the work is cancelled, the second time the process ends. */
function interrupt(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return controller.signal;
}

async function open(name: string, labels?: string) {
  const { loadModel } = await import("../load-model.js");
  return loadModel(name, { labels });
}

program
  .command("predict")
  .description("the most probable classes of pictures")
  .argument("<images...>")
  .addOption(modelOption)
  .addOption(labelsOption)
  .option("--top <n>", "how many classes", whole, 5)
  .addOption(json)
  .action(async (images: string[], options: { model: string; labels?: string; top: number; json?: boolean }) => {
    await using model = await open(options.model, options.labels);
    const signal = interrupt();
    const rows: Record<string, unknown>[] = [];
    for (const image of images) {
      for (const prediction of await model.predict(image, { top: options.top, signal }))
        rows.push({ image, ...prediction });
    }
    print(rows, options.json);
  });

program
  .command("explain")
  .description("saliency maps of pictures, saved as PNG")
  .argument("<images...>")
  .addOption(modelOption)
  .addOption(labelsOption)
  .option("--method <name>", "a method, or auto", "auto")
  .addOption(new Option("--preset <name>").choices(["speed", "balance", "quality"]).default("balance"))
  .option("--targets <list>", 'labels or indices, comma-separated; "top:3"; "all"')
  .option("--seed <n>", "seed of everything random", whole, 0)
  .option("--set <key=value>", "an option of the method (repeat)", keyValue, {})
  .option("--view <key=value>", "a key of the visualization config (repeat)", keyValue, {})
  .option("--out <folder>", "where the pictures go", "sightline-maps")
  .addOption(json)
  .action(async (images: string[], options) => {
    const [{ explain }] = await Promise.all([import("../explain/explain.js"), import("../explain/save.js")]);
    await using model = await open(options.model, options.labels);
    const signal = interrupt();
    const line = progressLine();
    const rows: Record<string, unknown>[] = [];
    for (const image of images) {
      const explanation = await explain(model, image, {
        method: options.method,
        preset: options.preset,
        seed: options.seed,
        targets: targetList(options.targets),
        ...options.set,
        signal,
        onProgress: ({ done, total }) => line.show(`${image}: ${done} of ${total} passes`),
      });
      line.end();
      const files = await explanation.save(options.out, { confidence: true, ...options.view });
      const { method, forwardPasses, backwardPasses, milliseconds, notes } = explanation.provenance;
      explanation.targets.forEach(({ label, probability }, t) => {
        const { x, y } = explanation.map(label).peak();
        const peak = `${Math.round(100 * x)} %, ${Math.round(100 * y)} %`;
        const cost = { method, passes: forwardPasses + backwardPasses, milliseconds };
        rows.push({
          image,
          target: label,
          probability,
          ...cost,
          peak,
          file: files[t],
          ...(options.json ? { notes } : {}),
        });
      });
    }
    print(rows, options.json);
  });

function targetList(text: string | undefined): (string | number)[] | undefined {
  return text?.split(",").map((part) => (/^-?\d+$/.test(part.trim()) ? Number(part) : part.trim()));
}

/** A box as x,y,width,height in pixels of the picture; repeated ones add up. */
function boxOf(text: string, before: Rect[] = []): Rect[] {
  const [x, y, width, height, ...rest] = text.split(",").map(Number);
  if (rest.length > 0 || ![x, y, width, height].every(Number.isFinite) || !(width > 0 && height > 0)) {
    throw new InvalidArgumentError("expected x,y,width,height");
  }
  return [...before, { x, y, width, height }];
}

/** A picture as a mask: bright pixels are inside. */
async function maskOf(file: string): Promise<Region> {
  const { decodeImage } = await import("../image/decode.js");
  const { data, width, height } = (await decodeImage(file, { background: "black" })).image;
  return { mask: Uint8Array.from({ length: width * height }, (_, i) => (data[3 * i] > 127 ? 1 : 0)), width, height };
}

program
  .command("evaluate")
  .description("how far maps can be believed, beside maps that know nothing")
  .argument("<image>")
  .addOption(modelOption)
  .addOption(labelsOption)
  .option("--method <list>", "methods, comma-separated", "auto")
  .addOption(new Option("--preset <name>").choices(["speed", "balance", "quality"]).default("balance"))
  .option("--target <class>", "label or index; the predicted class when absent")
  .option("--metrics <list>", "metrics, comma-separated; the usual ones when absent")
  .option("--mask <file>", "a picture of the true object: white inside, as large as the image")
  .option("--box <x,y,width,height>", "the true object's box, in pixels of the image (repeat)", boxOf)
  .option("--nulls <n>", "random maps to compare with", whole)
  .option("--seed <n>", "seed of everything random", whole, 0)
  .option("--html <file>", "write the table as HTML as well")
  .addOption(json)
  .action(async (image: string, options) => {
    const [{ explain }, { evaluate }] = await Promise.all([
      import("../explain/explain.js"),
      import("../evaluate/index.js"),
    ]);
    if (options.html) await checkPlace(options.html);
    const mask = options.mask && (await maskOf(options.mask));
    await using model = await open(options.model, options.labels);
    const { seed, preset, nulls, box } = options;
    const signal = interrupt();
    const line = progressLine();
    const explanations: Explanation[] = [];
    for (const method of options.method.split(",")) {
      explanations.push(
        await explain(model, image, { method, preset, seed, targets: targetList(options.target), signal }),
      );
    }
    const result = await evaluate(model, image, explanations, {
      metrics: options.metrics?.split(","),
      mask,
      box,
      nulls,
      seed,
      signal,
      onProgress: ({ done, total }) => line.show(`${image}: ${done} of ${total} measurements`),
    });
    line.end();
    if (options.html) {
      const { files } = await import("#platform/files");
      await files.writeFileAtomic(options.html, result.html());
    }
    if (options.json) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    const rows = measurementRows(result);
    if (rows.length > 0 || !result.agreement) print(rows, false);
    if (result.agreement) print(agreementRows(result.agreement), false);
  });

function measurementRows({ rows }: Evaluation): Rows {
  return rows.flatMap(({ name, target, measurements }) =>
    measurements.flatMap(({ metric, better, value, nulls: found, parts = {} }) => {
      const one = { method: name, target: target.label, metric, better };
      const controls = found && { random: found.mean, centre: found.centre, chance: found.chance };
      if (metric !== "cost") return [{ ...one, value, ...controls }];
      const part = (called: string, part: number) => ({ ...one, metric: `cost: ${called}`, value: Math.round(part) });
      const { backwardPasses = 0, milliseconds = 0 } = parts;
      return [{ ...one, value }, part("backward passes", backwardPasses), part("milliseconds", milliseconds)];
    }),
  );
}

/** A row for each pair of maps. */
function agreementRows({ names, spearman, overlap, top }: Agreement): Rows {
  return names.flatMap((method, a) =>
    names.slice(a + 1).map((other, i) => ({
      method,
      "other method": other,
      "rank correlation": spearman[a][a + 1 + i],
      [`overlap of the largest ${Math.round(100 * top)} %`]: overlap[a][a + 1 + i],
    })),
  );
}

/** @throws SightlineError `write-failed` where a file has no place to be written to */
async function checkPlace(file: string): Promise<void> {
  const isFolder = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const refuse = (why: string) =>
    new SightlineError("write-failed", `${file} cannot be written: ${why}`, { received: file });
  const folder = dirname(resolve(file));
  if (!(await isFolder(folder))) throw refuse(`there is no folder ${folder}`);
  if (await isFolder(file)) throw refuse("it is a folder");
}

program
  .command("methods")
  .description("every method, what it needs and what it costs")
  .addOption(json)
  .action(async (options) => {
    const { methods } = await import("../methods/registry.js");
    if (options.json) return print(methods() as unknown as Rows, true);
    const passes = (preset: { forward: number; backward: number }) =>
      preset.backward ? `${preset.forward}+${preset.backward}` : `${preset.forward}`;
    print(
      methods().map(({ name, mode, presets, summary }) => ({
        method: name,
        mode,
        speed: passes(presets.speed),
        balance: passes(presets.balance),
        quality: passes(presets.quality),
        summary,
      })),
      false,
    );
  });

const models = program.command("models").description("the models that are known by name");
models
  .command("list", { isDefault: true })
  .addOption(json)
  .action(async (options) => {
    const { catalog } = await import("../model/catalog.js");
    print(
      catalog().map(({ name, title, licence, classes, cached }) => ({ name, title, licence, classes, cached })),
      options.json,
    );
  });
models
  .command("get <name>")
  .description("fetch, verify and convert a model into the cache")
  .action(async (name: string) => {
    const { fetchModel } = await import("../model/catalog.js");
    const line = progressLine();
    const path = await fetchModel(name, { signal: interrupt(), onProgress: (text) => line.show(text) });
    line.end();
    process.stdout.write(`${path}\n`);
  });
models
  .command("path <name>")
  .description("where a model lies in the cache; fails when it is not there")
  .action(async (name: string) => {
    const { cachedModel } = await import("../model/catalog.js");
    const path = await cachedModel(name);
    if (path === undefined)
      throw new SightlineError("file-not-found", `${name} is not in the cache`, {
        next: `sightline models get ${name}`,
      });
    process.stdout.write(`${path}\n`);
  });
models
  .command("info <model>")
  .description("inputs, outputs, operators, and what each method can do with it")
  .addOption(labelsOption)
  .addOption(json)
  .action(async (name: string, options) => {
    await using model = await open(name, options.labels);
    if (options.json) return void process.stdout.write(`${JSON.stringify(model.info)}\n`);
    const { methods: support, operators, input, inputs, outputs, notes, ...facts } = model.info;
    print(
      Object.entries(facts).map(([fact, value]) => ({ fact, value })),
      false,
    );
    for (const note of notes) process.stdout.write(`note: ${note}\n`);
    print(
      support.map(({ method, supported, reason }) => ({ method, works: supported ? "yes" : "no", why: reason })),
      false,
    );
  });

program
  .command("convert <source> <target>")
  .description("OpenVINO IR (.xml with its .bin beside it) or a catalog model to ONNX")
  .action(async (source: string, target: string) => {
    const { resolveModel } = await import("../model/source.js");
    const { files } = await import("#platform/files");
    const { withFacts } = await import("../model/model-facts.js");
    const model = await resolveModel(source, { signal: interrupt() });
    await files.writeFileAtomic(target, withFacts(model.graph, model).serialize());
    process.stdout.write(`${target}\n`);
  });

const kernel = program.command("kernel").description("the Jupyter kernel");
const place = (command: Command) =>
  command
    .option("--user", "for this user (the default)")
    .option("--sys-prefix", "into the active Python environment")
    .option("--prefix <dir>", "into a given environment")
    .option("--name <name>", "name of the kernelspec", "sightline")
    .addOption(json);
place(kernel.command("install").description("make the kernel known to Jupyter")).action(async (options) => {
  const { installKernel } = await import("../kernel/install/install.js");
  const installed = await installKernel(options);
  if (options.json) process.stdout.write(`${JSON.stringify(installed)}\n`);
  else process.stdout.write(`installed in ${installed.folder}\n`);
});
place(kernel.command("remove").description("take the kernel away again")).action(async (options) => {
  const { removeKernel } = await import("../kernel/install/install.js");
  const removed = await removeKernel(options);
  if (options.json) process.stdout.write(`${JSON.stringify(removed)}\n`);
  else process.stdout.write(`${removed.length ? `removed ${removed.join(", ")}` : "nothing was installed"}\n`);
});

kernel
  .command("info")
  .description("where the kernel is installed, and whether it works")
  .option("--prefix <dir>", "in a given environment")
  .addOption(json)
  .action(async (options) => {
    const { kernelInfo } = await import("../kernel/install/install.js");
    const found = await kernelInfo(options);
    const row = ({ name, folder, ours, problem, labextension }: (typeof found)[number]) => ({
      name,
      ours: ours ? "yes" : "no",
      works: problem ?? "yes",
      widgets: labextension ? "yes" : "no",
      folder,
    });
    print(options.json ? (found as unknown as Rows) : found.map(row), options.json);
    if (!found.some(({ ours, problem }) => ours && !problem)) process.exitCode = 1;
  });

const notebook = program.command("notebook").description("notebooks without Python");
notebook
  .command("run <files...>")
  .description("execute notebooks on our kernel and write the outputs back")
  .option("--timeout <seconds>", "longest time for one cell", whole, 600)
  .option("--parameters <key=value>", "overrides of the cell tagged `parameters` (repeat)", keyText, {})
  .option("--html <folder>", "write one self-contained page for each notebook")
  .option("--output <folder>", "write the executed notebooks there instead of back")
  .action(async (files: string[], options) => {
    const { runNotebooks } = await import("./run-notebook.js");
    await runNotebooks(files, { ...options, signal: interrupt() });
  });

const queueOption = () =>
  new Option("--queue <url>", "Redis whose workers look at the pictures: redis://…").env("SIGHTLINE_QUEUE");
const shardsOption = new Option(
  "--shards <place>",
  "where workers put what they find: a folder that all machines share, or s3://bucket/prefix",
);

const auditCommand = program
  .command("audit")
  .description("look at every picture of a folder, list or glob; run again to go on where it was")
  .argument("<source>", "a folder, a .csv or .parquet list, or a glob")
  .addOption(modelOption)
  .addOption(labelsOption)
  .option("--method <name>", "a method, or auto", "auto")
  .addOption(new Option("--preset <name>").choices(["speed", "balance", "quality"]).default("balance"))
  .option("--set <key=value>", "an option of the method (repeat)", keyValue, {})
  .option("--truth <file>", 'a list with columns path and label, or "folders"')
  .option("--seed <n>", "seed of everything random", whole, 0)
  .option("--stability", "also measure how stable each map is")
  .option("--no-shortcuts", "do not look for shortcuts")
  .option("--out <folder>", "where the results go", "audit")
  .option("--slices <folder>", "an earlier audit whose slices and tests are taken over")
  .addOption(queueOption())
  .addOption(shardsOption)
  .addOption(json)
  .action(async (source: string, options) => {
    const { audit } = await import("../audit/index.js");
    collectLessOften();
    await using model = await open(options.model, options.labels);
    const line = progressLine();
    const result = await audit(model, source, {
      out: options.out,
      method: options.method,
      preset: options.preset,
      options: options.set,
      truth: options.truth,
      seed: options.seed,
      stability: options.stability,
      shortcuts: options.shortcuts ? undefined : false,
      slices: options.slices,
      queue: options.queue,
      shards: options.shards,
      signal: interrupt(),
      onProgress: ({ done, total, errors, secondsLeft }) =>
        line.show(`${done} of ${total} pictures, ${errors} with errors, ${duration(1000 * secondsLeft)} left`),
    });
    line.end();
    const cases = await result.query(
      `select coalesce("case", 'could not be looked at') as "case", count(*) as pictures, avg(probability) as probability, avg(concentration) as concentration from results group by 1 order by 2 desc`,
    );
    const slices = await result.slices();
    print(cases, options.json);
    if (!options.json) {
      if (slices.length > 0) print(slices.map(sliceRow), false);
      process.stdout.write(`${join(options.out, "report.html")}\n`);
    }
    failOn(slices);
  });

function sliceRow({ name, own, rest, expect, holds }: SliceResult): Rows[number] {
  const rate = ({ errorRate, errorInterval: [low, high] }: SliceMeasures) =>
    errorRate === null ? "unknown" : `${errorRate.toFixed(3)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return {
    slice: name,
    pictures: own.pictures,
    "error rate": rate(own),
    "of the others": rate(rest),
    confidence: own.confidence,
    concentration: own.concentration,
    expected: expect,
    holds: holds === null ? "" : holds ? "yes" : "no",
  };
}

/** A slice that fails its test makes the command fail. */
function failOn(slices: readonly SliceResult[]): void {
  const failing = slices.filter(({ holds }) => holds === false);
  for (const { name, expect } of failing) {
    process.stderr.write(`sightline: the slice '${name}' does not hold: ${expect}\n`);
  }
  if (failing.length > 0) process.exitCode = 1;
}

auditCommand
  .command("slice")
  .description("save a slice of a finished audit, with a test that later audits repeat")
  .argument("<audit>", "the audit's folder")
  .argument("<name>")
  .option("--where <condition>", "SQL over the columns of results: prediction = 'boat' and border_share > .5")
  .option("--cluster <n>", "the pictures of a cluster of maps", whole)
  .option("--expect <condition>", "what must hold: error_high <= .2 and confidence > .8")
  .addOption(json)
  .action(async (folder: string, name: string, { json: asJson, ...choice }) => {
    const { openAudit } = await import("../audit/index.js");
    const slice = await (await openAudit(folder)).saveSlice(name, choice);
    if (asJson) process.stdout.write(`${JSON.stringify(slice)}\n`);
    else print([sliceRow(slice)], false);
  });

auditCommand
  .command("slices")
  .description("the slices of a finished audit beside all other pictures; fails when one does not hold")
  .argument("<audit>", "the audit's folder")
  .addOption(json)
  .action(async (folder: string, options) => {
    const { openAudit } = await import("../audit/index.js");
    const slices = await (await openAudit(folder)).slices();
    if (options.json) process.stdout.write(`${JSON.stringify(slices)}\n`);
    else print(slices.map(sliceRow), false);
    failOn(slices);
  });

auditCommand
  .command("compare")
  .description("what changed from one audit to a later one; fails when a slice's test does not hold any more")
  .argument("<before>", "the earlier audit's folder")
  .argument("<after>", "the later audit's folder")
  .addOption(json)
  .action(async (before: string, after: string, options) => {
    const { compareAudits, openAudit } = await import("../audit/index.js");
    const comparison = await compareAudits(await openAudit(before), await openAudit(after), { signal: interrupt() });
    const { predictions, maps, slices, mapCorrelation, pictures, mended, broken, altered } = comparison;
    if (options.json) process.stdout.write(`${JSON.stringify(comparison)}\n`);
    else {
      const { onlyBefore, onlyAfter } = comparison;
      const counts = { pictures, onlyBefore, onlyAfter, altered, mended, broken };
      print([{ ...counts, predictions: predictions.length, maps: maps.length, ...mapCorrelation }], false);
      const row = (change: PictureChange) => ({
        picture: change.path,
        before: change.before.prediction,
        after: change.after.prediction,
        "map correlation": change.mapCorrelation,
      });
      if (predictions.length + maps.length > 0) print([...predictions, ...maps].slice(0, MOST_CHANGES).map(row), false);
      if (predictions.length + maps.length > MOST_CHANGES) process.stdout.write("… --json has them all\n");
      if (slices.length > 0)
        print(
          slices.map(({ after: now }) => sliceRow(now)),
          false,
        );
    }
    failOn(slices.map(({ after: now }) => now));
  });

/** Changed pictures that a terminal is shown. */
const MOST_CHANGES = 40;

program
  .command("worker")
  .description("look at pictures of audits of a model that run over a queue, until Ctrl-C")
  .addOption(modelOption)
  .addOption(labelsOption)
  .addOption(queueOption().makeOptionMandatory())
  .addOption(shardsOption)
  .option("--pictures <folder>", "where this machine sees the pictures' folder")
  .option("--stalled-after <seconds>", "silence after which another worker takes up a shard", whole, 30)
  .action(async ({ model: name, labels, queue, shards, pictures, stalledAfter }) => {
    const { workOnAudits } = await import("../audit/index.js");
    collectLessOften();
    await using model = await open(name, labels);
    const say = (text: string) => process.stderr.write(`${text}\n`);
    await workOnAudits(model, {
      queue,
      shards,
      pictures,
      stalledAfter,
      signal: interrupt(),
      onEvent: (event) => {
        if (event.kind === "ready") say(`waiting for audits of ${model.info.name}; Ctrl-C ends after the shards begun`);
        if (event.kind === "done") say(`shard ${event.index}: ${event.pictures} pictures, ${event.errors} with errors`);
        if (event.kind === "problem") say(event.message);
      },
    });
  });

program
  .command("doctor")
  .description("check this installation and say how to mend it")
  .addOption(json)
  .action(async (options) => {
    const { doctor } = await import("./doctor.js");
    const findings = await doctor();
    print(findings as unknown as Rows, options.json);
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
  });

// a reader that has gone away, as `head` does, has read enough
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

program.parseAsync().catch((error: unknown) => {
  const asJson = process.argv.includes("--json");
  if (error instanceof SightlineError) {
    process.stderr.write(asJson ? `${JSON.stringify({ error })}\n` : `sightline: ${error.message}\n`);
    process.exitCode = error.code === "aborted" ? 130 : 1;
    return;
  }
  process.stderr.write(`sightline: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
