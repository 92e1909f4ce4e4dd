import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pictures } from "../../../src/classroom/pictures.js";
import { labels } from "../../../src/classroom/shapes.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { loadModel } from "../../../src/load-model.js";
import type { ZeroShotModel } from "../../../src/model/types.js";
import type { ImageTextPair } from "../../../src/model/zero-shot/types.js";
import { floats } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { fixture } from "../../support/fixtures.js";
import { inHalfPrecision } from "../../support/half-precision.js";
import { savedModel, temporaryFolder, tinyCnn } from "../../support/models.js";
import { readNpz, toTensor } from "../../support/npz.js";
import { assertClose } from "../../support/tensors.js";

const file = (name: string) => fixture(`zero-shot/${name}`);
const answers = await readNpz(file("answers.npz"));
const tensor = (name: string): Tensor => toTensor(answers.get(name));
const PROMPTS = ["a photo of a {}", "the {}, drawn on paper", "{}"];

const clip: ImageTextPair = {
  image: file("clip/vision_model.onnx"),
  text: file("clip/text_model.onnx"),
  tokenizer: file("clip/tokenizer.json"),
  preprocessor: file("clip/preprocessor_config.json"),
  labels,
  scale: tensor("scale").data[0],
};
const joint: ImageTextPair = { ...clip, image: file("clip/model.onnx"), text: undefined, scale: undefined };

describe("a pair of encoders is a classifier whose classes are words", () => {
  let model: ZeroShotModel;
  before(async () => {
    model = await loadModel(clip);
  });
  after(() => model.close());

  it("scores are torch's", async () => {
    assertClose((await model.run(tensor("pixels"))).data, tensor("single").data, 1e-3);
  });

  it("embeddings of several prompts are averaged as in torch", async () => {
    await using averaged = await model.withLabels(labels, { prompts: PROMPTS });
    assertClose((await averaged.run(tensor("pixels"))).data, tensor("ensemble").data, 1e-3);
  });

  it("it knows the classroom's drawings", async () => {
    const drawn = pictures({ count: 64, seed: 17 });
    const answered = await Promise.all(
      drawn.map(async ({ image }) => (await model.predict(image, { top: 1 }))[0].label),
    );
    const right = drawn.filter(({ label }, i) => answered[i] === label).length;
    assert.ok(right >= 52, `${right} of 64 right`);
  });

  it("gradients are those of the scores", async () => {
    const input = { data: tensor("pixels").data.slice(0, 3 * 64 * 64), dims: [1, 3, 64, 64] };
    const { gradients } = await model.gradient(input, { target: 3 });
    const slope = [...gradients.values()][0].data;
    const norm = Math.hypot(...slope);
    assert.ok(norm > 0);
    const step = 1e-2;
    const scoreAt = async (along: number) => {
      const data = input.data.map((value, i) => value + (along * slope[i]) / norm);
      return (await model.run({ ...input, data })).data[3];
    };
    const measured = ((await scoreAt(step)) - (await scoreAt(-step))) / (2 * step);
    assert.ok(Math.abs(measured - norm) < 0.02 * norm, `${measured} and ${norm}`);
  });

  it("pictures are prepared as preprocessor_config.json says", () => {
    const { size, resize, crop, interpolation } = model.info.preprocess ?? {};
    assert.deepEqual(
      { size, resize, crop, interpolation },
      {
        size: [64, 64],
        resize: "shortest-64",
        crop: "center",
        interpolation: "bicubic",
      },
    );
  });

  it("a class is added, and the old model stays as it is", async () => {
    await using more = await model.withLabels([...model.labels, "a lighthouse at night"]);
    const [few, many] = [await model.run(tensor("pixels")), await more.run(tensor("pixels"))];
    assert.equal(more.labels.at(-1), "a lighthouse at night");
    assert.deepEqual(many.dims, [4, 9]);
    assertClose(few.data.subarray(0, 8), many.data.subarray(0, 8), 1e-5);
    assert.notEqual(more.info.sha256, model.info.sha256);
    await using again = await more.withLabels(labels);
    assert.equal(again.info.sha256, model.info.sha256);
    assert.deepEqual(again.info.notes, model.info.notes);
  });

  it("it is saved as one ordinary file", async () => {
    const path = join(temporaryFolder(), "words.onnx");
    await model.save(path);
    await using saved = await loadModel(path);
    assert.deepEqual(saved.labels, labels);
    assertClose((await saved.run(tensor("pixels"))).data, (await model.run(tensor("pixels"))).data, 1e-4);
    await assert.rejects((saved as ZeroShotModel).withLabels(["a"]), { code: "not-supported", message: /no words/ });
  });

  it("a label may hold what a pattern would replace, and a text that is cut is named", async () => {
    await using odd = await model.withLabels(["$&", "$1 {} $$", "the boat ".repeat(40)]);
    assert.equal(odd.labels[0], "$&");
    assert.match(odd.info.notes.join("\n"), /the end of 'a photo of a the boat .*' is left out/);
  });

  it("labels that are none are refused", async () => {
    await assert.rejects(model.withLabels([]), { code: "bad-labels" });
    await assert.rejects(model.withLabels(["boat", " "]), { code: "bad-labels", message: /label 1 is empty/ });
    await assert.rejects(model.withLabels(["a"], { prompts: ["a photo"] }), {
      code: "bad-config",
      message: /no place/,
    });
    const signal = AbortSignal.abort();
    await assert.rejects(model.withLabels(["a"], { signal }), { code: "aborted" });
  });
});

it("one file of both encoders gives the same scores, and the scale that it computes with", async () => {
  await using model = await loadModel(joint);
  assertClose((await model.run(tensor("pixels"))).data, tensor("single").data, 1e-3);
  assert.equal(model.info.probabilities, "softmax");
});

it("SigLIP's labels are independent, its texts are filled up as in training", async () => {
  const image = file("siglip/model.onnx");
  await using model = await loadModel({ image, tokenizer: file("siglip/tokenizer.json"), labels });
  assertClose((await model.run(tensor("siglip_pixels"))).data, tensor("siglip").data, 1e-3);
  assert.equal(model.info.probabilities, "sigmoid");
  assert.match(model.info.notes.join("\n"), /labels are independent/);
  assert.match(model.info.notes.join("\n"), /prepared as for CLIP/);
});

it("outputs named as open_clip names them are found, and its scale among them", async () => {
  const named = async (name: string, output: string, change?: (graph: Graph) => void) => {
    const graph = Graph.parse(await readFile(file(`clip/${name}.onnx`)));
    const [embedding] = graph.outputs;
    graph.addNode("Identity", [embedding.name], {}, { outputs: [output] });
    graph.setOutputs([{ ...embedding, name: output }]);
    change?.(graph);
    return savedModel(graph);
  };
  const text = await named("text_model", "text_features", (graph) => {
    graph.addNode("Identity", [floats(tensor("scale").data)], {}, { outputs: ["logit_scale"] });
    graph.addOutput("logit_scale", [1]);
  });
  await using model = await loadModel({
    ...clip,
    image: await named("vision_model", "image_features"),
    text,
    scale: undefined,
  });
  assertClose((await model.run(tensor("pixels"))).data, tensor("single").data, 1e-3);
});

it("a scale that no file says is CLIP's, which is noted", async () => {
  await using model = await loadModel({ ...clip, scale: undefined });
  assert.match(model.info.notes.join("\n"), /100, as in CLIP, was assumed/);
});

it("an image encoder in half precision gives nearly the same scores", async () => {
  const graph = Graph.parse(await readFile(file("clip/vision_model.onnx")));
  for (const cast of graph.nodes.filter(({ opType }) => opType === "Cast")) {
    graph.replaceUses(cast.output[0], cast.input[0]);
  }
  graph.setOutputs([graph.outputs[0]]);
  graph.prune();
  await using model = await loadModel({ ...clip, image: savedModel(inHalfPrecision(graph)) });
  assertClose((await model.run(tensor("pixels"))).data, tensor("single").data, 0.1);
});

describe("what is no pair is refused by name", () => {
  const refused = (change: Partial<Record<keyof ImageTextPair, unknown>>, expected: object) =>
    assert.rejects(loadModel({ ...clip, ...change } as ImageTextPair), expected);

  it("parts that are missing or of the wrong kind", async () => {
    await refused({ image: undefined }, { code: "bad-config", message: /no image/ });
    await refused({ tokenizer: undefined }, { code: "bad-config", message: /no tokenizer/ });
    await refused({ labels: undefined }, { code: "bad-config", message: /no labels/ });
    await refused({ prompts: [] }, { code: "bad-config" });
    await refused({ prompts: ["a {}", 3] }, { code: "bad-config", message: /a prompt is no text/ });
    await refused({ scale: -1 }, { code: "bad-config", message: /scale is -1/ });
    await refused({ bias: Number.NaN }, { code: "bad-config", message: /bias is NaN/ });
    await refused({ tokeniser: "a" } as object, { code: "unknown-option", next: /tokenizer/ });
  });

  it("files that are no such encoders", async () => {
    const image = savedModel(tinyCnn());
    await refused({ image, preprocessor: undefined }, { code: "shape-mismatch", message: /of different lengths/ });
    await refused({ text: image }, { code: "not-supported", message: /takes no text/ });
    await refused({ image: clip.text }, { code: "not-supported", message: /takes no picture/ });
  });

  it("a tokenizer of another encoder", async () => {
    const tokenizer = join(temporaryFolder(), "tokenizer.json");
    const json = JSON.parse(await readFile(file("clip/tokenizer.json"), "utf8"));
    for (const token of Object.keys(json.model.vocab)) json.model.vocab[token] += 100_000;
    await writeFile(tokenizer, JSON.stringify(json));
    await refused({ tokenizer }, { code: "run-failed", message: /could not read the tokens/ });
  });
});

describe("half of a pair, or both in one file, without words", () => {
  it("says that an embedding holds no scores", async () => {
    await using encoder = await loadModel(file("clip/vision_model.onnx"), { preprocess: "clip" });
    assert.match(encoder.info.notes.join(), /'image_embeds' is called as if it held an embedding.*tokenizer/);
    await using other = await loadModel(savedModel(tinyCnn()));
    assert.doesNotMatch(other.info.notes.join(), /embedding/);
  });

  it("says how both are loaded", async () => {
    for (const name of ["clip/model.onnx", "siglip/model.onnx"]) {
      await assert.rejects(loadModel(file(name)), { code: "not-supported", message: /pair of encoders.*tokenizer/ });
    }
  });
});
