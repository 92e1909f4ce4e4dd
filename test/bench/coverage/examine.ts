import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isSightlineError } from "../../../src/core/errors.js";
import { explain } from "../../../src/explain/explain.js";
import { loadModel } from "../../../src/load-model.js";
import { type MethodName, methods } from "../../../src/methods/registry.js";
import { MODEL_INPUT } from "../../../src/model/input-gradient.js";
import type { Model } from "../../../src/model/types.js";
import type { Examined, Failed, Loaded, Made, MethodOutcome, Slope } from "./row.js";

/** As few passes as a method can do with: whether it runs on a network is asked, not how good its map is. */
const FEW: Partial<Record<MethodName, object>> = {
  "score-cam": { channels: 4 },
  "gp-rise": { masks: 24 },
  rise: { masks: 16 },
  aise: { iterations: 1 },
  "feature-ablation": { count: 9 },
  lime: { samples: 24, count: 9 },
  "kernel-shap": { samples: 24, count: 9 },
  sobol: { designs: 1, cells: 3 },
  hsic: { masks: 24, cells: 4 },
  "smooth-grad": { samples: 2 },
  "integrated-gradients": { steps: 3 },
  "expected-gradients": { samples: 5 },
  "guided-ig": { steps: 3 },
  "blur-ig": { steps: 3 },
  xrai: { steps: 2, algorithm: "fast" },
  counterfactual: { iterations: 3, searches: 1 },
  contrastive: { iterations: 3, searches: 1 },
  "feature-visualization": { steps: 2 },
  contrast: { by: "rise", options: { masks: 16 } },
};

/** Of a refusal, which no other sentence than the model's or the method's explains. */
const REFUSALS = ["not-supported", "no-feature-layer", "unsupported-operator"] as const;

const failure = (error: unknown): Failed => ({ error: error instanceof Error ? error.message : String(error) });

/** ‖found − expected‖ / ‖expected‖, and the cosine of the two. */
function compared(found: Float32Array, expected: Float64Array | readonly number[]) {
  let [difference, size, product, own] = [0, 0, 0, 0];
  for (let i = 0; i < found.length; i++) {
    difference += (found[i] - expected[i]) ** 2;
    size += expected[i] ** 2;
    product += found[i] * expected[i];
    own += found[i] ** 2;
  }
  return { relative: Math.sqrt(difference / size), cosine: product / Math.sqrt(size * own) };
}

const numbersOf = async <T>(path: string, of: new (buffer: ArrayBuffer) => T): Promise<T> => {
  const bytes = await readFile(path);
  return new of(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
};

/** What was found in a file that loads: where pictures go, how they are prepared, where a CAM looks. */
async function loadedFacts(model: Model, picture: string, input: Float32Array, made: Made): Promise<Loaded> {
  const { tensor } = await model.prepare(picture);
  const { layout, height, width, channels } = model.info.input;
  const scores = await model.run({ data: input, dims: [1, channels, height, width] });
  const layers = model.layers();
  const [first] = layers;
  const geometry = first?.geometry;
  return {
    input: `${layout}, ${channels} × ${height} × ${width}`,
    pictureError: tensor.data.reduce((most, value, i) => Math.max(most, Math.abs(value - input[i])), 0),
    scoreError: compared(scores.data, made.scores).relative,
    layers: layers.length,
    ...(first && {
      layer: { operator: first.operator, kind: first.kind, grid: `${geometry.width} × ${geometry.height}` },
    }),
  };
}

async function slopeOf(model: Model, input: Float32Array, expected: Float64Array, target: number): Promise<Slope> {
  const { channels, height, width } = model.info.input;
  const started = performance.now();
  const { gradients } = await model.gradient({ data: input, dims: [1, channels, height, width] }, { target });
  const milliseconds = Math.round(performance.now() - started);
  return { ...compared(gradients.get(MODEL_INPUT)?.data as Float32Array, expected), milliseconds };
}

async function outcomeOf(model: Model, picture: string, method: MethodName): Promise<MethodOutcome> {
  const support = model.info.methods.find((known) => known.method === method);
  try {
    const explanation = await explain(model, picture, { method, preset: "speed", seed: 0, ...FEW[method] } as object);
    const [{ index }] = explanation.targets;
    const { data, width, height } = explanation.map(index);
    if (data.some((value) => !Number.isFinite(value))) return { kind: "failed", reason: "values that are no numbers" };
    if (support?.supported === false) return { kind: "failed", reason: `ran, though info says: ${support.reason}` };
    return { kind: "ran", width, height, maps: explanation.targets.length };
  } catch (error) {
    const { error: reason } = failure(error);
    if (!isSightlineError(error, ...REFUSALS)) return { kind: "failed", reason };
    if (support?.supported !== false) return { kind: "failed", reason: `refused, though info says it can: ${reason}` };
    return { kind: "refused", reason: support.reason ?? reason };
  }
}

/** What becomes of the network in a folder that `export.py` filled. @param only the methods that are tried; all when empty */
export async function examine(folder: string, made: Made, only: readonly string[] = []): Promise<Examined> {
  const picture = join(folder, "picture.png");
  const input = await numbersOf(join(folder, "input.f32"), Float32Array);
  const expected = await numbersOf(join(folder, "gradient.f64"), Float64Array);
  let model: Model;
  try {
    const preprocess = { mean: made.mean, std: made.std };
    model = await loadModel(join(folder, "model.onnx"), { preprocess, threads: 1 });
  } catch (error) {
    return { loaded: failure(error) };
  }
  try {
    const loaded = await loadedFacts(model, picture, input, made);
    const gradient = await slopeOf(model, input, expected, made.target).catch(failure);
    const outcomes: [string, MethodOutcome][] = [];
    for (const { name } of methods().filter(({ name }) => only.length === 0 || only.includes(name)))
      outcomes.push([name, await outcomeOf(model, picture, name)]);
    return { loaded, gradient, methods: Object.fromEntries(outcomes) };
  } catch (error) {
    return { loaded: failure(error) };
  } finally {
    await model.close();
  }
}

/** The process of its own in which a network is examined: `node examine.js FOLDER [METHOD …]`; prints what was found. */
async function main([folder, ...only]: readonly string[]): Promise<void> {
  const made = JSON.parse(await readFile(join(folder, "made.json"), "utf8")) as Made;
  process.stdout.write(JSON.stringify(await examine(folder, made, only)));
}

if (process.argv[1]?.endsWith("examine.js")) await main(process.argv.slice(2));
