import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelCommand, packageRoot } from "../../src/kernel/node/package-paths.js";
import { KernelClient } from "../../src/kernel/runner/client.js";
import { median, paired, printTable, timed } from "./measure.js";

const STARTS = 7;
const CELLS = 100;

/** A kernel and the sentences of its language that the comparison needs. */
interface Subject {
  command: readonly string[];
  echo: string;
  lines: string;
  /** Prints the milliseconds that the process has used so far, which a busy machine cannot spoil. */
  spent: string;
}

const ours: Subject = {
  command: kernelCommand,
  echo: `import { onComm } from "sightline/notebook";
    onComm("echo", (comm) => { comm.onMessage(({ data, buffers }) => comm.send(data, { buffers })); });`,
  lines: "for (let i = 0; i < 10_000; i++) console.log(i);",
  spent: "const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);",
};

const ipykernel: Subject = {
  command: [
    join(packageRoot, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python"),
    "-m",
    "ipykernel_launcher",
    "-f",
    "{connection_file}",
  ],
  echo: `def _opened(comm, message):
    @comm.on_msg
    def _echo(message):
        comm.send(message["content"]["data"], buffers=message["buffers"])
get_ipython().kernel.comm_manager.register_target("echo", _opened)`,
  lines: "for i in range(10_000): print(i)",
  spent: "import time; print(time.process_time() * 1000)",
};

/** The kernel beside ipykernel on the same machine in the same run, and against its own goals. */
export async function bench(options: readonly string[] = []): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sightline-bench-"));
  symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"), "junction");
  try {
    if (!options.includes("--alone")) await besideIpykernel(folder);
    console.log();
    printTable(firstCell(folder));
    console.log();
    await cellsAndHelp(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function besideIpykernel(folder: string): Promise<void> {
  const start = ({ command }: Subject) => KernelClient.start({ command, folder, transport: "tcp" });
  const rows: Record<string, string | number>[] = [];
  const row = (what: string, a: number, b: number, ratio: number, goal: string, spent: number | string = "") =>
    rows.push({ what, "ours (ms)": a, "ipykernel (ms)": b, ratio, goal, "processor time, ratio": spent });
  const compare = async (what: string, goal: string, work: (index: number) => Promise<unknown>, rounds: number) => {
    const spent = () => Promise.all([ours, ipykernel].map((subject, i) => processorTime(clients[i], subject)));
    const before = await spent();
    const { a, b, ratio } = await paired(
      () => work(0),
      () => work(1),
      rounds,
    );
    const [own, theirs] = (await spent()).map((time, i) => time - before[i]);
    row(what, a, b, ratio, goal, own / theirs);
  };

  const starts: number[][] = [];
  const firsts: number[][] = [];
  for (let round = 0; round <= STARTS; round++) {
    const pair = [];
    for (const subject of [ours, ipykernel]) {
      const client = await start(subject);
      pair.push([client.startup, await timed(() => succeed(client, "1+1"))]);
      await client.kill();
    }
    if (round === 0) continue;
    starts.push(pair.map(([startup]) => startup));
    firsts.push(pair.map(([, first]) => first));
  }
  const medians = (pairs: number[][]) =>
    [pairs.map(([a]) => a), pairs.map(([, b]) => b), pairs.map(([a, b]) => a / b)].map(median);
  const [startOurs, startTheirs, startRatio] = medians(starts);
  row("start to kernel_info_reply", startOurs, startTheirs, startRatio, "≤ 2");
  const [firstOurs, firstTheirs, firstRatio] = medians(firsts);
  row("first cell 1+1", firstOurs, firstTheirs, firstRatio, "");

  const clients = [await start(ours), await start(ipykernel)];
  try {
    await compare(`cell 1+1, median of ${CELLS}`, "", (i) => succeed(clients[i], "1+1"), CELLS);
    const comms = await Promise.all(
      [ours, ipykernel].map(async ({ echo }, i) => {
        await succeed(clients[i], echo);
        clients[i].send("comm_open", { comm_id: "echo", target_name: "echo", data: {} });
        return (count: number, inFlight: number, data: object, buffers: Uint8Array[]) =>
          echoed(clients[i], count, inFlight, data, buffers);
      }),
    );
    const kilobyte = { text: "x".repeat(1_000) };
    const megabyte = [new Uint8Array(1_000_000).fill(7)];
    await compare("1,000 comm messages of 1 kB at once, echo", "≤ 1", (i) => comms[i](1_000, 1_000, kilobyte, []), 5);
    await compare("1,000 comm messages of 1 kB in turn, echo", "≤ 1", (i) => comms[i](1_000, 1, kilobyte, []), 5);
    await compare("200 comm messages of 1 MB at once, echo", "≤ 1", (i) => comms[i](200, 200, {}, megabyte), 5);
    await compare("200 comm messages of 1 MB in turn, echo", "≤ 1", (i) => comms[i](200, 1, {}, megabyte), 5);
    const lines = [ours.lines, ipykernel.lines];
    await compare("10,000 lines of stdout", "≤ 1", (i) => printed(clients[i], lines[i], 10_000), 11);
  } finally {
    await Promise.all(clients.map((client) => client.kill()));
  }
  printTable(rows);
}

/** Prints what the language does for the first cell of a process, in milliseconds, by TypeScript's own measures. */
const FIRST_CELL = `const started = performance.now();
  const { ts } = await import(process.argv[1] + "platform/node/typescript.js");
  const compiler = performance.now() - started;
  const [{ CellLanguage }, { nodeFiles }] = await Promise.all(
    ["kernel/language/service.js", "kernel/node/node-files.js"].map((module) => import(process.argv[1] + module)));
  ts.performance.enable();
  const language = new CellLanguage(nodeFiles(process.argv[2]));
  const before = performance.now();
  language.convert("1+1");
  const first = performance.now() - before;
  const parts = { compiler, first };
  ts.performance.forEachMeasure((name, duration) => { parts[name] = duration; });
  ts.performance.disable();
  const again = performance.now();
  language.convert("1+1");
  parts.second = performance.now() - again;
  console.log(JSON.stringify(parts));`;

/** What the first cell waits for where nothing was prepared: medians of some processes. */
function firstCell(folder: string): { what: string; ms: number }[] {
  const runs = Array.from({ length: STARTS }, () => {
    const script = ["--input-type=module", "-e", FIRST_CELL, new URL("../../src/", import.meta.url).href, folder];
    const { stdout, stderr, status } = spawnSync(process.execPath, script, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Readonly<Record<string, number>>;
  });
  const part = (name: string) => median(runs.map((run) => run[name]));
  return [
    { what: "first cell: loading the compiler", ms: part("compiler") },
    { what: "first cell: checking and converting it", ms: part("first") },
    { what: "of it, parsing the declarations of the language and of Node", ms: part("Parse") },
    { what: "of it, binding their names", ms: part("Bind") },
    { what: "of it, checking the cell itself", ms: part("Check") },
    { what: "the same cell a second time", ms: part("second") },
  ];
}

/** What a warm cell, its help and its completion cost in a notebook that grows. */
async function cellsAndHelp(folder: string): Promise<void> {
  const client = await KernelClient.start({ folder });
  try {
    await succeed(client, 'import * as sightline from "sightline"; import { loadModel, explain } from "sightline";');
    const times = [0];
    const before = await processorTime(client, ours);
    for (let n = 1; n <= 510; n++) {
      const earlier = n > 1 ? `value${n - 1}.total` : "0";
      const cell = `interface Point${n} { x: number; y: number }
        const points${n}: Point${n}[] = Array.from({ length: 10 }, (_, i) => ({ x: i, y: i * ${n} }));
        const value${n} = { total: points${n}.reduce((sum, { x, y }) => sum + x * y, ${earlier}), name: "cell ${n}" };
        console.log(value${n}.name.toUpperCase(), value${n}.total.toFixed(1));`;
      times.push(await timed(() => succeed(client, cell)));
    }
    const spent = ((await processorTime(client, ours)) - before) / (times.length - 1);
    const around = (middle: number) => median(times.slice(middle - 10, middle + 10));
    const rows: Record<string, string | number>[] = [
      { what: "warm cell with type checking, median of 500 (ms)", measured: median(times.slice(11)), goal: "< 60" },
      { what: "processor time of such a cell, mean, its threads included (ms)", measured: spent, goal: "" },
      { what: "cell 500 / cell 20", measured: around(500) / around(20), goal: "≤ 1.3" },
    ];
    await succeed(client, 'import ts from "typescript"; import * as fs from "node:fs";');
    for (const { what, times } of await asked(client)) {
      rows.push({ what: `${what}, median (ms)`, measured: median(times), goal: "< 150" });
    }
    printTable(rows);
  } finally {
    await client.kill();
  }
}

const QUESTIONS = [
  ["complete", "its own variable: value500.", "value500."],
  ["complete", "a package: sightline.", "sightline."],
  ["complete", "a large namespace: ts.", "ts."],
  ["complete", "a module of Node: fs.", "fs."],
  ["complete", "the top level: con", "con"],
  ["complete", "the globals: globalThis.", "globalThis."],
  ["complete", "options of a call: explain(…, {", 'explain(model, "a.png", { '],
  ["complete", "the name of a module", 'import x from "node:'],
  ["complete", "the name of a package", 'import x from "sight'],
  ["inspect", "its own variable", "value500"],
  ["inspect", "a function of a package: explain", "explain"],
  ["inspect", "a package: sightline", "sightline"],
  ["inspect", "a large namespace: ts", "ts"],
  ["inspect", "a method of the standard library: [1].map", "[1].map"],
  ["inspect", "the arguments of a call: loadModel(", "loadModel("],
] as const;

/** Each question in turn, 15 warm times; the cell around it differs each time, as while somebody types. */
async function asked(client: KernelClient): Promise<{ what: string; times: number[] }[]> {
  const found = QUESTIONS.map(([kind, of]) => ({ what: `${kind} ${of}`, times: [] as number[] }));
  for (let round = 0; round < 17; round++) {
    for (const [i, [kind, , text]] of QUESTIONS.entries()) {
      const code = `const round${round} = 1;\n${text}`;
      const request = { code, cursor_pos: code.length, detail_level: 0 };
      const time = await timed(() => client.request(`${kind}_request`, request));
      if (round > 1) found[i].times.push(time);
    }
  }
  return found;
}

async function processorTime(client: KernelClient, { spent }: Subject): Promise<number> {
  let text = "";
  await client.execute(spent, {
    onOutput: ({ header, content }) => {
      if (header.msg_type === "stream") text += content.text;
    },
  });
  return Number(text);
}

async function succeed(client: KernelClient, code: string): Promise<void> {
  const { content } = await client.execute(code);
  if (content.status !== "ok") throw new Error(`${content.ename}: ${content.evalue}`);
}

/** Sends messages, so many of them unanswered at a time, until each came back. */
function echoed(
  client: KernelClient,
  count: number,
  inFlight: number,
  data: object,
  buffers: readonly Uint8Array[],
): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    const next = () => {
      client.send("comm_msg", { comm_id: "echo", data }, { buffers });
      sent++;
    };
    const stop = client.listen(({ header, content }) => {
      if (header.msg_type !== "comm_msg" || content.comm_id !== "echo") return;
      answered++;
      if (sent < count) next();
      else if (answered === count) {
        stop();
        resolve();
      }
    });
    while (sent < inFlight) next();
  });
}

async function printed(client: KernelClient, code: string, expected: number): Promise<void> {
  let lines = 0;
  await client.execute(code, {
    onOutput: ({ header, content }) => {
      if (header.msg_type === "stream") lines += String(content.text).split("\n").length - 1;
    },
  });
  if (lines !== expected) throw new Error(`${lines} lines of ${expected}`);
}
