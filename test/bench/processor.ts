import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import { random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/tensor.js";
import { fetchModel } from "../../src/model/catalog.js";
import { Graph } from "../../src/onnx/graph.js";
import { createSession } from "../../src/platform/node/runtime.js";
import { savedModel } from "../support/models.js";
import { resnet50, vitB16 } from "./device/networks.js";
import { median, printTable } from "./measure.js";

const PASSES = 3;

/** Milliseconds of a pass, by the clock and of the processor, all threads of the process together. */
interface Spent {
  readonly clock: number;
  readonly processor: number;
}

/** Something that runs a few passes and says what one took. */
interface Runner {
  readonly name: string;
  round(): Promise<Spent>;
  close(): unknown;
}

type Options = ort.InferenceSession.SessionOptions;

/** What else a session of the runtime can be told, beside what the product tells it. */
const VARIANTS: Readonly<Record<string, (options: Options) => Options>> = {
  "threads that spin": (options) => ({ ...options, extra: { session: { intra_op: { allow_spinning: "1" } } } }),
  "denormals are 0": (options) => ({ ...options, extra: withEntry("set_denormal_as_zero", "1") }),
  "no memory arena": (options) => ({ ...options, enableCpuMemArena: false, enableMemPattern: false }),
  "batch of 1 written in": (options) => ({ ...options, freeDimensionOverrides: { n: 1, batch: 1 } }),
  "no blocked layout": (options) => ({ ...options, graphOptimizationLevel: "extended" }),
};

const withEntry = (key: string, value: string) => ({
  session: { intra_op: { allow_spinning: "0" }, [key]: value },
});

/**
 * Passes of one picture in float32 beside OpenVINO's on the same machine, in turn, on one thread and on two, and what
 * other options of the runtime's sessions would change. PEER_PYTHON: a Python with openvino. --model=PATH: further models;
 * --rounds=9.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const given = flags.filter((flag) => flag.startsWith("--model=")).map((flag) => flag.slice("--model=".length));
  const wanted = Number(flags.find((flag) => flag.startsWith("--rounds="))?.slice("--rounds=".length) ?? 9);
  const networks = [
    await fetchModel("efficientnet-lite0"),
    ...[resnet50, vitB16].map((make) => savedModel(make(), `${make.name}.onnx`)),
    ...given,
  ];
  const beside: Record<string, string | number>[] = [];
  const options: Record<string, string | number>[] = [];
  for (const path of networks) {
    for (const threads of [1, 2]) {
      const runners = [
        await ours(path, threads),
        ...(await Promise.all(Object.keys(VARIANTS).map((name) => variant(name, path, threads)))),
        ...(process.env.PEER_PYTHON ? [await openVino(process.env.PEER_PYTHON, path, threads)] : []),
      ];
      const rounds: Spent[][] = runners.map(() => []);
      for (let round = 0; round <= wanted; round++) {
        for (const [i, runner] of runners.entries()) {
          const spent = await runner.round();
          if (round > 0) rounds[i].push(spent);
        }
      }
      for (const runner of runners) await runner.close();
      const [own] = rounds;
      const ratio = (other: readonly Spent[], kind: keyof Spent) =>
        median(own.map((spent, round) => spent[kind] / other[round][kind]));
      const what = { network: basename(path), threads };
      for (const [i, { name }] of runners.entries()) {
        if (i === 0) continue;
        const ratios = { "ours / it": ratio(rounds[i], "clock"), "processor time": ratio(rounds[i], "processor") };
        if (name !== OPENVINO) options.push({ ...what, option: name, ...ratios });
        else {
          const times = {
            "ours (ms)": median(own.map(({ clock }) => clock)),
            [`${name} (ms)`]: median(rounds[i].map(({ clock }) => clock)),
          };
          beside.push({ ...what, ...times, ...ratios, goal: "≤ 1.2" });
        }
      }
    }
  }
  if (beside.length > 0) printTable(beside);
  else console.log("set PEER_PYTHON to a Python with openvino to compare with OpenVINO");
  console.log();
  printTable(options);
}

const OPENVINO = "OpenVINO";

async function timedPasses(pass: () => Promise<unknown>): Promise<Spent> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < PASSES; i++) await pass();
  const { user, system } = process.cpuUsage(before);
  return { clock: (performance.now() - start) / PASSES, processor: (user + system) / 1000 / PASSES };
}

/** A picture as a model takes it. */
function pictureFor(path: string) {
  const [{ name, dims = [] }] = Graph.parse(readFileSync(path)).inputs;
  const shape = dims.map((size, axis) => (axis === 0 || typeof size !== "number" ? 1 : size));
  const draw = random(0);
  return { name, dims: shape, data: Float32Array.from({ length: sizeOf(shape) }, () => draw.normal()) };
}

/** The product's own session. */
async function ours(path: string, threads: number): Promise<Runner> {
  const session = await createSession(readFileSync(path), { threads, device: "cpu" });
  const { name, ...picture } = pictureFor(path);
  const [output] = Graph.parse(readFileSync(path)).outputs;
  const pass = () => session.run({ [name]: { type: "float32", ...picture } }, [output.name]);
  return { name: "ours", round: () => timedPasses(pass), close: () => session.release() };
}

async function variant(name: string, path: string, threads: number): Promise<Runner> {
  const product: Options = {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
  const session = await ort.InferenceSession.create(readFileSync(path), VARIANTS[name](product));
  const { name: input, dims, data } = pictureFor(path);
  const pass = () => session.run({ [input]: new ort.Tensor("float32", data, dims) });
  return { name, round: () => timedPasses(pass), close: () => session.release() };
}

/** OpenVINO in a process of its own, which waits between its rounds. */
async function openVino(python: string, path: string, threads: number): Promise<Runner> {
  const script = fileURLToPath(new URL("../../../test/bench/peers/openvino_pass.py", import.meta.url));
  const child = spawn(python, [script, path, String(threads), String(PASSES)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the peer failed");
    return String(value);
  };
  await next();
  const round = async () => {
    child.stdin.write("\n");
    const [clock, processor] = (await next()).split(" ").map(Number);
    return { clock, processor };
  };
  return { name: OPENVINO, round, close: () => child.stdin.end() };
}
