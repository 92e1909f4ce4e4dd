import assert from "node:assert/strict";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { displaySymbol } from "../../src/core/display.js";
import { SightlineError } from "../../src/core/errors.js";
import type { Artifact } from "../../src/core/raw-map.js";
import { Explanation } from "../../src/explain/explanation.js";
import type { ExplanationParts } from "../../src/explanation/parts.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import { predictionsHtml } from "../../src/render/predictions-html.js";
import { typeface } from "../../src/render/text.js";
import { visualize } from "../../src/render/visualize.js";

const SIDE = 64;
const cat = { index: 3, label: "tiger cat", probability: 0.3916 };
const dog = { index: 7, label: "dog", probability: 0.2 };

const ramp = (factor = 1, signed = false) =>
  new SaliencyMap({ data: Float32Array.from({ length: 16 }, (_, i) => i * factor), width: 4, height: 4, signed });

function explanation(
  parts: Partial<ExplanationParts> & {
    method?: string;
    options?: Record<string, unknown>;
    seed?: number;
    notes?: string[];
    name?: string;
  } = {},
): Explanation {
  const { method = "rise", options = {}, seed = 0, notes = [], name = "street.png", ...rest } = parts;
  const pixels = { data: new Uint8Array(SIDE * SIDE * 3).fill(100), width: SIDE, height: SIDE };
  return new Explanation({
    image: { name, pixels, view: { x: 0, y: 0, width: SIDE, height: SIDE } },
    prediction: cat,
    predictions: [cat, dog],
    targets: [cat],
    maps: [ramp()],
    defaults: { type: "pixels" },
    provenance: {
      model: { name: "net", sha256: "0".repeat(64) },
      method,
      options,
      seed,
      score: "probability",
      forwardPasses: 1000,
      backwardPasses: 0,
      milliseconds: 1234,
      notes,
      version: "0",
    },
    ...rest,
  });
}

const pixelsOf = async (png: Uint8Array) => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)],
  };
};

test("a figure is a PNG of the size it says, with its claim as alternative text", async () => {
  const figure = await visualize(explanation());
  const { width, height } = await pixelsOf(figure.png());
  assert.deepEqual({ width, height }, { width: figure.width, height: figure.height });
  assert.equal(
    figure.alt,
    "Why tiger cat, .39? Strongest on the lower right; 77 % of the evidence in 50 % of the picture.",
  );
});

test("the words under a figure do not repeat what its picture says; those who cannot see it have all", async () => {
  const wordsUnder = (html: string) =>
    [...(html.split("<figcaption")[1] ?? "").matchAll(/<p style="([^"]*)">(.*?)<\/p>/g)]
      .filter(([, style]) => !style.includes("clip-path"))
      .map(([, , text]) => text);
  const one = await visualize(explanation());
  assert.deepEqual(
    wordsUnder(one.html())[0],
    "Strongest on the lower right; 77 % of the evidence in 50 % of the picture.",
  );
  const classes = await visualize(explanation({ targets: [cat, dog], maps: [ramp(1), ramp(0.5)] }));
  assert.deepEqual(
    wordsUnder(classes.html())
      .slice(0, 2)
      .map((text) => text.split(":")[0]),
    [cat.label, dog.label],
  );
  const methods = await visualize([explanation(), explanation({ method: "lime" })]);
  assert.match(wordsUnder(methods.html())[0], /^rise: strongest/);
  const [warning] = methods.warnings;
  assert.ok(methods.html().includes(warning) && !wordsUnder(methods.html()).includes(warning));
});

test("a title asks what holds for every picture under it", async () => {
  const titleOf = async (...explanations: Explanation[]) => {
    const file = join(await mkdtemp(join(tmpdir(), "sightline-figure-")), "figure.html");
    await (await visualize(explanations)).save(file);
    return /<h1[^>]*>(.*?)<\/h1>/.exec(await readFile(file, "utf8"))?.[1];
  };
  const answered = explanation();
  const sure = explanation({ targets: [{ ...cat, probability: 0.98 }] });
  const other = explanation({ prediction: dog, targets: [{ ...cat, probability: 0.01 }] });
  assert.equal(await titleOf(answered, explanation({ method: "lime" })), "Why tiger cat, .39?");
  assert.equal(await titleOf(answered, sure), "Why tiger cat?");
  assert.equal(await titleOf(other, sure), "What speaks for tiger cat?");
});

test("output_size is the size of each picture, to the pixel", async () => {
  const small = await visualize(explanation(), { output_size: [300, 200] });
  const large = await visualize(explanation(), { output_size: [400, 250] });
  assert.equal(large.height - small.height, 50);
  assert.equal(large.width - small.width, 100);
});

test("the panel holds exactly the painted pixels", async () => {
  const figure = await visualize(explanation(), {
    output_size: [400, 400],
    overlay_type: "none",
    overlay_prediction: false,
  });
  const { at } = await pixelsOf(figure.png());
  assert.deepEqual(at(17 + 2, 18 + 2), [68, 1, 84]);
  assert.deepEqual(at(16 + 397, 18 + 397), [253, 231, 37]);
});

test("resize: true shows the whole picture with the unseen part dimmed", async () => {
  const parts = { image: { ...explanation().image, view: { x: 32, y: 0, width: 32, height: 64 } } };
  const config = { output_size: [400, 400] as const, overlay_prediction: false, overlay_type: "none", resize: true };
  const { at } = await pixelsOf((await visualize(explanation(parts), config)).png());
  assert.deepEqual(at(16 + 100, 200), [89, 89, 89]);
  assert.deepEqual(at(16 + 397, 18 + 397), [253, 231, 37]);
});

test("a view that reaches beyond the picture is drawn with its margin", async () => {
  const parts = { image: { ...explanation().image, view: { x: -32, y: 0, width: 128, height: 64 } } };
  const config = {
    output_size: [400, 200] as const,
    overlay_prediction: false,
    overlay_type: "original",
    overlay_weight: 0,
  };
  const { at } = await pixelsOf((await visualize(explanation(parts), config)).png());
  assert.deepEqual(at(16 + 50, 100), [128, 128, 128]);
  assert.deepEqual(at(16 + 200, 100), [100, 100, 100]);
});

test("a flat map leaves the picture bare and says so instead of a scale", async () => {
  const flat = new SaliencyMap({ data: new Float32Array(16).fill(0.3), width: 4, height: 4, signed: false });
  const figure = await visualize(explanation({ maps: [flat] }), { output_size: [400, 400], overlay_prediction: false });
  assert.match(figure.alt, /No evidence above noise/);
  const { at, width } = await pixelsOf(figure.png());
  assert.deepEqual(at(16 + 20, 18 + 20), [100, 100, 100]);
  assert.equal(width, 400 + 32);
});

test("maps shown together share one scale; separated, the figure says so", async () => {
  const two = explanation({ targets: [cat, dog], maps: [ramp(1), ramp(0.5)] });
  const config = { output_size: [400, 400] as const, overlay_type: "none" };
  const shared = await visualize(two, config);
  assert.deepEqual(shared.warnings, []);
  const corners = async (png: Uint8Array, step: number) => {
    const { at, height } = await pixelsOf(png);
    const bottom = height - 60;
    return [at(16 + 397, bottom), at(16 + step + 397, bottom)];
  };
  const [strong, weak] = await corners(shared.png(), 416);
  assert.notDeepEqual(strong, weak);
  const own = await visualize(two, { ...config, scaling: true });
  assert.match(own.warnings[0], /own scale/);
});

test("several methods say that their scales differ; several seeds do not", async () => {
  const methods = await visualize([explanation(), explanation({ method: "lime" })]);
  assert.deepEqual(methods.warnings, ["Every method has its own scale: colours cannot be compared between methods."]);
  assert.match(methods.alt, /^rise: Why tiger cat/);
  const seeds = await visualize([explanation(), explanation({ seed: 1 })]);
  assert.deepEqual(seeds.warnings, []);
});

test("explanations that differ in an option alone are told apart by it", async () => {
  const layers = ["stem", "head"].map((targetLayer) => explanation({ options: { targetLayer, cells: 8 } }));
  assert.match((await visualize(layers)).alt, /^targetLayer stem: Why tiger cat.* targetLayer head: Why tiger cat/);
  const counts = [36, 12].map((count) =>
    explanation({ options: { count, passes: 9 * count, convergence: 1 / count } }),
  );
  assert.match((await visualize(counts)).alt, /^count 36: Why tiger cat.* count 12: Why tiger cat/);
  const equal = await visualize([explanation(), explanation()]);
  assert.match(equal.alt, /^number 1: Why tiger cat.* number 2: /);
});

test("the warning for outlines of XRAI is on the figure", async () => {
  const figure = await visualize(explanation({ method: "xrai" }), { type: "Outlines" });
  assert.deepEqual(figure.warnings, ["Outlines are hard to read for XRAI: try type Pixels."]);
  assert.match(figure.html(), /<p [^>]*>Outlines are hard to read for XRAI: try type Pixels\.<\/p>/);
});

test("columns wrap a grid", async () => {
  const targets = Array.from({ length: 5 }, (_, index) => ({ index, label: `class ${index}`, probability: 0.1 }));
  const grid = explanation({ targets, maps: targets.map((_, i) => ramp(i + 1)) });
  const size = { output_size: [64, 64] as const };
  const [wide, narrow] = [
    await visualize(grid, { ...size, columns: 5 }),
    await visualize(grid, { ...size, columns: 1 }),
  ];
  assert.ok(wide.width > narrow.width && narrow.height > 3 * wide.height - 200);
});

test("targets choose maps; a class that was not explained is refused", async () => {
  const two = explanation({ targets: [cat, dog], maps: [ramp(1), ramp(2)] });
  assert.match((await visualize(two, { targets: "dog" })).alt, /^What speaks for dog, \.20\?/);
  await assert.rejects(
    visualize(two, { targets: ["dgo"] }),
    (error) =>
      error instanceof SightlineError && error.code === "unknown-label" && /did you mean 'dog'/.test(error.message),
  );
});

test("more maps than fit are counted", async () => {
  const targets = Array.from({ length: 30 }, (_, index) => ({ index, label: `class ${index}`, probability: 0.01 }));
  const many = explanation({ targets, maps: targets.map(() => ramp()) });
  const figure = await visualize(many, { output_size: [32, 32] });
  assert.deepEqual(figure.warnings, ["The first 24 of 30 maps: name targets to see others."]);
});

test("values that are not finite are left blank and counted", async () => {
  const data = Float32Array.from({ length: 16 }, (_, i) => (i < 3 ? Number.NaN : i));
  const broken = new SaliencyMap({ data, width: 4, height: 4, signed: false });
  const figure = await visualize(explanation({ maps: [broken] }));
  assert.deepEqual(figure.warnings, ["3 values of the map of tiger cat not finite, left blank."]);
});

test("artifacts stand beside the map, or instead of an empty one", async () => {
  const artifact = (kind: Artifact["kind"], title: string): Artifact => ({
    kind,
    title,
    data: Float32Array.from({ length: kind === "image" ? 48 : 16 }, (_, i) => i * 4 - 20),
    width: 4,
    height: 4,
  });
  const artifacts = [artifact("image", "changed"), artifact("signed", "difference")];
  const both = await visualize(explanation({ artifacts }));
  assert.match(both.alt, /^Why tiger cat.*rise of street\.png: changed, difference\.$/);
  const empty = new SaliencyMap({ data: new Float32Array(16), width: 4, height: 4, signed: false });
  const alone = await visualize(explanation({ maps: [empty], artifacts }));
  assert.equal(alone.alt, "rise of street.png: changed, difference.");
});

const HOSTILE = `<img src=x onerror="alert('1')"> & "quoted" \u202Egpj.exe`;

test("labels, notes and file names are escaped in HTML, and nothing turns the direction of the text", async () => {
  const label = { ...cat, label: HOSTILE };
  const figure = await visualize([
    explanation({ targets: [label], prediction: label, notes: ["<b>bold</b>"], name: "<i>.png" }),
    explanation({ targets: [label], prediction: label, name: "</figure>.png" }),
  ]);
  const html = figure.html();
  assert.equal(html.match(/<img /g)?.length, 1);
  assert.ok(!/<b>|<i>|onerror="|<\/figure>\.png|\u202E/.test(html));
  assert.ok(html.includes("&lt;b&gt;bold&lt;/b&gt;"));
  assert.ok(html.includes('src="data:image/png;base64,'));
  assert.ok(!/(href|src)="(?!data:)/.test(html));
});

test("characters that the typeface lacks become boxes, and the figure says so", async () => {
  const figure = await visualize(explanation({ targets: [{ ...cat, label: "猫 мышь γάτα Größe" }] }));
  assert.deepEqual(figure.warnings, ["1 character is missing in the picture's typeface and drawn as a box."]);
  assert.match(figure.alt, /猫/);
});

test("a script's file is read when a text needs it, and looks the same whatever was read with it", async () => {
  const latin = await typeface(600, ["Größe: 1 − 2 × 3"]);
  const greek = await typeface(600, ["γάτα"]);
  assert.equal(latin.write("Größe …", 0, 0, 16).missing, 0);
  assert.equal(latin.write("γάτα", 0, 0, 16).missing, 4, "Greek was read without need");
  assert.equal(greek.write("γάτα", 0, 0, 16).missing, 0);
  assert.equal(greek.write("мышь", 0, 0, 16).missing, 4);
  assert.deepEqual(greek.write("Größe …", 0, 0, 16), latin.write("Größe …", 0, 0, 16));
});

test("text is cut with an ellipsis where it does not fit, and wrapped between words", async () => {
  const face = await typeface(600, ["a", "one two three four"]);
  const cut = face.fit("a".repeat(5000), 16, 100);
  assert.ok(cut.endsWith("…") && face.width(cut, 16) <= 100);
  const [, asked] = face.wrap("What speaks for an unusually long name, <.01?", 16, 120, 2);
  assert.ok(asked.endsWith("…, <.01?") && face.width(asked, 16) <= 120, asked);
  assert.deepEqual(face.wrap("one two three", 16, face.width("one two", 16) + 1, 2), ["one two", "three"]);
  assert.equal(face.wrap("one two three four", 16, face.width("one two", 16) + 1, 2).length, 2);
});

test("figures, explanations and predictions show themselves", async () => {
  const figure = await visualize(explanation());
  const bundle = await figure[displaySymbol]();
  const pixels = (bytes: Uint8Array) => sharp(bytes).removeAlpha().raw().toBuffer();
  const [shown, exact] = await Promise.all([
    pixels(Buffer.from(String(bundle["image/png"]), "base64")),
    pixels(figure.png()),
  ]);
  assert.equal(shown.length, exact.length);
  assert.ok(shown.reduce((sum, value, i) => sum + Math.abs(value - exact[i]), 0) / exact.length < 4);
  assert.ok(String(bundle["text/html"]).includes('src="data:image/jpeg;base64,'));
  assert.match(String(bundle["text/plain"]), /^Figure \d+ × \d+: Why tiger cat/);
  const own = await explanation()[displaySymbol]();
  assert.deepEqual(Object.keys(own), ["image/png", "text/html", "text/plain"]);
  const table = predictionsHtml([cat, { ...dog, label: HOSTILE }]);
  assert.ok(table.includes(">.39<") && table.includes("width:39%") && !table.includes("<img"));
});

test("no explanation is refused", async () => {
  await assert.rejects(visualize([]), (error) => error instanceof SightlineError && error.code === "bad-config");
});

test("a detector's boxes are drawn: the explained one whole, with its name, the others dashed", async () => {
  const label = "<b>red</b>";
  const red = { index: 0, label, probability: 0.9, box: [8, 16, 24, 32] as const };
  const blue = { index: 1, label: "blue", probability: 0.5, box: [40, 16, 56, 32] as const };
  const off = { index: 2, label: "off", probability: 0.4, box: [-30, 70, -2, 90] as const };
  const parts = { prediction: red, predictions: [red, blue, off], targets: [red] };
  const look = { output_size: [256, 256], overlay_type: "none", overlay_prediction: false } as const;
  const figure = await visualize(explanation(parts), look);
  const { at } = await pixelsOf(figure.png());
  const plain = await visualize(explanation(), look);
  const before = await pixelsOf(plain.png());
  const light = (x: number, y: number) => Math.min(...at(x, y)) > 200;
  const [left, top] = [16, 18];
  const edge = (x: number) => Array.from({ length: 64 }, (_, i) => light(left + x, top + 64 + i));
  const lit = (line: boolean[]) => line.filter(Boolean).length;
  const whole = Math.max(...[30, 31, 32, 33, 34].map((x) => lit(edge(x))));
  const dashed = Math.max(...[158, 159, 160, 161, 162].map((x) => lit(edge(x))));
  assert.ok(whole > 60, `the explained box's edge is light for ${whole} of 64 pixels`);
  assert.ok(dashed > 20 && dashed < 50, `the other box's edge is light for ${dashed} of 64 pixels`);
  assert.deepEqual(at(left + 64, top + 96), before.at(left + 64, top + 96));
  assert.notDeepEqual(at(left + 40, top + 54), before.at(left + 40, top + 54));
  assert.match(figure.alt, /Why <b>red<\/b>, \.90, the box 13–38 % across and 25–50 % down\?/);
  assert.ok(!figure.html().includes(label));
});
