import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadModel } from "../../src/model/load.js";
import { SessionHost } from "../../src/model/session.js";
import { DataType } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { probeShapes } from "../../src/onnx/shapes.js";
import { savedModel, tinyCnn } from "../support/models.js";
import { fails, noise, zeros } from "../support/tensors.js";

/** Some 50 ms of work per image: a matrix multiplied with itself again and again. */
function slowModel(): Graph {
  const graph = Graph.empty("slow", 17);
  graph.addInput("image", ["n", 3, 256, 256]);
  let x = "image";
  for (let i = 0; i < 24; i++) x = graph.op("Tanh", [graph.op("MatMul", [x, "image"])]);
  const flat = graph.op("Flatten", [graph.op("GlobalAveragePool", [x])], { axis: 1 });
  graph.addNode("Identity", [flat], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  return graph;
}

const image = (data: Float32Array, n = 1) => ({ image: { type: DataType.FLOAT, dims: [n, 3, 32, 32], data } });

/** Runs a script in a process of its own; the model's path is its first argument. */
async function runProcess(script: string, timeout = 20_000) {
  const url = (path: string) => JSON.stringify(pathToFileURL(fileURLToPath(new URL(path, import.meta.url))).href);
  const code = `import { loadModel } from ${url("../../src/model/load.js")};
    const model = await loadModel(process.argv[1], { threads: 1 });
    const input = { data: new Float32Array(64 * 3 * 256 * 256), dims: [64, 3, 256, 256] };
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, savedModel(slowModel())], { timeout });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const [exitCode, signal] = await once(child, "close");
  return { exitCode, signal, output };
}

describe("the worker", () => {
  it("leaves the main thread free while a model runs, is cancelled within a batch, and stays usable", async () => {
    await using model = await loadModel(savedModel(slowModel()), { threads: 1 });
    const input = zeros([1, 3, 256, 256]);
    await model.run(input);
    let ticks = 0;
    const clock = setInterval(() => ticks++, 1);
    const abort = new AbortController();
    const count = 2000;
    const masks = {
      kind: "separable",
      rank: 1,
      left: new Float32Array(count * 256),
      right: new Float32Array(count * 256),
    } as const;
    const idle = performance.eventLoopUtilization();
    const running = model.masked({ base: input, delta: input, count, masks }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 400);
    await assert.rejects(running, fails("aborted"));
    clearInterval(clock);
    const { utilization } = performance.eventLoopUtilization(idle);
    assert.ok(ticks >= 10 && utilization < 0.5, `${ticks} ticks, the main thread was busy ${utilization} of the time`);
    assert.deepEqual((await model.run(input)).dims, [1, 3]);
  });

  it("work that was aborted before it began is not begun", async () => {
    await using model = await loadModel(savedModel(tinyCnn()), { threads: 1 });
    const signal = AbortSignal.abort();
    await assert.rejects(model.run(noise([1, 3, 32, 32]), { signal }), fails("aborted"));
    await assert.rejects(model.predict(noise([1, 3, 32, 32]), { signal }), fails("aborted"));
    await assert.rejects(loadModel(savedModel(tinyCnn()), { signal }), fails("aborted"));
  });

  it("after close, calls are refused and those under way are rejected", async () => {
    const model = await loadModel(savedModel(slowModel()), { threads: 1 });
    const running = model.run(zeros([8, 3, 256, 256]));
    const closing = model.close();
    await assert.rejects(running, fails("model-closed"));
    await assert.rejects(model.run(zeros([1, 3, 256, 256])), fails("model-closed", /load it again/));
    await closing;
    await model.close();
  });

  it("when the thread dies, calls under way and later ones are rejected", async () => {
    const host = new SessionHost();
    const session = await host.open(tinyCnn());
    const before = session.run(image(new Float32Array(3072)), ["scores"]);
    const lost = host.ask({ kind: "nonsense" } as never);
    const behind = session.run(image(new Float32Array(3072)), ["scores"]);
    assert.equal((await before).size, 1);
    await Promise.all([lost, behind].map((call) => assert.rejects(call, fails("worker-died", /ended/))));
    await assert.rejects(
      session.run(image(new Float32Array(3072)), ["scores"]),
      fails("worker-died", /load the model again/),
    );
    await assert.rejects(host.open(tinyCnn()), fails("worker-died"));
  });

  it("what the runtime refuses comes back as an error, and the thread goes on", async () => {
    const host = new SessionHost();
    const session = await host.open(tinyCnn());
    await assert.rejects(session.run(image(new Float32Array(3), 1), ["scores"]), fails("run-failed"));
    const wrong = { image: { type: DataType.FLOAT, dims: [1, 3, 32, 16], data: new Float32Array(1536) } };
    await assert.rejects(session.run(wrong, ["scores"]), fails("shape-mismatch"));
    assert.equal((await session.run(image(new Float32Array(3072)), ["scores"])).get("scores")?.data.length, 5);
    await session.close();
    await assert.rejects(
      session.run(image(new Float32Array(3072)), ["scores"]),
      fails("run-failed", /session was closed/),
    );
    await host.close();
  });

  it("variants of a model share its weights, whatever their structure", async () => {
    const host = new SessionHost();
    const graph = tinyCnn({ classes: 400 });
    const whole = await host.open(graph);
    const watched = graph.clone();
    watched.addOutput("features");
    const second = await host.open(watched);
    const feed = image(noise([1, 3, 32, 32]).data);
    const a = await whole.run(feed, ["scores"]);
    const b = await second.run(feed, ["scores", "features"]);
    assert.deepEqual(a.get("scores")?.data, b.get("scores")?.data);
    assert.deepEqual(b.get("features")?.dims, [1, 6, 8, 8]);
    await host.close();
  });
});

describe("the process", () => {
  it("ends by itself when nothing is left to do, without close", async () => {
    const { exitCode, signal, output } = await runProcess(
      "console.log((await model.run({ ...input, data: input.data.slice(0, 196608), dims: [1, 3, 256, 256] })).dims.join());",
    );
    assert.deepEqual([exitCode, signal, output.trim()], [0, null, "1,3"]);
  });

  it("exits cleanly in the middle of a run", async () => {
    const { exitCode, signal, output } = await runProcess(
      "model.run(input).catch(() => {}); setTimeout(() => process.exit(7), 300);",
    );
    assert.deepEqual([exitCode, signal, output], [7, null, ""]);
  });

  it("an uncaught error in the middle of a run is reported, not an abort", async () => {
    const { exitCode, output } = await runProcess(
      "model.run(input).catch(() => {}); setTimeout(() => { throw new Error('mine'); }, 300);",
    );
    assert.equal(exitCode, 1);
    assert.match(output, /Error: mine/);
  });

  it("close in the middle of a run ends the thread cleanly", async () => {
    const { exitCode, output } = await runProcess(
      "model.run(input).catch((error) => console.log(error.code)); setTimeout(async () => { await model.close(); console.log('closed'); }, 300);",
    );
    assert.equal(exitCode, 0);
    assert.deepEqual(output.trim().split("\n"), ["model-closed", "closed"]);
  });
});

describe("probeShapes", () => {
  it("knows every tensor's exact shape, its type and the axis of the batch", async () => {
    const host = new SessionHost();
    const graph = tinyCnn();
    const shapes = await probeShapes(graph, { name: "image", dims: [1, 3, 32, 32] }, host);
    assert.deepEqual(shapes.get("features"), { type: DataType.FLOAT, dims: [1, 6, 8, 8], batchAxis: 0 });
    assert.deepEqual(shapes.get("image"), { type: DataType.FLOAT, dims: [1, 3, 32, 32], batchAxis: 0 });
    const [weight] = graph.proto.initializer;
    assert.deepEqual(shapes.get(weight.name), { type: DataType.FLOAT, dims: [8, 3, 3, 3], batchAxis: undefined });
    await host.close();
  });

  it("works out the shapes that it does not ask for as the runtime has them", async () => {
    const host = new SessionHost();
    const files = ["gradients/", "grids/", "quantised/"].flatMap((folder) => {
      const url = new URL(`../../../test/fixtures/${folder}`, import.meta.url);
      return readdirSync(url)
        .filter((name) => name.endsWith(".onnx"))
        .map((name) => new URL(name, url));
    });
    let followed = 0;
    for (const file of files) {
      const graph = Graph.parse(readFileSync(file));
      const [input] = graph.inputs;
      const dims = (input.dims ?? []).map((dim) => (typeof dim === "number" ? dim : 1));
      const asked = new Map<string, string>();
      const spy = {
        open: async (probe: Graph) => {
          for (const { opType, input, output } of probe.nodes) if (opType === "Shape") asked.set(output[0], input[0]);
          return host.open(probe);
        },
      };
      const shapes = await probeShapes(graph, { name: input.name, dims }, spy, { batched: false });
      const whole = graph.clone();
      const rest = [...shapes.keys()].filter(
        (name) => !graph.initializers.has(name) && ![...asked.values()].includes(name),
      );
      const ports = rest.map((name) => whole.op("Shape", [name]));
      whole.setOutputs(ports.map((name) => ({ name, type: DataType.INT64, dims: undefined })));
      whole.prune();
      const open = await host.open(whole);
      const size = dims.reduce((product, dim) => product * dim, 1);
      const feed = { type: DataType.FLOAT, dims, data: new Float32Array(size) };
      const said = await open.run({ [input.name]: feed }, ports);
      for (const [i, name] of rest.entries()) {
        const expected = Array.from(said.get(ports[i])?.data as BigInt64Array, Number);
        assert.deepEqual(shapes.get(name)?.dims, expected, `${name} of ${file.pathname}`);
      }
      followed += rest.length;
      await open.close();
    }
    await host.close();
    assert.ok(files.length >= 20 && followed > 500, `${followed} tensors of ${files.length} networks`);
  });
});

describe("a thread that rests", () => {
  const REST = 100;
  const addition = (step: number) => {
    const graph = Graph.empty("addition", 17);
    graph.addInput("x", [1]);
    const constant = graph.addConstant({ type: DataType.FLOAT, dims: [1], data: Float32Array.of(step) });
    graph.addNode("Add", ["x", constant], {}, { outputs: ["y"] });
    graph.addOutput("y", [1]);
    return graph;
  };
  const x = { x: { type: DataType.FLOAT, dims: [1], data: Float32Array.of(2) } };
  const resting = async (host: SessionHost) => {
    for (const until = Date.now() + 10_000; !host.isResting && Date.now() < until; ) await wait(REST / 4);
    assert.ok(host.isResting);
  };

  it("gives its memory back, and opens with the next pass what that needs, and nothing else", async () => {
    const host = new SessionHost({ restsAfter: REST });
    try {
      let made = 0;
      const kept = await host.open(addition(1));
      const make = () => addition(++made);
      const remade = await host.open(make(), make);
      await kept.run(x, ["y"]);
      await resting(host);
      const passes = [kept, kept].map((session) => session.run(x, ["y"]));
      for (const outputs of await Promise.all(passes)) assert.deepEqual(outputs.get("y")?.data, Float32Array.of(3));
      assert.equal(made, 1);
      await resting(host);
      assert.deepEqual((await remade.run(x, ["y"])).get("y")?.data, Float32Array.of(4));
      assert.equal(made, 2);
    } finally {
      await host.close();
    }
  });

  it("does not rest while it holds a tensor or while a pass is under way", async () => {
    const host = new SessionHost({ restsAfter: REST });
    try {
      const session = await host.open(addition(1));
      const held = await host.hold(x.x);
      await wait(3 * REST);
      assert.ok(!host.isResting);
      const { outputs } = await session.pass({ x: held.feed }, ["y"]);
      assert.deepEqual(outputs.get("y")?.data, Float32Array.of(3));
      await held.drop();
      await resting(host);
    } finally {
      await host.close();
    }
  });

  it("stays closed once it is closed, and so do its sessions", async () => {
    const host = new SessionHost({ restsAfter: REST });
    const session = await host.open(addition(1));
    const closed = await host.open(addition(1));
    await resting(host);
    await closed.close();
    await assert.rejects(closed.run(x, ["y"]), fails("run-failed"));
    await resting(host);
    await host.close();
    assert.ok(!host.isResting);
    await assert.rejects(session.run(x, ["y"]), fails("model-closed"));
  });
});
