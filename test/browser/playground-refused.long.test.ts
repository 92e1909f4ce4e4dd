import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadModel } from "../../src/load-model.js";
import { floats, ints } from "../../src/onnx/constant.js";
import type { Graph } from "../../src/onnx/graph.js";
import { colourModel } from "../support/colour-model.js";
import { savedModel } from "../support/models.js";
import { seriousFindings } from "./axe.js";
import { PlaygroundSite } from "./playground-site.js";
import type { PlaygroundPage } from "./playground-support.js";
import { missingForBrowser, root } from "./support.js";

const COFFEE = join(root, "notebooks/images/coffee.png");
const NAMES = ["red", "green", "blue"];

/** Scores of three colours and four numbers: nothing in the file tells which are the scores. */
function twoHeads(): Graph {
  const graph = colourModel();
  const logits = graph.producer("out")?.input[0] as string;
  const weights = floats(
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    [3, 4],
  );
  graph.addNode("MatMul", [logits, weights], {}, { outputs: ["embedding"] });
  graph.addOutput("embedding", ["n", 4]);
  return graph;
}

/** Reads every pixel of a picture of 64 × 64, which the file does not say. */
function openSize(): Graph {
  const graph = colourModel(undefined, { dims: ["n", 3, "h", "w"] });
  const flat = graph.op("Flatten", ["x"], { axis: 1 });
  const inputs = 3 * 64 * 64;
  const weights = Float32Array.from({ length: 2 * inputs }, (_, i) => Math.sin(i) / 100);
  const scores = graph.op("MatMul", [flat, floats(weights, [inputs, 2])]);
  graph.setOutputs([{ name: scores, type: 1, dims: ["n", 2] }]);
  graph.prune();
  return graph;
}

/** Channels last, where the sizes look like channels. */
function smallRows(): Graph {
  return colourModel(undefined, {
    dims: ["n", 3, 32, 3],
    begin: (graph, input) => graph.op("Transpose", [input], { perm: [0, 3, 1, 2] }),
  });
}

/** Three numbers for each of three places: neither scores nor boxes. */
function noBoxes(): Graph {
  const graph = colourModel();
  const logits = graph.producer("out")?.input[0] as string;
  const rows = graph.op("Concat", [logits, logits, logits], { axis: 1 });
  graph.setOutputs([{ name: graph.op("Reshape", [rows, ints([0, 3, 3])]), type: 1, dims: undefined }]);
  return graph;
}

describe("the playground, with models that it refuses at first", {
  skip: missingForBrowser(),
  timeout: 400_000,
}, () => {
  const site = new PlaygroundSite();
  const apply = async (playground: PlaygroundPage) => {
    await playground.page.getByRole("button", { name: "Look again with these" }).click();
    await playground.settled();
  };

  test("which output has the scores is asked, and the answer is taken", async () => {
    const path = savedModel(twoHeads(), "two-heads.onnx");
    await using playground = await site.open();
    const { page } = playground;
    await playground.drop([path, COFFEE]);
    assert.match(
      (await playground.error()) ?? "",
      /several outputs could be the scores: 'out' \[3\], 'embedding' \[4\]/i,
    );
    assert.match(await playground.found(), /Output.*out \[\?, 3\].*Output.*embedding \[\?, 4\]/);
    assert.deepEqual(await seriousFindings(page, "html"), []);
    await page.screenshot({ path: join(root, "reports/widgets/playground-refused.png"), fullPage: true });
    await page.getByLabel("Output with the scores").selectOption("embedding");
    await apply(playground);
    assert.equal(await playground.error(), undefined);
    await using model = await loadModel(path, { output: "embedding" });
    await playground.agrees(model, COFFEE);
    assert.deepEqual(playground.problems, []);
  });

  test("a file of labels decides, chosen after the refusal or dropped with the model", async () => {
    const path = savedModel(twoHeads(), "two-heads.onnx");
    const [labels, four] = [site.path("names.txt"), site.path("four.txt")];
    await writeFile(labels, NAMES.join("\n"));
    await writeFile(four, "a\nb\nc\nd\ne");
    await using model = await loadModel(path, { labels: NAMES });
    await using playground = await site.open();
    await playground.drop([path, COFFEE]);
    assert.ok(await playground.error());
    await playground.page.locator("input[type=file][accept*='.txt']").setInputFiles(four);
    await playground.settled();
    assert.match((await playground.error()) ?? "", /several outputs|5 labels/i);
    await playground.page.locator("input[type=file][accept*='.txt']").setInputFiles(labels);
    await playground.settled();
    assert.equal(await playground.error(), undefined);
    await playground.agrees(model, COFFEE);
    assert.ok(NAMES.includes((await playground.predictions())[0].label));
    await playground.drop([path, labels]);
    assert.equal(await playground.error(), undefined);
    assert.ok(NAMES.includes((await playground.predictions())[0].label));
    await playground.drop([four]);
    assert.match((await playground.error()) ?? "", /several outputs|5 labels/i);
    assert.deepEqual(playground.problems, []);
  });

  test("the size that a file leaves open, and the layout that it does not tell, are said", async () => {
    await using playground = await site.open();
    const { page } = playground;
    const open = savedModel(openSize(), "open-size.onnx");
    await playground.drop([open, COFFEE]);
    assert.match((await playground.error()) ?? "", /does not take \[batch, 3, 224, 224\] \(nchw\), which was assumed/);
    assert.equal(await page.getByLabel("Height and width in pixels").inputValue(), "224, 224");
    await page.getByLabel("Height and width in pixels").fill("64");
    await apply(playground);
    assert.equal(await playground.error(), undefined);
    {
      const { mean, std } = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
      await using model = await loadModel(open, { preprocess: { size: 64, mean, std } });
      await playground.agrees(model, COFFEE);
    }
    const rows = savedModel(smallRows(), "rows.onnx");
    await playground.drop([rows]);
    await page.getByLabel("Layout").selectOption("nhwc");
    await apply(playground);
    assert.equal(await playground.error(), undefined);
    assert.match(await playground.found(), /32 × 3, 3 channels/);
    assert.deepEqual(playground.problems, []);
  });

  test("outputs that are no boxes are refused with the layouts that are known, and the form stays", async () => {
    await using playground = await site.open();
    const { page } = playground;
    await playground.drop([savedModel(noBoxes(), "no-boxes.onnx"), COFFEE]);
    assert.ok(await playground.error());
    await page.getByLabel("What it does").selectOption("detection");
    await playground.settled();
    assert.match((await playground.error()) ?? "", /boxes/);
    assert.ok((await page.getByLabel("Its outputs are read as").locator("option").count()) > 5);
    await page.getByLabel("Its outputs are read as").selectOption("yolov8");
    await apply(playground);
    assert.match((await playground.error()) ?? "", /do not match yolov8/);
    await page.getByRole("button", { name: "As found" }).click();
    await playground.settled();
    assert.equal(await page.getByLabel("What it does").inputValue(), "");
    assert.deepEqual(playground.problems, []);
  });

  test("a file of which nothing can be read offers nothing to set", async () => {
    await using playground = await site.open();
    await playground.choose("Model", [{ name: "notes.onnx", mimeType: "", buffer: Buffer.from("no model") }]);
    assert.ok(await playground.error());
    assert.equal(await playground.page.getByRole("button", { name: "Look again with these" }).isVisible(), false);
  });
});
