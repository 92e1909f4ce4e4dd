import assert from "node:assert/strict";
import { test } from "node:test";
import { SightlineError } from "../../src/core/errors.js";
import { type ConfigContext, resolveConfig, type VisualizationConfig } from "../../src/render/config.js";

const ig: ConfigContext = { method: "integrated-gradients", signed: true, defaults: { type: "outlines" } };
const xrai: ConfigContext = { method: "xrai", signed: false, defaults: { type: "pixels" } };

const refused = (config: object, code: string, words: RegExp) =>
  assert.throws(
    () => resolveConfig(config as VisualizationConfig, ig),
    (error) => error instanceof SightlineError && error.code === code && words.test(error.message),
  );

test("integrated gradients are outlined in pink and green between the 70th and the 99.9th percentile", () => {
  const { type, polarity, clipBelow, clipAbove, colourMap, overlay, weight } = resolveConfig({}, ig);
  assert.deepEqual(
    { type, polarity, clipBelow, clipAbove, colourMap, overlay, weight },
    {
      type: "outlines",
      polarity: "positive",
      clipBelow: 70,
      clipAbove: 99.9,
      colourMap: "pink_green",
      overlay: "grayscale",
      weight: 0.5,
    },
  );
});

test("XRAI is drawn as pixels in viridis, unclipped", () => {
  const { type, clipBelow, clipAbove, colourMap } = resolveConfig({}, xrai);
  assert.deepEqual(
    { type, clipBelow, clipAbove, colourMap },
    { type: "pixels", clipBelow: 0, clipAbove: 100, colourMap: "viridis" },
  );
});

test("Google's two example objects mean what their defaults are", () => {
  const guideIg = {
    type: "Outlines",
    polarity: "positive",
    clip_below_percentile: 70,
    clip_above_percentile: 99.9,
    color_map: "pink_green",
    overlay_type: "grayscale",
  };
  const guideXrai = {
    type: "Pixels",
    polarity: "positive",
    clip_below_percentile: 0,
    clip_above_percentile: 100,
    color_map: "viridis",
    overlay_type: "grayscale",
  };
  assert.deepEqual(resolveConfig(guideIg, ig), resolveConfig({}, ig));
  assert.deepEqual(resolveConfig(guideXrai, xrai), resolveConfig({}, xrai));
});

test("keys may be camelCase, percentiles go by both names, enum values come in any case", () => {
  const camel = {
    type: "PIXELS",
    colorMap: "RED_GREEN",
    overlayType: "MASK_BLACK",
    clipPercentUpperbound: 90,
    clipPercentLowerbound: 5,
  };
  const snake = {
    type: "pixels",
    color_map: "red_green",
    overlay_type: "mask-black",
    clip_percent_upperbound: 90,
    clip_percent_lowerbound: 5,
  };
  assert.deepEqual(resolveConfig(camel, ig), resolveConfig(snake, ig));
  assert.equal(resolveConfig(camel, ig).overlay, "mask_black");
});

test("a model's own config comes before the method's defaults and after the reader's", () => {
  const own = {
    ...ig,
    defaults: { type: "outlines" as const, config: { colorMap: "VIRIDIS", clipPercentLowerbound: 10 } },
  };
  const resolved = resolveConfig({ clip_below_percentile: 20 }, own);
  assert.deepEqual([resolved.colourMap, resolved.clipBelow], ["viridis", 20]);
});

test("signed maps shown with both polarities get a diverging colour map", () => {
  const context: ConfigContext = { method: "occlusion", signed: true, defaults: { type: "pixels" } };
  assert.equal(resolveConfig({ polarity: "both" }, context).colourMap, "pink_green");
  assert.equal(resolveConfig({}, context).colourMap, "viridis");
});

test("both polarities of an unsigned map are its one", () => {
  assert.equal(resolveConfig({ polarity: "both" }, xrai).polarity, "positive");
  assert.equal(resolveConfig({ polarity: "both" }, ig).polarity, "both");
});

test("resize chooses between the model's part, the whole picture and the method's own cells", () => {
  const of = (resize?: boolean) => {
    const { extent, smooth } = resolveConfig({ resize }, ig);
    return { extent, smooth };
  };
  assert.deepEqual(of(), { extent: "view", smooth: true });
  assert.deepEqual(of(true), { extent: "picture", smooth: true });
  assert.deepEqual(of(false), { extent: "view", smooth: false });
});

test("outlines of XRAI and negative evidence of unsigned maps are allowed, with a warning", () => {
  const codes = (config: VisualizationConfig, context: ConfigContext) =>
    resolveConfig(config, context).warnings.map(({ code }) => code);
  assert.deepEqual(codes({ type: "outlines" }, xrai), ["outlines-of-regions"]);
  assert.deepEqual(codes({ polarity: "negative" }, xrai), ["unsigned-polarity"]);
  assert.deepEqual(codes({ polarity: "negative" }, ig), []);
});

test("an unknown key is refused with a suggestion", () => {
  refused({ colour_map: "viridis" }, "unknown-option", /unknown option 'colour_map'.*did you mean 'color_map'\?/);
});

test("an unknown value is refused with a suggestion", () => {
  refused({ color_map: "viridi" }, "bad-config", /bad color_map: "viridi".*did you mean 'viridis'\?/);
  refused({ type: 3 }, "bad-config", /bad type: 3: expected one of outlines, pixels/);
});

test("clip_below at or above clip_above is refused", () => {
  refused(
    { clip_below_percentile: 80, clip_above_percentile: 80 },
    "bad-config",
    /clip_below_percentile 80 is not below 80/,
  );
  refused({ clip_above_percentile: 60 }, "bad-config", /clip_below_percentile 70 is not below 60/);
});

test("numbers out of range are refused", () => {
  refused({ clip_above_percentile: 101 }, "bad-config", /a number from 0 to 100/);
  refused({ clip_above_percentile: Number.NaN }, "bad-config", /a number from 0 to 100/);
  refused({ overlay_weight: -0.1 }, "bad-config", /a number from 0 to 1/);
  refused({ output_size: [0, 10] }, "bad-config", /a whole number from 16 to 4096/);
  refused({ columns: 1.5 }, "bad-config", /a whole number from 1 to 16/);
  refused({ scaling: "yes" }, "bad-config", /true or false/);
  refused({ targets: [] }, "bad-config", /a class index, a label/);
});

test("one thing said under two names is refused", () => {
  refused(
    { clip_above_percentile: 90, clipPercentUpperbound: 95 },
    "bad-config",
    /'clip_above_percentile' and 'clipPercentUpperbound' say the same thing/,
  );
});
