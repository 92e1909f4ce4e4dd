import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pictures } from "#platform/pictures";
import { classroom } from "../../src/classroom/index.js";
import { folder, pictureFolder } from "../audit/pictures.js";
import { end, noRedis, redisServer } from "../audit/redis.js";
import { commandLines } from "../support/command-lines.js";
import { fixture } from "../support/fixtures.js";
import { blocksOf, documentationPages } from "../support/markdown.js";

const program = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** A folder with what the pages' commands name. */
async function desk(): Promise<string> {
  const place = await folder();
  await rename(await pictureFolder(24, 7), join(place, "photos"));
  await cp(join(place, "photos"), join(place, "pictures"), { recursive: true });
  await cp(fixture("zero-shot/clip"), place, { recursive: true });
  for (const [name, model] of Object.entries({ model: "honest-1", v2: "shortcut-1", net: "honest-2" })) {
    await cp(fixture(`classroom/${model}.onnx`), join(place, `${name}.onnx`));
  }
  await writeFile(join(place, "labels.txt"), classroom.labels.join("\n"));
  await cp(fixture("segmentation/shapes.onnx"), join(place, "shapes.onnx"));
  await writeFile(join(place, "areas.txt"), ["ground", ...classroom.labels].join("\n"));
  const [{ image: star }] = classroom.pictures({ count: 1, seed: 77, labels: ["star"] });
  await writeFile(join(place, "star.png"), await pictures.encode(star, { format: "png" }));
  await cp(fileURLToPath(new URL("../../../notebooks/1-basic.ipynb", import.meta.url)), join(place, "class/a.ipynb"));
  return place;
}

function start(t: TestContext, place: string, words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...words], { cwd: place, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => end(child, "SIGKILL"));
  return child;
}

/** A command whose comment says that it fails may end with code 1, but not with an error. */
async function runs(child: ChildProcess, mayFail: boolean): Promise<void> {
  const [said, errors] = [text(child.stdout!), text(child.stderr!)];
  const [code] = await once(child, "close");
  const both = `${await said}\n${await errors}`;
  assert.ok(code === 0 || (mayFail && code === 1), both);
  assert.doesNotMatch(both, /^\s*(Sightline)?Error|^\s+at .*\.js:/m);
}

const AUDIT = ["audit", "photos/", "--model", "model.onnx", "--labels", "labels.txt", "--out", "audit/"];

/** What a block takes as done before it, by its first command. */
const BEFORE: Readonly<Record<string, readonly string[]>> = { view: AUDIT, "audit export": AUDIT };

/** Commands that go on until they are stopped, and what they say first, if anything. */
const SERVING: Readonly<Record<string, { readonly more: readonly string[]; readonly says?: RegExp }>> = {
  worker: { more: [] },
  view: { more: ["--no-browser"], says: /^http:\/\/127\.0\.0\.1:\d+\// },
};

/** Pages whose commands go on from each other, which a test of their own runs. */
const ELSEWHERE = ["docs/how-to/morning.md"];

/** What a test does not fetch. */
const LEFT_OUT = ["device install cuda"];

async function says(child: ChildProcess, expected: RegExp): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) if (expected.test(line)) return;
  assert.fail(`it ended before it said ${expected}`);
}

/** The commands of a block, and whether their comments or options say that they may fail. */
const commandsOf = (code: string) =>
  code
    .split("\n")
    .map((line) => ({ words: commandLines(line)[0] ?? [], mayFail: /#.*\bfails\b|--fail-on/.test(line) }))
    .map(({ words, mayFail }) => ({ words: words[0] === "npx" ? words.slice(1) : words, mayFail }))
    .filter(({ words }) => words[0] === "sightline" && !LEFT_OUT.includes(words.slice(1).join(" ")));

const pages = documentationPages.filter((page) => !ELSEWHERE.includes(page));

describe("the commands of a block, one after another in one folder", { skip: noRedis }, () => {
  for (const { page, heading, language, code } of pages.flatMap(blocksOf)) {
    const commands = language === "sh" ? commandsOf(code) : [];
    if (commands.length === 0) continue;
    test(`${page}, ${heading}`, async (t) => {
      const place = await desk();
      const queue = await redisServer(t);
      const before = [1, 2].map((i) => BEFORE[commands[0].words.slice(1, i + 1).join(" ")]).find(Boolean);
      if (before) await runs(start(t, place, before), false);
      for (const { words, mayFail } of commands) {
        const given = words.slice(1).map((word) => (word === "redis://host" ? queue : word));
        await t.test(words.join(" "), async () => {
          const serving = given.includes("--export") ? undefined : SERVING[given[0]];
          const child = start(t, place, [...given, ...(serving?.more ?? [])]);
          if (!serving) await runs(child, mayFail);
          else if (serving.says) await says(child, serving.says);
        });
      }
    });
  }
});
