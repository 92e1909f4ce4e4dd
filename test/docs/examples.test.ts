import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import ts from "typescript";
import { pictures } from "#platform/pictures";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { explain } from "../../src/explain/explain.js";
import { setKernelHost } from "../../src/kernel/host.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { blobDetector, blobPicture } from "../support/blob-detector.js";
import { fixture } from "../support/fixtures.js";
import { doors, publicSurface } from "../support/public-surface.js";

// An example is the body of a function that is given `model` (the classroom's honest network) and `explanation` (of
// cat.png by it) and that runs in a folder with the files below. What it prints is compared with what it says beside
// `console.log(…); // …`.

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { checker, exportsOf } = publicSurface();
const exports = doors.map((door) => ({ door, all: exportsOf(door) }));

interface Example {
  readonly name: string;
  readonly code: string;
}

const examples = new Map<string, Example>();
for (const { door, all } of exports) {
  for (const { name, symbol } of all) {
    symbol
      .getJsDocTags(checker)
      .filter((tag) => tag.name === "example")
      .forEach((tag, i) => {
        const key = `${symbol.name} ${i}`;
        if (!examples.has(key)) {
          examples.set(key, { name: `${name} of ${door.module}`, code: ts.displayPartsToString(tag.text) });
        }
      });
  }
}

/** The code as a module, with imports of what it names. */
function moduleOf(code: string): string {
  const named = new Set<string>();
  const look = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) named.add(node.text);
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022));
  const imports = exports.map(({ door, all }, i) => {
    const earlier = new Set(exports.slice(0, i).flatMap((other) => other.all.map(({ name }) => name)));
    const names = all.map(({ name }) => name).filter((name) => named.has(name) && !earlier.has(name));
    return names.length > 0 ? `import { ${names.join(", ")} } from "${door.module}";` : "";
  });
  return `${imports.join("\n")}
import { writeFile } from "node:fs/promises";
import type { Explanation as Given, Model } from "sightline";
void writeFile;
export async function run(
  { model, explanation, console }: { model: Model; explanation: Given; console: { log(...values: unknown[]): void } },
): Promise<void> {
  void [model, explanation, console];
  {
${code}
  }
}
`;
}

let folder: string;
let modules: string;
let model: Model;
const home = process.cwd();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-examples-"));
  process.chdir(folder);
  const { url, options } = classroom.models.honest;
  await cp(fixture("zero-shot/clip"), ".", { recursive: true });
  await cp(fixture("segmentation/shapes.onnx"), "shapes.onnx");
  await cp(fileURLToPath(url), "model.onnx");
  await writeFile("labels.txt", options.labels.join("\n"));
  const drawn = classroom.pictures({ count: 6, labels: ["boat", "house"] });
  for (const [i, { image, label }] of drawn.entries()) {
    await mkdir(`photos/${label}`, { recursive: true });
    await writeFile(`photos/${label}/${i}.png`, await pictures.encode(image, { format: "png" }));
  }
  await cp(`photos/${drawn[0].label}/0.png`, "cat.png");
  await cp(`photos/${drawn[1].label}/1.png`, "dog.png");
  const blob = blobPicture([{ x: 60, y: 28, radius: 11, colour: "red" }]);
  await writeFile("street.png", await pictures.encode({ ...blob, channels: 3 }, { format: "png" }));
  await writeFile("detector.onnx", blobDetector("head"));
  const cell = { cell_type: "markdown", metadata: {}, source: "# A lesson" };
  await writeFile("lesson.ipynb", JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }));
  model = await loadModel(url, options);
  await audit(model, "photos/", { out: "audit-1", truth: "folders", method: "recipro-cam" });
  await cp("audit-1", "audit-2", { recursive: true });
  await cp("audit-1", "audit", { recursive: true });
  const noMessages = { send() {}, add() {}, delete: () => true, accept: () => () => {}, owner() {} };
  setKernelHost({
    comms: { ...noMessages, run: (_, listener) => listener() },
    display: async () => {},
    clearOutput() {},
    input: async () => "boat",
    cellSignal: () => new AbortController().signal,
  });
  modules = await mkdtemp(join(root, "dist/examples-"));
});

after(async () => {
  process.chdir(home);
  setKernelHost(undefined);
  await model?.close();
  await rm(modules, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

test("the main thirty symbols have an example, and more", () => {
  assert.ok(examples.size >= 40, `${examples.size} examples`);
});

test("every example compiles", () => {
  const sources = new Map([...examples.values()].map(({ code }, i) => [join(modules, `${i}.ts`), moduleOf(code)]));
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, version) =>
    sources.has(file) ? ts.createSourceFile(file, sources.get(file)!, version) : getSourceFile(file, version);
  const program = ts.createProgram([...sources.keys()], options, host);
  const names = [...examples.values()].map(({ name }) => name);
  const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, " ");
    const number = [...sources.keys()].indexOf(file?.fileName ?? "");
    if (!file || number < 0) return text;
    const { line } = file.getLineAndCharacterOfPosition(start!);
    return `${names[number]}: ${text}\n    ${file.text.split("\n")[line].trim()}`;
  });
  assert.deepEqual(errors, []);
});

for (const { name, code } of examples.values()) {
  test(`the example of ${name} runs`, async () => {
    const file = join(modules, `${name.replace(/\W+/g, "-")}.mjs`);
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    await writeFile(file, ts.transpileModule(moduleOf(code), { compilerOptions }).outputText);
    const { run } = await import(pathToFileURL(file).href);
    const printed: string[] = [];
    const log = (...values: unknown[]) =>
      printed.push(values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "));
    const explanation = await explain(model, "cat.png", { method: "recipro-cam" });
    await run({ model, explanation, console: { log } });
    const promised = [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)].map(([, words]) => words);
    if (promised.length > 0) assert.deepEqual(printed, promised);
  });
}
