import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { version } from "../../../src/core/version.js";
import { coveragePage, faultsOf } from "./page.js";
import { type Architecture, type Examined, type Failed, hasFailed, type Made, type Row } from "./row.js";

/** How a run of the command goes. */
export interface Covering {
  /** A Python with torch, timm and onnx; without one only the page is written. */
  readonly python?: string;
  /** The script that makes networks; another than torch's in tests. */
  readonly maker?: string;
  /** Names of the networks that are looked at; all when empty. */
  readonly only?: readonly string[];
  /** Forgets their rows first. */
  readonly again?: boolean;
  /** Leave the networks' files in the cache. */
  readonly keep?: boolean;
  /** Folder with a row a file. */
  readonly cache: string;
  /** File with all rows, and the page that is made of them. */
  readonly rows: string;
  readonly page: string;
  /** The methods that are tried; all when absent. */
  readonly methods?: readonly string[];
  /** Most seconds and resident memory, in bytes, of each network's process. */
  readonly seconds?: number;
  readonly memory?: number;
  say(line: string): void;
}

const SECONDS = 900;
const MEMORY = 6 * 2 ** 30;
const MAKER = fileURLToPath(new URL("../../../../test/bench/coverage/export.py", import.meta.url));
const EXAMINER = fileURLToPath(new URL("./examine.js", import.meta.url));

/**
 * Makes and examines the networks that have no row in the cache, one at a time. Each row is a file, so that a run that was cut goes
 * on. Then all rows, those that were committed where the cache has none, become one file and the page.
 */
export async function cover(architectures: readonly Architecture[], covering: Covering): Promise<void> {
  const { cache, only = [], again = false, python, say } = covering;
  await mkdir(cache, { recursive: true });
  const wanted = architectures.filter(({ name }) => only.length === 0 || only.includes(name));
  const file = ({ name }: Architecture) => join(cache, `${name}.json`);
  if (again) await Promise.all(wanted.map((one) => rm(file(one), { force: true })));
  if (python !== undefined) {
    await using maker = new Maker(python, covering.maker ?? MAKER);
    for (const architecture of wanted) {
      if (await currentRow(file(architecture), architecture)) continue;
      const row = await rowOf(architecture, maker, covering);
      await writeFile(file(architecture), JSON.stringify(row));
      say(`${architecture.name}: ${faultsOf(row).join("; ") || "all well"}`);
    }
  }
  const committed = await readRows(covering.rows);
  const rows: Row[] = [];
  const missing: string[] = [];
  for (const architecture of architectures) {
    const row =
      (await currentRow(file(architecture), architecture)) ?? committed.find((one) => isOf(one, architecture));
    if (row) rows.push(row);
    else missing.push(architecture.name);
  }
  await writeFile(covering.rows, `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
  await writeFile(covering.page, coveragePage(rows, missing));
  if (missing.length > 0) say(`no row yet: ${missing.join(", ")}`);
}

const isOf = (row: Row, { name, size, settings }: Architecture) =>
  row.name === name && row.size === size && JSON.stringify(row.settings) === JSON.stringify(settings);

/** The rows of a file; none where there is no file, or one that was cut off. */
async function readRows(path: string): Promise<Row[]> {
  try {
    return [JSON.parse(await readFile(path, "utf8"))].flat() as Row[];
  } catch {
    return [];
  }
}

const currentRow = async (path: string, architecture: Architecture): Promise<Row | undefined> =>
  (await readRows(path)).find((row) => isOf(row, architecture));

async function rowOf(architecture: Architecture, maker: Maker, covering: Covering): Promise<Row> {
  const folder = join(covering.cache, architecture.name);
  await mkdir(folder, { recursive: true });
  try {
    const made = await maker.make(architecture, folder, covering);
    await writeFile(join(folder, "made.json"), JSON.stringify(made));
    const examined = hasFailed(made) ? undefined : await examinedApart(folder, covering);
    const versions = { sightline: version, node: process.versions.node, ...maker.versions };
    return { ...architecture, made, examined, versions, date: new Date().toISOString().slice(0, 10) };
  } finally {
    if (!covering.keep) await rm(folder, { recursive: true, force: true });
  }
}

/** What a process of its own finds, so that a crash, too much memory or too long a time is a row and no end. */
async function examinedApart(folder: string, { seconds = SECONDS, memory = MEMORY, methods = [] }: Covering) {
  const child = spawn(process.execPath, [EXAMINER, folder, ...methods], { stdio: ["ignore", "pipe", "pipe"] });
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  const late = setTimeout(() => stop(`no result within ${seconds} s`), seconds * 1000);
  const large = setInterval(async () => {
    if ((await residentBytes(child.pid)) > memory) stop(`more than ${(memory / 2 ** 30).toFixed(1)} GiB of memory`);
  }, 500);
  const [[code, signal], output, errors] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  clearTimeout(late);
  clearInterval(large);
  if (code === 0) return JSON.parse(output) as Examined;
  const last = errors.trim().split("\n").at(-1) ?? "";
  return { error: stopped ?? `the process ended with ${signal ?? code}: ${last}` };
}

/** Resident memory of a process, where the system says it (Linux); else 0. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1] ?? 0) * 1024;
}

/** A line of JSON, or nothing: programs say much on standard output. */
function answerIn(line: string): object | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    return typeof answer === "object" && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** The process that makes networks: a line of JSON each way for each. One that ended is started anew for the next network. */
class Maker implements AsyncDisposable {
  #child: ChildProcess | undefined;
  #answers: AsyncIterator<string> | undefined;
  versions: Readonly<Record<string, string>> = {};

  constructor(
    private readonly python: string,
    private readonly script: string,
  ) {}

  async #start(): Promise<void> {
    const child = spawn(this.python, [this.script], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.on("error", () => {}); // a process that ended is noticed by its answer
    await once(child, "spawn");
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const versions = await this.#answer();
    if (!versions) throw new Error(`${this.python} made nothing: it needs torch, timm and onnx`);
    this.versions = versions as Record<string, string>;
  }

  async #answer(): Promise<object | undefined> {
    for (;;) {
      const { value, done } = await (this.#answers as AsyncIterator<string>).next();
      if (done) return undefined;
      const answer = answerIn(value);
      if (answer) return answer;
    }
  }

  async make(architecture: Architecture, folder: string, { seconds = SECONDS }: Covering): Promise<Made | Failed> {
    if (!this.#child) await this.#start();
    this.#child?.stdin?.write(`${JSON.stringify({ ...architecture, folder, seconds })}\n`);
    const made = await this.#answer();
    if (made) return made as Made | Failed;
    this.#child = undefined;
    return { error: "the process that makes the networks ended" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "close") : undefined;
    child.stdin?.end();
    child.stdout?.destroy();
    await ended;
  }
}
