import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Graph } from "../../src/onnx/graph.js";
import { colourModel } from "../support/colour-model.js";
import { crashing, endless, external, hungry, nested, promising } from "../support/hostile-models.js";
import { savedModel, tinyCnn } from "../support/models.js";
import { seriousFindings } from "./axe.js";
import { PlaygroundSite } from "./playground-site.js";
import { keep, missingForBrowser, root } from "./support.js";

const COFFEE = join(root, "notebooks/images/coffee.png");
const RESNET = join(root, "test/fixtures/gradients/resnet.legacy.onnx");

/** The beginning of a PNG that says how large it is. */
function headOfPng(width: number, height: number): Buffer {
  const head = Buffer.from("89504e470d0a1a0a0000000d4948445200000000000000000802000000000000000000000049444154", "hex");
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
}

/** The beginning of a JPEG that says how large it is. */
function headOfJpeg(width: number, height: number): Buffer {
  const head = Buffer.from("ffd8ffc00011080000000003012200021101031101", "hex");
  head.writeUInt16BE(height, 7);
  head.writeUInt16BE(width, 9);
  return head;
}

/** A small network whose last operator no runtime has. */
function frobnicating(): Graph {
  const graph = tinyCnn();
  const last = graph.nodes.at(-1) as { opType: string };
  last.opType = "Frobnicate";
  return graph;
}

/** The picture that a visitor sees first. */
const cup = () => classroom.pictures({ count: 1, seed: 1, labels: ["cup"], watermark: true })[0].image;

describe("the playground", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  const site = new PlaygroundSite({ title: "Looks <b>" });

  test("a stranger sees what the first model says and looks at, as Node computes it; no other host is asked", async () => {
    await using playground = await site.open();
    const { url, options } = classroom.models.shortcut;
    await using model = await loadModel(url, options);
    await playground.agrees(model, cup());
    assert.equal(await playground.page.locator("h1").textContent(), "Looks <b>");
    assert.match((await playground.page.locator(".pg-says").textContent()) ?? "", /The picture shows a cup/);
    assert.deepEqual(playground.foreign, []);
    assert.deepEqual(playground.problems, []);
    await keep(playground.page, "playground");
  });

  test("takes the visitor's own model and picture, says what it assumed, and does as it is told instead", async () => {
    await using playground = await site.open();
    const { page } = playground;
    await playground.drop([RESNET, COFFEE]);
    {
      await using model = await loadModel(RESNET);
      await playground.agrees(model, COFFEE);
      assert.match(await playground.found(), /No preprocessing was given.*ImageNet's mean and std are assumed/);
      assert.match(await playground.found(), /classes are called by their numbers/);
    }
    const names = Array.from({ length: 10 }, (_, i) => `thing ${i}`);
    const labels = site.path("names.txt");
    await writeFile(labels, names.join("\n"));
    await page.getByLabel("Mean of each channel").fill("0.5");
    await page.getByLabel("Standard deviation of each channel").fill("0.25, 1/2, 0.25");
    await page.getByLabel("Interpolation").selectOption("bicubic");
    await page.getByRole("button", { name: "Look again with these" }).click();
    await playground.settled();
    await page.locator("input[type=file][accept*='.txt']").setInputFiles(labels);
    await playground.settled();
    await page
      .locator("input[type=file][accept*='.txt']")
      .setInputFiles({ name: "two.txt", mimeType: "", buffer: Buffer.from("a\nb") });
    await playground.settled();
    assert.match((await playground.error()) ?? "", /there are 2 labels: expected 10 labels/i);
    await page.locator("input[type=file][accept*='.txt']").setInputFiles(labels);
    await playground.settled();
    assert.equal(await playground.error(), undefined);
    const preprocess = { mean: 0.5, std: [0.25, 0.5, 0.25], interpolation: "bicubic" } as const;
    await using model = await loadModel(RESNET, { labels: names, preprocess });
    await playground.agrees(model, COFFEE);
    assert.match((await playground.predictions())[0].label, /^thing \d$/);

    const [, second] = model.layers();
    await page.getByLabel("Layer that methods look at").selectOption(second.name);
    await playground.settled();
    await playground.agrees(model, COFFEE, { targetLayer: second.name });
    const [, other] = await model.predict(COFFEE, { top: 2 });
    await page.locator(".pg-answers button").nth(1).click();
    await playground.settled();
    await playground.agrees(model, COFFEE, { targetLayer: second.name, targets: other.index });
    assert.deepEqual(playground.problems, []);
  });

  test("explains by other methods, and measures what is shown", async () => {
    await using playground = await site.open();
    const { page } = playground;
    await page.locator(".pg-map").getByLabel("Method").selectOption("occlusion");
    await page.locator(".pg-map .sl-caption", { hasText: "occlusion" }).waitFor();
    await page.locator(".pg-facts dd", { hasText: /^occlusion$/ }).waitFor();
    await page.getByRole("button", { name: "Measure by insertion and deletion" }).click();
    await page.locator(".pg-part .sl-scrubber-grid").waitFor();
    await page.getByText(/area/i).first().waitFor();
    assert.deepEqual(playground.problems, []);
  });

  test("a claim is tested by mouse, and by keyboard", async () => {
    await using playground = await site.open();
    const { page } = playground;
    const picture = page.locator(".pg-part .sl-frame").first();
    const verdict = page.locator(".sl-change");
    await playground.claims([0.03, 0.68, 0.3, 0.97]);
    await verdict.filter({ hasText: /boat.*\.85 → / }).waitFor();
    const [, after] = /\.85 → ([<.\d]+)/.exec((await verdict.textContent()) ?? "") ?? [];
    assert.ok(Number(after.replace("<", "")) < 0.5, `the watermark is hidden, and it is still a boat: ${after}`);

    await picture.focus();
    for (const key of ["Escape", "Space", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "Space"])
      await page.keyboard.press(key);
    await page.locator(".sl-claim:not([data-state=working]) .sl-sentence").waitFor();
    await keep(page, "playground-claim");
    assert.deepEqual(playground.problems, []);
  });

  test("files that are no models or pictures are refused with words, and the page goes on", async () => {
    await using playground = await site.open();
    const bytes = (text: string) => Buffer.from(text);
    const cut = (await readFile(RESNET)).subarray(0, 30_000);
    const noModel = /is not an ONNX model.*check that the file is complete/;
    const tries: ["Model" | "Picture", string, Buffer, RegExp][] = [
      [
        "Picture",
        "broken.png",
        bytes("\u0089PNG no picture"),
        /is not a picture that can be decoded: expected a complete JPEG/,
      ],
      ["Picture", "drawing.svg", bytes("<svg xmlns='http://www.w3.org/2000/svg'/>"), /is an SVG drawing.*convert it/],
      ["Picture", "scan.tif", Buffer.from("49492a0008000000", "hex"), /TIFF file.*the edition for Node/],
      [
        "Picture",
        "script.png",
        bytes("<svg xmlns='http://www.w3.org/2000/svg'><script>document.title = 'taken'</script></svg>"),
        /is an SVG drawing.*convert it/,
      ],
      ["Picture", "bomb.png", headOfPng(60_000, 60_000), /60,?000 × 60,?000/],
      ["Picture", "billboard.jpg", headOfJpeg(12_000, 10_000), /12,?000 × 10,?000/],
      ["Picture", "empty.jpg", bytes(""), /is empty: expected a complete JPEG/],
      ["Model", "notes.onnx", bytes("this is no model"), noModel],
      ["Model", "empty.onnx", bytes(""), /has no graph.*export it again/],
      ["Model", "cut.onnx", cut, noModel],
      ["Model", "weights.pt", bytes("PK\u0003\u0004 zip"), noModel],
      ["Model", "outside.onnx", await readFile(savedModel(external("weights.data"))), /weights\.data.*missing/],
      ["Model", "nested.onnx", Buffer.from(nested(5000)), noModel],
      ["Model", "promising.onnx", Buffer.from(promising()), noModel],
      ["Model", "huge.onnx", await readFile(savedModel(tinyCnn({ size: 60_000 }))), /60000\], takes 40.2 GiB/],
      [
        "Model",
        "network.xml",
        bytes("<?xml version='1.0'?><net/>"),
        /network\.bin.*missing.*keep the \.bin file beside/i,
      ],
      [
        "Model",
        "odd.onnx",
        await readFile(savedModel(frobnicating())),
        /operator Frobnicate.*that onnxruntime-web [\d.]+ \(wasm\) implements.*export the model with standard operators/,
      ],
      ["Model", "crashing.onnx", await readFile(savedModel(crashing())), /cannot load the model: divide by zero/],
      ["Model", "hungry.onnx", await readFile(savedModel(hungry(6000))), /could not be run.*would require more than/],
    ];
    for (const [what, name, buffer, words] of tries) {
      await playground.choose(what, [{ name, mimeType: "", buffer }]);
      const said = await playground.error();
      assert.ok(said, `${name} is refused`);
      assert.match(said, words, name);
      assert.doesNotMatch(said, /undefined|TypeError|RangeError|\[object/, name);
    }
    await playground.choose("Model", [{ name: "<img src=x onerror=alert(1)>.onnx", mimeType: "", buffer: bytes("x") }]);
    assert.equal(await playground.page.locator("#playground img[src=x]").count(), 0);
    assert.equal(await playground.page.title(), "Looks <b>");

    await playground.drop([savedModel(colourModel()), COFFEE]);
    assert.equal(await playground.error(), undefined);
    assert.equal((await playground.predictions()).length, 3);
    assert.deepEqual(playground.problems, []);
  });

  test("a photograph of 50 megapixels is taken", async () => {
    await using playground = await site.open();
    const photograph = site.path("photograph.jpg");
    const grey = { width: 8660, height: 5774, channels: 3, background: "#777" } as const;
    await sharp({ create: grey }).jpeg().toFile(photograph);
    await playground.choose("Picture", photograph);
    assert.equal(await playground.error(), undefined);
    const { url, options } = classroom.models.shortcut;
    await using model = await loadModel(url, options);
    await playground.agrees(model, photograph);
    assert.deepEqual(playground.problems, []);
  });

  test("a model that never answers can be cancelled, and the page goes on", async () => {
    await using playground = await site.open();
    const { page } = playground;
    const input = page.locator(".pg-source", { hasText: "Model" }).locator("input[type=file]");
    await input.setInputFiles(savedModel(endless(), "endless.onnx"));
    await page.getByText("Loading the model …").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled.").waitFor();
    await playground.choose("Model", RESNET);
    assert.equal((await playground.predictions()).length, 5);
  });

  for (const [name, view] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["phone", { width: 390, height: 844 }],
  ] as const) {
    test(`axe finds nothing serious, and the page scrolls only downwards: ${name}`, async () => {
      await using playground = await site.open(view);
      const { page } = playground;
      await page.locator(".sl-plot .main-svg").first().waitFor();
      assert.deepEqual(await seriousFindings(page, "html"), []);
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.ok(Number(wide) <= 0, `it is ${wide} pixels too wide`);
      await page.screenshot({ path: join(root, `reports/widgets/playground-${name}.png`), fullPage: true });
    });
  }
});
