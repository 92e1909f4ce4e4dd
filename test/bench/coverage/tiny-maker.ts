// Makes networks whose gradient is known without torch, in the words of export.py: y = W · mean((A·x)²).
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { random } from "../../../src/core/random.js";
import { floats } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { encodePng } from "../../../src/widgets/wire-explanation.js";

const [CHANNELS, CLASSES, MEAN, STD] = [4, 3, 0.5, 0.25];

async function make({ name, size, folder }: { name: string; size: number; folder: string }): Promise<object> {
  if (name === "unmade") return { error: "RuntimeError: no such operator" };
  if (name === "ends") process.exit(1);
  if (name === "chatty") console.log("%17 : Float(1, 3, 16, 16)\n{}[]0\n".repeat(20_000));
  const draw = random(1);
  const drawn = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const [mix, weights] = [drawn(CHANNELS * 3), drawn(CLASSES * CHANNELS)];
  const pixels = Uint8Array.from({ length: 3 * size * size }, () => draw.integer(256));
  const cells = size * size;
  const x = Float32Array.from({ length: 3 * cells }, (_, i) => {
    return (pixels[(i % cells) * 3 + Math.floor(i / cells)] / 255 - MEAN) / STD;
  });
  const inner = Array.from({ length: CHANNELS }, (_, o) =>
    Float64Array.from({ length: cells }, (_, p) => {
      return [0, 1, 2].reduce((sum, c) => sum + mix[o * 3 + c] * x[c * cells + p], 0);
    }),
  );
  const means = inner.map((values) => values.reduce((sum, value) => sum + value * value, 0) / cells);
  const scores = Array.from({ length: CLASSES }, (_, k) => {
    return means.reduce((sum, mean, o) => sum + weights[k * CHANNELS + o] * mean, 0);
  });
  const target = scores.indexOf(Math.max(...scores));
  const gradient = Float64Array.from({ length: 3 * cells }, (_, i) => {
    const [c, p] = [Math.floor(i / cells), i % cells];
    const slope = inner.reduce((sum, values, o) => {
      return sum + (weights[target * CHANNELS + o] * 2 * values[p] * mix[o * 3 + c]) / cells;
    }, 0);
    return name === "wrong" ? -slope : slope;
  });
  const graph = Graph.empty(name, 17);
  graph.addInput("image", ["n", 3, size, size]);
  const features = graph.op("Conv", ["image", floats(mix, [CHANNELS, 3, 1, 1])], { kernel_shape: [1, 1] });
  const pooled = graph.op("GlobalAveragePool", [graph.op("Mul", [features, features])]);
  const flat = graph.op("Flatten", [pooled], { axis: 1 });
  graph.addOutput(graph.op("Gemm", [flat, floats(weights, [CLASSES, CHANNELS])], { transB: 1 }), ["n", CLASSES]);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.onnx"), graph.serialize());
  await writeFile(join(folder, "picture.png"), await encodePng({ data: pixels, width: size, height: size }));
  await writeFile(join(folder, "input.f32"), x);
  await writeFile(join(folder, "gradient.f64"), gradient);
  const facts = { family: "squares", parameters: mix.length + weights.length, exporter: "tiny-maker", opset: 17 };
  return { ...facts, mean: [MEAN, MEAN, MEAN], std: [STD, STD, STD], target, scores, float32: 1e-7, differences: 0 };
}

console.log(JSON.stringify({ torch: "none" }));
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await make(JSON.parse(line))));
