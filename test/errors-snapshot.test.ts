import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { tinyCnn } from "./support/models.js";
import { type Workshop, wrongCommands, wrongInputs } from "./support/wrong-inputs.js";

const snapshot = fileURLToPath(new URL("../../test/fixtures/errors.txt", import.meta.url));
/** Folder of another build's `src`, to see what it says. */
const source = process.env.ERRORS_OF ?? fileURLToPath(new URL("../src", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sightline-errors-"));
const at = (name: string) => join(folder, name);

test("what wrong inputs are told, everywhere: UPDATE_ERRORS=1 writes test/fixtures/errors.txt anew", async () => {
  try {
    const text = `${[...(await told()), ...(await toldByCommands())].join("\n")}\n`;
    const { UPDATE_ERRORS: update } = process.env;
    if (update) writeFileSync(update === "1" ? snapshot : update, text);
    else assert.deepEqual(text.split("\n"), readFileSync(snapshot, "utf8").split("\n"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What each call throws, or that it throws nothing. */
async function told(): Promise<string[]> {
  const workshop = await openWorkshop();
  const lines: string[] = [];
  for (const [name, attempt] of Object.entries(wrongInputs)) {
    const outcome = await new Promise((done) => done(attempt(workshop))).then(
      () => "no error",
      (error) =>
        (error.code && error.name === "SightlineError" ? `${error.code}: ` : `${error.name}: `) + error.message,
    );
    lines.push(neutral(`${name}\t${outcome}`));
  }
  await workshop.model.close();
  return lines;
}

async function openWorkshop(): Promise<Workshop> {
  const png = await sharp(Buffer.alloc(32 * 32 * 3, 90), { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toBuffer();
  const model = Buffer.from(tinyCnn().serialize());
  for (const name of ["photos", "nothing"]) mkdirSync(at(name));
  const contents: Record<string, string | Uint8Array> = {
    "cat.png": png,
    "photos/cat.png": png,
    "cut.png": png.subarray(0, png.length - 40),
    "model.onnx": model,
    "cut.onnx": model.subarray(0, model.length >> 1),
    "labels.json": "[1, 2",
    "odd.csv": "name;size\na;1\n",
    "page.xml": "<?xml version='1.0'?><page/>",
    "lonely.xml": "<?xml version='1.0'?><net name='x' version='11'><layers/><edges/></net>",
    "drawing.png": "<svg xmlns='http://www.w3.org/2000/svg'/>",
  };
  for (const name of ["text.onnx", "text.png", "text.ipynb"]) contents[name] = "this is a text\n";
  for (const name of ["empty.onnx", "empty.png"]) contents[name] = "";
  for (const [name, content] of Object.entries(contents)) writeFileSync(at(name), content);
  const library = {
    ...(await import(join(source, "index.js"))),
    ...(await import(join(source, "classroom/index.js"))),
  };
  const widgets = await import(join(source, "widgets/index.js"));
  const labels = ["cat", "dog", "fox", "tiger", "wolf"];
  const loaded = await library.loadModel(at("model.onnx"), { labels, preprocess: { mean: 0, std: 1 } });
  const picture = { data: new Uint8Array(32 * 32 * 3).map((_, i) => i % 251), width: 32, height: 32 };
  const explanation = await library.explain(loaded, picture, { method: "recipro-cam", targets: "cat" });
  return { library, widgets, model: loaded, explanation, at };
}

/** What each command writes to stderr, the help that may follow left out. */
async function toldByCommands(): Promise<string[]> {
  const main = ["cli/main.js", "cli.js"].map((name) => join(source, name)).find(existsSync) as string;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const one = async (command: string) => {
    const model = ["--model", at("model.onnx")];
    const args = command
      .split(" ")
      .flatMap((word) => (word === "MODEL" ? model : word.startsWith("@") ? at(word.slice(1)) : word));
    const { code, stderr } = await promisify(execFile)(process.execPath, [main, ...args.filter(Boolean)], { env }).then(
      ({ stderr }) => ({ code: 0, stderr }),
      (error) => error as { code: number; stderr: string },
    );
    const said = stderr
      .split(/\n\n?Usage:/)[0]
      .trim()
      .replaceAll("\n", " ⏎ ");
    return neutral(`$ sightline ${command}\t${code} ${said}`);
  };
  const lines: string[] = [];
  for (let i = 0; i < wrongCommands.length; i += 4)
    lines.push(...(await Promise.all(wrongCommands.slice(i, i + 4).map(one))));
  return lines;
}

/** Without what differs from machine to machine. */
function neutral(text: string): string {
  return text.replaceAll(folder, "<folder>").replaceAll(process.cwd(), "<here>").replaceAll(/\n/g, " ⏎ ");
}
