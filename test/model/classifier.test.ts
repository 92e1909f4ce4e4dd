import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { random } from "../../src/core/random.js";
import { sizeOf, type Tensor } from "../../src/core/tensor.js";
import type { Classifier } from "../../src/model/classifier.js";
import { loadModel } from "../../src/model/load.js";
import type { LayerInfo, Masks } from "../../src/model/types.js";
import type { Graph } from "../../src/onnx/graph.js";
import { savedModel, tinyCnn, tinyVit } from "../support/models.js";
import { assertClose, fails, noise, zeros } from "../support/tensors.js";

const open = (graph: Graph, options = {}) => loadModel(savedModel(graph), { threads: 1, ...options });

/** One value per cell of each mask, worked out the long way. */
function maskValues(
  masks: Exclude<Masks, { kind: "parts" }>,
  count: number,
  height: number,
  width: number,
): number[][] {
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length: height * width }, (_, cell) => {
      const [y, x] = [Math.floor(cell / width), cell % width];
      if (masks.kind === "dense") return masks.data[n * height * width + cell];
      if (masks.kind === "segments") return masks.weights[n * masks.segments + masks.labels[cell]];
      let sum = 0;
      for (let r = 0; r < masks.rank; r++) {
        sum += masks.left[(n * height + y) * masks.rank + r] * masks.right[(n * masks.rank + r) * width + x];
      }
      return sum;
    }),
  );
}

type MaskKind = (typeof KINDS)[number];

function someMasks(kind: MaskKind, count: number, height: number, width: number): Extract<Masks, { kind: MaskKind }> {
  const { uniform, integer } = random(count);
  const values = (size: number) => Float32Array.from({ length: size }, uniform);
  if (kind === "dense") return { kind, data: values(count * height * width) };
  if (kind === "separable")
    return { kind, rank: 2, left: values(count * height * 2), right: values(count * 2 * width) };
  const labels = Int32Array.from({ length: height * width }, () => integer(4));
  return { kind, segments: 4, labels, weights: values(count * 4) };
}

/** base + mask · delta, one copy after the other. */
function perturbed(base: Tensor, delta: Tensor, masks: number[][], { geometry }: Pick<LayerInfo, "geometry">): Tensor {
  const { layout, channels, height, width, offset } = geometry;
  const cells = height * width;
  const data = new Float32Array(masks.length * base.data.length);
  masks.forEach((mask, n) => {
    for (let i = 0; i < base.data.length; i++) {
      const cell = layout === "nchw" ? i % cells : Math.floor(i / channels) - offset;
      data[n * base.data.length + i] = base.data[i] + (cell < 0 ? 1 : mask[cell]) * delta.data[i];
    }
  });
  return { data, dims: [masks.length, ...base.dims.slice(1)] };
}

const KINDS = ["separable", "segments", "dense"] as const;

describe("masked", () => {
  const inputs = {
    "channels first": tinyCnn(),
    "channels last": tinyCnn({ layout: "nhwc" }),
    "a fixed batch": fixed(),
  };
  for (const [name, graph] of Object.entries(inputs)) {
    for (const kind of KINDS) {
      it(`${kind} masks on the input, ${name}: as copies made outside`, async () => {
        await using model = await open(graph);
        const { layout, height, width } = model.info.input;
        const dims = layout === "nchw" ? [1, 3, height, width] : [1, height, width, 3];
        for (const base of [noise(dims, 1), zeros(dims)]) {
          const delta = noise(dims, 2);
          const masks = someMasks(kind, 19, height, width);
          const found = await model.masked({ base, delta, count: 19, masks });
          const geometry = { layout, channels: 3, height, width, offset: 0 };
          const copies = perturbed(base, delta, maskValues(masks, 19, height, width), { geometry });
          assert.deepEqual(found.dims, [19, 5]);
          assertClose(found.data, (await model.run(copies)).data, 2e-5);
        }
      });
    }
  }

  const nets = {
    "a convolutional network": tinyCnn(),
    "channels last": tinyCnn({ layout: "nhwc" }),
    "a transformer": tinyVit(),
    "a fixed batch": fixed(),
    "a baked transformer": tinyVit({ batch: 1, baked: true }),
  };
  for (const [name, graph] of Object.entries(nets)) {
    it(`masks of ones and zeros on every layer of ${name}: the layer itself, and nothing`, async () => {
      await using model = await open(graph);
      const input = noise(model.info.input.layout === "nchw" ? [1, 3, 32, 32] : [1, 32, 32, 3]);
      for (const layer of model.layers()) {
        const { scores, activations } = await model.observe(input, { layers: [layer.name] });
        const delta = activations.get(layer.name) as Tensor;
        assert.deepEqual(delta.dims, layer.shape);
        const { height, width } = layer.geometry;
        const data = new Float32Array(2 * height * width).fill(1, 0, height * width);
        const base = zeros(layer.shape);
        const whole = await model.masked({ layer: layer.name, base, delta, count: 2, masks: { kind: "dense", data } });
        assertClose(whole.data.slice(0, 5), scores.data, 2e-5);
        const twice = await model.masked({
          layer: layer.name,
          base: delta,
          delta,
          count: 1,
          masks: { kind: "dense", data: new Float32Array(height * width) },
        });
        if (layer.geometry.offset === 0) assertClose(twice.data, scores.data, 2e-5);
      }
    });
  }

  for (const [name, graph] of Object.entries({ ...inputs, "a transformer": tinyVit() })) {
    it(`weighted parts of the input and of every layer, ${name}: as their sums made outside`, async () => {
      await using model = await open(graph);
      const geometry = model.info.input;
      const shape = geometry.layout === "nchw" ? [1, 3, 32, 32] : [1, 32, 32, 3];
      for (const layer of [undefined, ...model.layers()]) {
        const [, ...dims] = layer?.shape ?? shape;
        const [base, parts] = [noise([1, ...dims], 5), noise([3, ...dims], 6)];
        const weights = Float32Array.of(0, 0, 0, 1, 0, 0, 0.5, -1, 2, 0.25, 0.25, 0.25);
        for (const start of [base, undefined]) {
          const found = await model.masked({
            ...{ layer: layer?.name, base: start, delta: parts, count: 4 },
            masks: { kind: "parts", weights },
          });
          const size = sizeOf(dims);
          for (let n = 0; n < 4; n++) {
            const sum = Float32Array.from({ length: size }, (_, i) =>
              [0, 1, 2].reduce((all, p) => all + weights[3 * n + p] * parts.data[p * size + i], start?.data[i] ?? 0),
            );
            const { height, width } = layer?.geometry ?? geometry;
            const one = await model.masked({
              ...{ layer: layer?.name, delta: { data: sum, dims: [1, ...dims] }, count: 1 },
              masks: { kind: "dense", data: new Float32Array(height * width).fill(1) },
            });
            assertClose(found.data.slice(5 * n, 5 * n + 5), one.data, 5e-5);
          }
        }
      }
    });
  }

  for (const kind of KINDS) {
    it(`${kind} masks on a layer that is pooled next, and on an earlier one: as the head run on copies`, async () => {
      await using model = await open(tinyCnn());
      for (const name of ["features", "early"]) {
        const layer = model.layers().find((candidate) => candidate.name === name) ?? assert.fail();
        const { height, width } = layer.geometry;
        const [base, delta] = [noise(layer.shape, 3), noise(layer.shape, 4)];
        const masks = someMasks(kind, 9, height, width);
        const found = await model.masked({ layer: name, base, delta, count: 9, masks });
        const copies = perturbed(base, delta, maskValues(masks, 9, height, width), layer);
        const rows: number[] = [];
        for (let n = 0; n < 9; n++) {
          const one = {
            data: copies.data.slice(n * sizeOf(layer.shape), (n + 1) * sizeOf(layer.shape)),
            dims: layer.shape,
          };
          const ones = new Float32Array(height * width).fill(1);
          const head = await model.masked({
            layer: name,
            base: zeros(layer.shape),
            delta: one,
            count: 1,
            masks: { kind: "dense", data: ones },
          });
          rows.push(...head.data);
        }
        assertClose(found.data, rows, 2e-5);
      }
    });
  }

  it("patch tokens are masked, the class token is not", async () => {
    await using model = await open(tinyVit());
    const input = noise([1, 3, 32, 32]);
    const [layer] = model.layers();
    assert.deepEqual([layer.name, layer.kind, layer.geometry.offset], ["block1", "tokens", 1]);
    const { activations } = await model.observe(input, { layers: ["block1"] });
    const delta = activations.get("block1") as Tensor;
    const onlyClass = { data: delta.data.map((value, i) => (i < 12 ? value : 0)), dims: delta.dims };
    const none = { kind: "dense", data: new Float32Array(16) } as const;
    const all = { kind: "dense", data: new Float32Array(16).fill(1) } as const;
    const masked = await model.masked({ layer: "block1", base: zeros(delta.dims), delta, count: 1, masks: none });
    const kept = await model.masked({
      layer: "block1",
      base: zeros(delta.dims),
      delta: onlyClass,
      count: 1,
      masks: all,
    });
    assertClose(masked.data, kept.data, 1e-6);
  });

  it("gives the same bits whatever the size of the call", async () => {
    await using model = await open(tinyCnn());
    const dims = [1, 3, 32, 32];
    const [base, delta] = [zeros(dims), noise(dims)];
    const masks = someMasks("separable", 40, 32, 32) as Extract<Masks, { kind: "separable" }>;
    const whole = await model.masked({ base, delta, count: 40, masks });
    const again = await model.masked({ base, delta, count: 40, masks });
    assert.deepEqual(again.data, whole.data);
    const parts: number[] = [];
    for (let start = 0; start < 40; start += 5) {
      const left = masks.left.slice(start * 64, (start + 5) * 64);
      const right = masks.right.slice(start * 64, (start + 5) * 64);
      parts.push(...(await model.masked({ base, delta, count: 5, masks: { ...masks, left, right } })).data);
    }
    assert.deepEqual(Float32Array.from(parts), whole.data);
  });

  it("refuses what does not fit", async () => {
    await using model = await open(tinyCnn());
    const dims = [1, 3, 32, 32];
    const masks = someMasks("dense", 2, 32, 32);
    const [base, delta] = [zeros(dims), noise(dims)];
    await assert.rejects(
      model.masked({ base, delta: noise([1, 3, 8, 8]), count: 2, masks }),
      fails("shape-mismatch", /delta/),
    );
    await assert.rejects(model.masked({ base, delta, count: 3, masks }), fails("shape-mismatch", /masks/));
    await assert.rejects(
      model.masked({ layer: "featuers", base, delta, count: 2, masks }),
      fails("unknown-layer", /did you mean 'features'/),
    );
    const broken = { data: delta.data.map((value, i) => (i === 5 ? Number.NaN : value)), dims };
    await assert.rejects(
      model.masked({ base, delta: broken, count: 2, masks }),
      fails("not-finite", /NaN at position 5/),
    );
  });
});

describe("observe", () => {
  it("returns inner tensors of every image, and the scores", async () => {
    await using model = await open(tinyCnn());
    const input = noise([11, 3, 32, 32]);
    const { scores, activations } = await model.observe(input, { layers: ["features", "early"] });
    assert.deepEqual(scores.data, (await model.run(input)).data);
    assert.deepEqual(activations.get("features")?.dims, [11, 6, 8, 8]);
    const one = { data: input.data.slice(10 * 3072), dims: [1, 3, 32, 32] };
    const alone = await model.observe(one, { layers: ["early"] });
    assertClose(
      activations.get("early")?.data.slice(10 * 2048) ?? [],
      alone.activations.get("early")?.data ?? [],
      1e-6,
    );
  });

  it("weights and other tensors without a row per image are no layers", async () => {
    const graph = tinyCnn();
    const [{ name }] = graph.proto.initializer;
    await using model = await open(graph);
    await assert.rejects(model.observe(noise([1, 3, 32, 32]), { layers: [name] }), fails("unknown-layer"));
  });

  it("a layer that does not exist is named with the nearest", async () => {
    await using model = await open(tinyCnn());
    await assert.rejects(
      model.observe(noise([1, 3, 32, 32]), { layers: ["feature"] }),
      fails("unknown-layer", /did you mean 'features'/),
    );
  });
});

describe("run", () => {
  it("refuses another shape, no image, NaN and infinity", async () => {
    await using model = await open(tinyCnn());
    await assert.rejects(
      model.run(noise([1, 3, 16, 16])),
      fails("shape-mismatch", /\[1, 3, 16, 16\].*\[n, 3, 32, 32\]/),
    );
    await assert.rejects(model.run(noise([3, 32, 32])), fails("shape-mismatch"));
    await assert.rejects(model.run(zeros([0, 3, 32, 32])), fails("shape-mismatch"));
    await assert.rejects(model.run({ data: new Float32Array(5), dims: [1, 3, 32, 32] }), fails("shape-mismatch"));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const input = zeros([1, 3, 32, 32]);
      input.data[17] = value;
      await assert.rejects(model.run(input), fails("not-finite", /position 17/));
    }
  });

  it("calls of several callers overlap and each gets its own", async () => {
    await using model = await open(tinyCnn());
    const inputs = Array.from({ length: 12 }, (_, i) => noise([1 + (i % 3), 3, 32, 32], i));
    const together = await Promise.all(inputs.map((input) => model.run(input)));
    for (const [i, input] of inputs.entries()) assert.deepEqual((await model.run(input)).data, together[i].data);
  });

  it("leaves the caller's tensors as they are", async () => {
    await using model = await open(tinyCnn());
    const input = noise([2, 3, 32, 32]);
    const copy = input.data.slice();
    await model.run(input);
    await model.gradient(input, { target: 0 });
    assert.deepEqual(input.data, copy);
  });
});

describe("predict", () => {
  it("gives the most probable classes with labels, best first; probabilities add up to 1", async () => {
    await using model = await open(tinyCnn(), { labels: ["a", "b", "c", "d", "e"] });
    const input = noise([1, 3, 32, 32]);
    const all = await model.predict(input, { top: 10 });
    assert.equal(all.length, 5);
    assert.ok(Math.abs(all.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-6);
    for (let i = 1; i < 5; i++) assert.ok(all[i - 1].probability >= all[i].probability);
    for (const { index, label } of all) assert.equal(label, "abcde"[index]);
    assert.deepEqual(await model.predict(input, { top: 2 }), all.slice(0, 2));
  });

  it("takes paths, bytes, raw pixels and tensors", async () => {
    await using model = await open(tinyCnn(), { preprocess: { mean: 0.5, std: 0.25, layout: "nchw" } });
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => i % 251);
    const prepared = await model.prepare({ data, width: 32, height: 32 });
    assert.deepEqual(await model.predict(prepared.tensor), await model.predict({ data, width: 32, height: 32 }));
    const value = (data[3 * 5 + 1] / 255 - 0.5) / 0.25;
    assertClose([prepared.tensor.data[1024 + 5]], [value], 1e-6);
  });
});

describe("targets", () => {
  it("labels and indices become indices; mistakes come with suggestions", async () => {
    await using model = await open(tinyCnn(), { labels: ["tiger cat", "Egyptian cat", "clock", "cup", "dog"] });
    assert.equal(model.classIndex("clock"), 2);
    assert.equal(model.classIndex("egyptian CAT"), 1);
    assert.equal(model.classIndex(4), 4);
    assert.throws(
      () => model.classIndex("tigre cat"),
      fails("unknown-label", /unknown label 'tigre cat': did you mean 'tiger cat'/),
    );
    assert.throws(() => model.classIndex("zebra crossing"), fails("unknown-label", /model.labels/));
    for (const target of [5, -1, 1.5, Number.NaN]) {
      assert.throws(() => model.classIndex(target), fails("index-out-of-range", /from 0 to 4/));
    }
  });
});

describe("colours", () => {
  const cases = {
    data: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    bgr: { mean: [104, 117, 124], std: 1, scale: 1, channels: "bgr" },
  } as const;
  for (const [name, preprocess] of Object.entries(cases)) {
    it(`${name}: pixels() undoes prepare(), fill() is a picture of one colour`, async () => {
      await using model = await open(tinyCnn(), { preprocess });
      const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7) % 256);
      const pixels = await model.pixels(await model.prepare({ data, width: 32, height: 32 }));
      assert.deepEqual(Uint8Array.from(pixels.data), data);
      const plain = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => [10, 200, 90][i % 3]);
      const { tensor } = await model.prepare({ data: plain, width: 32, height: 32 });
      assertClose(model.fill([10, 200, 90]).data, tensor.data, 1e-6);
    });
  }

  it("a function that scales and reorders colours is seen through", async () => {
    const preprocess = ({
      data,
      width,
      height,
    }: {
      data: ArrayLike<number>;
      width: number;
      height: number;
    }): Tensor => {
      const cells = width * height;
      const values = Float32Array.from(
        { length: 3 * cells },
        (_, i) => data[(i % cells) * 3 + (2 - Math.floor(i / cells))] / 127.5 - 1,
      );
      return { data: values, dims: [1, 3, height, width] };
    };
    await using model: Classifier = await open(tinyCnn(), { preprocess });
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 11) % 256);
    const prepared = await model.prepare({ data, width: 32, height: 32 });
    assert.deepEqual(Uint8Array.from((await model.pixels(prepared)).data), data);
    assertClose([model.fill([255, 0, 0]).data[0], model.fill([255, 0, 0]).data[2048]], [-1, 1], 1e-4);
    assert.deepEqual(prepared.view, { x: 0, y: 0, width: 32, height: 32 });
    assert.ok(model.info.notes.some((note) => /cuts off is unknown/.test(note)));
  });

  it("a function that does more to colours still predicts, and says what fills are", async () => {
    const preprocess = ({
      data,
      width,
      height,
    }: {
      data: ArrayLike<number>;
      width: number;
      height: number;
    }): Tensor => ({
      data: Float32Array.from({ length: 3 * width * height }, (_, i) => (data[i] / 255) ** 2),
      dims: [1, 3, height, width],
    });
    await using model = await open(tinyCnn(), { preprocess });
    assert.ok(model.info.notes.some((note) => /more than scale colours/.test(note)));
    assert.throws(() => model.fill([1, 2, 3]), fails("not-supported"));
    assert.equal((await model.predict({ data: new Uint8Array(3072), width: 32, height: 32 })).length, 5);
  });

  it("a function that gives another shape is refused", async () => {
    await using model = await open(tinyCnn(), { preprocess: () => zeros([1, 3, 8, 8]) });
    const image = { data: new Uint8Array(3072), width: 32, height: 32 };
    await assert.rejects(model.predict(image), fails("shape-mismatch", /preprocess function gave is \[1, 3, 8, 8\]/));
  });
});

describe("gradient", () => {
  const scoreOf = async (model: Classifier, input: Tensor, weights: Float32Array, probability: boolean) => {
    const raw = await model.run(input);
    const { data } = probability ? model.probabilities(raw) : model.logits(raw);
    return data.reduce((sum, value, i) => sum + value * weights[i], 0);
  };
  for (const [name, graph] of Object.entries({
    logits: tinyVit(),
    softmax: tinyVit({ activation: "softmax" }),
    sigmoid: tinyVit({ activation: "sigmoid" }),
  })) {
    for (const score of ["logit", "probability"] as const) {
      it(`${name}, ${score}: as finite differences`, async () => {
        await using model = await open(graph);
        const input = noise([1, 3, 32, 32]);
        // a difference of two classes: logits behind a softmax are known up to a constant
        const weights = Float32Array.from([0, 1, 0, -1, 0]);
        const { gradients, scores } = await model.gradient(input, { target: weights, score });
        assertClose(scores.data, (await model.run(input)).data, 1e-5);
        const gradient = gradients.get("") as Tensor;
        const way = noise([1, 3, 32, 32], 3).data;
        const slope = gradient.data.reduce((sum, value, i) => sum + value * way[i], 0);
        const at = (step: number) =>
          scoreOf(
            model,
            { ...input, data: input.data.map((value, i) => value + step * way[i]) },
            weights,
            score === "probability",
          );
        const h = 5e-3;
        const measured = ((await at(h)) - (await at(-h))) / (2 * h);
        assert.ok(Math.abs(slope - measured) < 0.02 * Math.max(0.1, Math.abs(measured)), `${slope} and ${measured}`);
      });
    }
  }

  it("more variants than are kept loaded stay right", async () => {
    await using model = await open(tinyCnn());
    const input = noise([1, 3, 32, 32]);
    const first = await model.gradient(input, { target: 1, layers: ["early"] });
    const names = model.layers().map(({ name }) => name);
    for (const relu of ["gradient", "guided", "deconvolution"] as const) {
      for (const layer of names) {
        for (const other of names) await model.gradient(input, { target: 1, layers: [layer, other], relu });
      }
    }
    const again = await model.gradient(input, { target: 1, layers: ["early"] });
    assert.deepEqual(again.gradients.get("early")?.data, first.gradients.get("early")?.data);
  });

  it("of several images and layers, each as alone", async () => {
    await using model = await open(tinyCnn());
    const input = noise([5, 3, 32, 32]);
    const { gradients, activations } = await model.gradient(input, { target: 2, layers: ["features", ""] });
    assert.deepEqual(gradients.get("features")?.dims, [5, 6, 8, 8]);
    assert.deepEqual(activations.get("")?.data, input.data);
    const one = { data: input.data.slice(4 * 3072), dims: [1, 3, 32, 32] };
    const alone = await model.gradient(one, { target: 2 });
    assertClose(gradients.get("")?.data.slice(4 * 3072) ?? [], alone.gradients.get("")?.data ?? [], 1e-6);
  });
});

/** A network that mixes the images of a batch, so that nothing can make it take several. */
function fixed(): Graph {
  const graph = tinyCnn({ batch: 1 });
  const last = graph.nodes[graph.nodes.length - 1];
  last.output[0] = "unmixed";
  graph.touch();
  const sum = graph.op("ReduceSum", ["unmixed"], { keepdims: 1 });
  graph.addNode("Sub", ["unmixed", sum], {}, { outputs: ["scores"] });
  return graph;
}
