import assert from "node:assert/strict";
import { describe, test } from "node:test";
import sharp from "sharp";
import { displaySymbol, ROWS_TYPE } from "../../src/core/display.js";
import { tensor } from "../../src/core/tensor.js";
import { mimeBundle } from "../../src/kernel/mime-bundle.js";
import { html, json, latex, markdown, mime, svg } from "../../src/notebook.js";

/** The longest text of a result, before the note that it was cut. */
const LIMIT = 20_000;

const bundle = async (value: unknown) => (await mimeBundle(value)) as Record<string, unknown>;
const text = async (value: unknown) => String((await bundle(value))["text/plain"]);
const types = async (value: unknown) => Object.keys(await bundle(value)).sort();

describe("plain values", () => {
  test("show as console.log would show them", async () => {
    assert.equal(await text("a 'b'"), `"a 'b'"`);
    assert.equal(await text(10n), "10n");
    assert.equal(await text(null), "null");
    assert.equal(await text({ a: { b: [1] } }), "{ a: { b: [ 1 ] } }");
    assert.equal(await text(new Set([1, "x"])), "Set(2) { 1, 'x' }");
    assert.match(await text(new Date(0)), /1970-01-01T00:00:00\.000Z/);
    assert.deepEqual(await types(() => 1), ["text/plain"]);
  });

  test("arrays are listed, long ones with the number of what is left out", async () => {
    assert.equal(await text([1, 2, 3]), "[ 1, 2, 3 ]");
    assert.deepEqual(await types([1, 2]), ["text/plain"]);
    assert.match(await text(Array.from({ length: 1_000_000 }, (_, i) => i)), /\.\.\. 999900 more items/);
  });

  test("an object that refers to itself, and one whose properties throw", async () => {
    const self: Record<string, unknown> = {};
    self.self = self;
    assert.match(await text(self), /Circular/);
    const hostile = {
      get value() {
        throw new Error("no");
      },
    };
    assert.match(await text(hostile), /Getter/);
  });
});

describe("long results", () => {
  test("are cut with a note that says how much is missing", async () => {
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`property number ${i}`, i]));
    const shown = await text(wide);
    const [, missing] =
      /\n… cut: (\d+) more characters; console\.log prints all of it$/.exec(shown) ?? assert.fail(shown);
    assert.equal(shown.indexOf("\n… cut"), LIMIT);
    assert.ok(Number(missing) > 10_000);
  });

  test("long strings say so as well", async () => {
    const shown = await text("x".repeat(1_000_000));
    assert.ok(shown.length < LIMIT + 200);
    assert.match(shown, /more characters/);
  });
});

describe("numbers in typed arrays and tensors", () => {
  test("short ones as they are, long ones with range and mean", async () => {
    assert.equal(await text(new Int16Array([1, -2])), "Int16Array(2) [ 1, -2 ]");
    const long = Float32Array.from({ length: 1_000 }, (_, i) => i);
    assert.match(await text(long), /900 more items[\s\S]*\nmin 0, max 999, mean 499\.5$/);
    assert.match(await text(new BigInt64Array(200).fill(3n)), /3n/);
  });

  test("values that are not finite are counted and do not spoil the range", async () => {
    const values = new Float64Array(200).fill(2);
    values[0] = Number.NaN;
    values[1] = Number.POSITIVE_INFINITY;
    assert.match(await text(values), /min 2, max 2, mean 2, 2 not finite$/);
    assert.match(await text(new Float64Array(200).fill(Number.NaN)), /no finite values$/);
  });

  test("a tensor shows its dimensions, range and first values", async () => {
    const shown = await text(
      tensor(
        Float32Array.from({ length: 24 }, (_, i) => i / 2),
        [2, 3, 4],
      ),
    );
    assert.match(shown, /^Tensor float32 \[2, 3, 4\], min 0, max 11\.5, mean 5\.75\n/);
    assert.match(shown, /12 more items/);
  });
});

describe("Maps", () => {
  test("are tables of keys and values, with their text beside it", async () => {
    const shown = await bundle(
      new Map<unknown, unknown>([
        ["a", 1],
        [{ b: 2 }, "<i>"],
      ]),
    );
    assert.match(
      String(shown["text/html"]),
      /<th style="text-align:left">key<\/th><th style="text-align:left">value<\/th>/,
    );
    assert.match(String(shown["text/html"]), /<td style="text-align:left">a<\/td><td style="text-align:left">1<\/td>/);
    assert.match(String(shown["text/html"]), />{ b: 2 }<\/td><td style="text-align:left">&lt;i&gt;<\/td>/);
    assert.match(String(shown["text/plain"]), /^Map\(2\) {/);
    assert.deepEqual(await types(new Map()), ["text/plain"]);
  });
});

describe("records and lists of numbers", () => {
  test("show three significant digits, the whole value on hover; text that only looks like a number stays", async () => {
    const { "text/html": shown, "text/plain": text } = await bundle({
      score: 1 / 3,
      loss: -0,
      list: [0.1 + 0.2, 2],
      deep: { hash: "0a".repeat(32) },
      said: "0.123456789 <b>",
      when: new Date(0),
    });
    assert.match(String(shown), /^<pre>\{\n/);
    assert.match(String(shown), /score: <span title="0\.3333333333333333">0\.333<\/span>,/);
    assert.match(String(shown), /loss: <span title="-0">0<\/span>,/);
    assert.match(String(shown), /\[ <span title="0\.30000000000000004">0\.3<\/span>, 2 \]/);
    assert.match(
      String(shown),
      /'<span title="(0a){32}">0a0a0a0a…<\/span>'|&apos;<span title="(0a){32}">0a0a0a0a…<\/span>&apos;/,
    );
    assert.match(String(shown), /0\.123456789 &lt;b&gt;/);
    assert.match(String(shown), /1970-01-01T00:00:00\.000Z/);
    assert.match(String(text), /score: 0\.3333333333333333/);
    assert.match(String((await bundle(Float32Array.of(0.1)))["text/html"]), /<span title="0\.10000000149011612">0\.1</);
    assert.deepEqual(await types({ whole: 3, text: "a" }), ["text/plain"], "nothing to shorten, nothing to add");
  });
});

describe("Errors as values", () => {
  test("show name, message, stack, properties and cause", async () => {
    const error = Object.assign(new RangeError("too far", { cause: new TypeError("deep") }), { code: "E_FAR" });
    const shown = await text(error);
    assert.match(shown, /^RangeError: too far\n {4}at /);
    assert.match(shown, /code: 'E_FAR'/);
    assert.match(shown, /\[cause\]: TypeError: deep/);
  });
});

describe("tables of objects", () => {
  const rows = [
    { name: "a & b", n: 1, deep: { x: [1] } },
    { name: "<script>", n: 2.5, more: true },
  ];

  test("have the keys of all rows as columns, numbers to the right, everything escaped", async () => {
    const shown = String((await bundle(rows))["text/html"]);
    const columns = [...shown.matchAll(/<th style="text-align:(\w+)">(\w*)<\/th>/g)].map(
      ([, side, name]) => `${name} ${side}`,
    );
    assert.match(shown, /<td [^>]*data-column="n">1</, "cells of a wide table name their column");
    assert.deepEqual(columns, ["name left", "n right", "deep left", "more left"], "and no column that counts the rows");
    const cells = [...shown.matchAll(/<td style="text-align:(\w+)"[^>]*>(.*?)<\/td>/g)].map(
      ([, side, html]) => `${html} ${side}`,
    );
    assert.deepEqual(cells.slice(0, 5), [
      "a &amp; b left",
      "1 right",
      "{ x: [ 1 ] } left",
      " left",
      "&lt;script&gt; left",
    ]);
    assert.doesNotMatch(shown, /<script/);
  });

  test("carry their rows as data, as far as JSON holds them", async () => {
    assert.deepEqual((await bundle(rows))[ROWS_TYPE], [
      { name: "a & b", n: 1 },
      { name: "<script>", n: 2.5, more: true },
    ]);
  });

  test("of many rows and columns are cut with a note", async () => {
    const wide = Array.from({ length: 1_000 }, () =>
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`c${i}`, i])),
    );
    const shown = String((await bundle(wide))["text/html"]);
    assert.equal(shown.match(/<tr>/g)?.length, 51);
    assert.match(shown, /<p>… 950 more rows, 10 more columns<\/p>$/);
    const long = String((await bundle([{ text: "y".repeat(1_000) }]))["text/html"]);
    assert.match(long, />y{200}…<\/td>/);
  });

  test("show three significant digits and eight of a hash, and keep the whole values on hover and as data", async () => {
    const sha256 = "ef5b4f14".repeat(8);
    const values = [{ p: 0.936612345678, tiny: 9.6e-8, loss: -0, big: 1234.5678, count: 160, sha256, written: "0.94" }];
    const { "text/html": shown, [ROWS_TYPE]: data, "text/plain": text } = await bundle(values);
    const cells = [...String(shown).matchAll(/<td style="text-align:(\w+)"[^>]*>(.*?)<\/td>/g)].map(
      ([, side, html]) => `${side} ${html}`,
    );
    assert.deepEqual(cells, [
      'right <span title="0.936612345678">0.937</span>',
      "right 9.6e-8",
      "right 0",
      'right <span title="1234.5678">1235</span>',
      "right 160",
      `left <span title="${sha256}">ef5b4f14…</span>`,
      "right 0.94",
    ]);
    assert.deepEqual(data, values);
    assert.match(String(text), /0\.936612345678/);
  });

  test("are for plain objects only", async () => {
    assert.deepEqual(await types([new Date()]), ["text/plain"]);
    assert.deepEqual(await types([{ a: 1 }, 2]), ["text/plain"]);
    assert.deepEqual(await types([]), ["text/plain"]);
    assert.deepEqual(await types([{}]), ["text/plain"]);
  });
});

describe("pictures", () => {
  for (const [channels, pixel] of [
    [1, [200]],
    [3, [10, 20, 30]],
    [4, [10, 20, 30, 128]],
  ] as const) {
    test(`of ${channels} channels become PNGs of the same pixels`, async () => {
      const data = Uint8Array.from({ length: 3 * 2 * channels }, (_, i) => pixel[i % channels]);
      const shown = await bundle({ data, width: 3, height: 2 });
      assert.equal(shown["text/plain"], "Image 3 × 2");
      const png = Buffer.from(String(shown["image/png"]), "base64");
      const decoded = await sharp(png)
        .toColourspace(channels === 1 ? "b-w" : "srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.deepEqual([decoded.info.width, decoded.info.height, decoded.info.channels], [3, 2, channels]);
      assert.deepEqual([...decoded.data], [...data]);
    });
  }

  test("whose data does not fill width and height are objects", async () => {
    assert.deepEqual(await types({ data: new Uint8Array(5), width: 3, height: 2 }), ["text/plain"]);
  });

  test("that are encoded already are shown as they are", async () => {
    const encoded = async (format: "png" | "jpeg" | "gif") =>
      new Uint8Array(
        await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } })
          .toFormat(format)
          .toBuffer(),
      );
    for (const format of ["png", "jpeg", "gif"] as const) {
      const bytes = await encoded(format);
      assert.equal((await bundle(bytes))[`image/${format}`], Buffer.from(bytes).toString("base64"));
    }
    assert.deepEqual(await types(new Uint8Array([1, 2, 3])), ["text/plain"]);
  });
});

describe("Plotly figures", () => {
  test("are shown as such, with layout and config where they are given", async () => {
    const data = [{ type: "bar", x: ["a"], y: [1] }];
    assert.deepEqual((await bundle({ data }))["application/vnd.plotly.v1+json"], { data, layout: {}, config: {} });
    const figure = { data: [{ y: [1, 2] }], layout: { title: "t" }, config: { scrollZoom: true } };
    assert.deepEqual((await bundle(figure))["application/vnd.plotly.v1+json"], figure);
  });

  test("are not guessed where the data could be anything", async () => {
    assert.ok(!(await types({ data: [{ y: [1] }] })).includes("application/vnd.plotly.v1+json"));
    assert.ok(!(await types({ data: [], layout: {} })).includes("application/vnd.plotly.v1+json"));
  });
});

describe("values that show themselves", () => {
  test("HTML, Markdown, LaTeX, SVG and JSON", async () => {
    assert.equal((await bundle(html("<b>x</b>")))["text/html"], "<b>x</b>");
    assert.deepEqual(await bundle(markdown("*x*")), { "text/markdown": "*x*", "text/plain": "*x*" });
    assert.deepEqual(await bundle(latex("$x^2$")), { "text/latex": "$x^2$", "text/plain": "$x^2$" });
    assert.equal((await bundle(svg("<svg/>")))["image/svg+xml"], "<svg/>");
    assert.deepEqual((await bundle(json({ a: [1] })))["application/json"], { a: [1] });
  });

  test("get a text where they give none, also where they must be waited for", async () => {
    assert.match(await text(mime({ "text/html": "x" })), /Symbol\(sightline\.display\)/);
    assert.deepEqual(await types({ [displaySymbol]: async () => ({ "image/png": "AA" }) }), [
      "image/png",
      "text/plain",
    ]);
  });

  test("that fail at it are shown as objects with the reason", async () => {
    const failing = {
      a: 1,
      [displaySymbol]: () => {
        throw new Error("broken");
      },
    };
    const late = { a: 1, [displaySymbol]: () => Promise.reject(new Error("broken")) };
    for (const value of [failing, late])
      assert.match(await text(value), /a: 1[\s\S]*its own display failed: Error: broken/);
  });
});
