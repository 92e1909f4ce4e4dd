import assert from "node:assert/strict";
import { test } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { GradientPasses } from "../../src/model/gradient-passes.js";
import { loadModel } from "../../src/model/load.js";
import { Network } from "../../src/model/network.js";
import { probePicture, provenOn } from "../../src/model/prove-device.js";
import { openError } from "../../src/model/runtime-errors.js";
import { isFloat } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { savedModel, tinyCnn } from "../support/models.js";
import { fails } from "../support/tensors.js";

/** By how much a device's weights are wrong, as a share of each, in its forward or its backward passes. */
interface Off {
  readonly forward?: number;
  readonly backward?: number;
}

/** The same graph with each weight wrong by up to so much. */
function wrong(graph: Graph, off: number): Graph {
  const copy = graph.clone();
  for (const node of copy.nodes) {
    node.input = node.input.map((name) => {
      const constant = copy.initializers.has(name) ? copy.constant(name) : undefined;
      if (!constant || !isFloat(constant.type)) return name;
      const data = Float32Array.from(constant.data as Float32Array, (value, i) => value * (1 + off * Math.sin(i + 1)));
      return copy.addConstant({ ...constant, data }, `${name}_wrong`);
    });
  }
  copy.touch();
  return copy;
}

/** Proves a device that is the processor with wrong weights. */
async function prove({ forward = 0, backward = 0 }: Off, control: { signal?: AbortSignal; open?: Error } = {}) {
  await using model = await loadModel(savedModel(tinyCnn()), { threads: 1 });
  const { network } = model;
  const opened: Network[] = [];
  network.reopened = async (graph, threads, device) => {
    if (control.open) throw control.open;
    assert.deepEqual([threads, device], [1, "webgpu"]);
    const other = await Network.prototype.reopened.call(network, wrong(graph, forward), threads, "cpu");
    const take = other.sessions.take.bind(other.sessions);
    other.sessions.take = (key, make) =>
      take(key, key.startsWith('["gradient"') ? async () => wrong(await make(), backward) : make);
    opened.push(other);
    return other;
  };
  const { tensor: input } = await model.prepare(probePicture());
  try {
    const { note } = await provenOn(network, "webgpu", { input, scores: model.info, signal: control.signal });
    return { note, alive: opened[0].host.isAlive };
  } catch (error) {
    assert.ok(
      opened.every(({ host }) => !host.isAlive),
      "what was refused is closed",
    );
    throw error;
  } finally {
    for (const each of opened) await each.close();
  }
}

test("a device that gives the processor's answers is taken, and says how near they are", async () => {
  const { note, alive } = await prove({});
  assert.ok(alive);
  assert.match(note, /^runs on webgpu, checked against the processor: values differ by at most 0e\+0 of the largest/);
  assert.match(note, /gradients' cosine is 1\.000000$/);
  assert.match((await prove({ forward: 1e-4, backward: 1e-4 })).note, /at most \de-[45] of the largest/);
});

test("a device whose scores or gradients differ is refused, and closed", async () => {
  await assert.rejects(
    prove({ forward: 0.05 }),
    fails("not-supported", /'webgpu' does not give the processor's answers: values differ by [\d.]+ %.*0\.10 %.*'cpu'/),
  );
  await assert.rejects(
    prove({ backward: 0.5 }),
    fails("not-supported", /its gradients' cosine to the processor's is 0\.\d{4}: expected at least 0\.999/),
  );
});

test("a device that answers with no number is refused", async () => {
  await assert.rejects(prove({ forward: Number.NaN }), fails("not-supported", /'webgpu'/));
});

test("a device on which the model cannot be opened is refused with the reason; cancelling is no refusal", async () => {
  const lost = new SightlineError("run-failed", "the model could not be run: device lost");
  await assert.rejects(
    prove({}, { open: lost }),
    fails("not-supported", /'webgpu' cannot run this model.*device lost.*'cpu'/),
  );
  await assert.rejects(prove({}, { signal: AbortSignal.abort() }), fails("aborted", /cancelled/));
});

test("an operator that the device's runtime lacks is named, with that runtime and what to do", async () => {
  const words = "Could not find an implementation for GridSample(20) node with name '/warp/GridSample'";
  await assert.rejects(
    prove({}, { open: openError(words, "onnxruntime-web 1.30.0 (webgpu)") }),
    fails("not-supported", /'webgpu' cannot run.*GridSample\(20\).*onnxruntime-web 1\.30\.0 \(webgpu\).*'cpu'/),
  );
});

test("a network whose gradients were tried gives them afterwards, too", async () => {
  await using model = await loadModel(savedModel(tinyCnn()), { threads: 1 });
  const input = model.fill([9, 90, 200]);
  const request = { target: 1 };
  const first = await new GradientPasses(model.network, model.info).run(input, request);
  const second = await new GradientPasses(model.network, model.info).run(input, request);
  assert.deepEqual(second, first);
});

test("the picture that devices are tried on is the same everywhere", () => {
  const { data, width, height } = probePicture();
  assert.equal(data.length, width * height * 3);
  assert.deepEqual(probePicture().data, data);
  assert.ok(new Set(data).size > 200, "it has many colours");
});
