import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import type { AnyMethod } from "../../src/methods/method.js";
import { MODEL_INPUT } from "../../src/model/input-gradient.js";
import { analyticSubject } from "../support/analytic-subject.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = await readFile(`${root}CONTRIBUTING.md`, "utf8");
const [, path] = /say `(src\/methods\/[^`]*\.ts)`/.exec(page) ?? [];
const [, code] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];

test("the method of CONTRIBUTING.md compiles where the page says that it goes", () => {
  assert.ok(path && code);
  assert.ok(existsSync(dirname(join(root, path))), path);
  const { options } = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    { noEmit: true, incremental: false },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => assert.fail(String(diagnostic.messageText)),
    },
  )!;
  const file = join(root, path);
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, code, version) : getSourceFile(name, version);
  const diagnostics = ts.getPreEmitDiagnostics(
    ts.createProgram([file], { ...options, emitDeclarationOnly: false, declaration: false }, host),
  );
  assert.deepEqual(
    diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")),
    [],
  );
});

test("it gives the map of a linear model, exactly, and refuses what its limits exclude", async () => {
  const folder = await mkdtemp(join(root, "dist/contributing-"));
  try {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const compiled = ts.transpileModule(code, { compilerOptions }).outputText;
    const file = join(folder, "my-method.mjs");
    await writeFile(file, compiled.replaceAll('from "../', 'from "../src/methods/'));
    const { myMethod } = (await import(pathToFileURL(file).href)) as { myMethod: AnyMethod };
    const weights = [1, -2, 3, -4];
    const subject = {
      ...analyticSubject({
        width: 2,
        height: 2,
        score: (image) => [image.reduce((sum, x, i) => sum + x * weights[i], 0)],
      }),
      gradient: async () => ({
        scores: { data: Float32Array.of(-2), dims: [1, 1] },
        gradients: new Map([[MODEL_INPUT, { data: Float32Array.from(weights), dims: [1, 1, 2, 2] }]]),
        activations: new Map(),
      }),
    };
    const { maps } = await myMethod.explain(subject, { ...myMethod.defaults, power: 2 });
    assert.deepEqual([...maps[0].data], [1, -4, 9, -16]);
    await assert.rejects(myMethod.explain(subject, { power: -1 }), { code: "bad-config" });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
