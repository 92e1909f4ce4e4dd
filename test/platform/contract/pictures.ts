import assert from "node:assert/strict";
import { pictures } from "#platform/pictures";
import type { Pixels } from "../../../src/platform/pictures.js";
import type { Contract } from "./contract.js";

const SETTINGS = { maxPixels: 1e6, background: "white" } as const;

/** Every pixel another colour. */
function colours(width: number, height: number, channels: 1 | 3 | 4 = 3): Pixels {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) =>
    channels === 4 && i % 4 === 3 ? 255 : (i * 37) % 256,
  );
  return { data, width, height, channels };
}

const plain = (width: number, height: number, colour: readonly number[]): Pixels => ({
  data: Uint8Array.from({ length: width * height * colour.length }, (_, i) => colour[i % colour.length]),
  width,
  height,
  channels: colour.length as 1 | 3 | 4,
});

function far(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}

export const picturesContract: Contract = {
  async "PNG gives back what was put in: colours, grey, one pixel"() {
    for (const pixels of [colours(5, 3), colours(1, 1), colours(300, 2), colours(4, 4, 4)]) {
      const { width, height } = pixels;
      const png = await pictures.encode(pixels, { format: "png" });
      const facts = await pictures.inspect(png);
      assert.deepEqual([facts.width, facts.height, facts.frames], [width, height, 1]);
      const rgb = pixels.data.filter((_, i) => pixels.channels !== 4 || i % 4 !== 3);
      const decoded = await pictures.decode(png, SETTINGS);
      assert.deepEqual([decoded.width, decoded.height], [width, height]);
      assert.deepEqual([...decoded.data], [...rgb]);
    }
    const grey = await pictures.encode(colours(3, 2, 1), { format: "png" });
    const { data } = await pictures.decode(grey, SETTINGS);
    assert.deepEqual(
      [...data],
      [...colours(3, 2, 1).data].flatMap((value) => [value, value, value]),
    );
  },

  async "a palette of few colours loses none"() {
    const pixels = plain(6, 5, [200, 30, 90]);
    const png = await pictures.encode(pixels, { format: "png", palette: true });
    assert.deepEqual([...(await pictures.decode(png, SETTINGS)).data], [...pixels.data]);
  },

  async "JPEG and WebP come near"() {
    const pixels = plain(16, 16, [180, 60, 120]);
    for (const encoding of [
      { format: "jpeg", quality: 95 },
      { format: "webp", quality: 95 },
    ] as const) {
      const encoded = await pictures.encode(pixels, encoding);
      assert.equal((await pictures.inspect(encoded)).width, 16);
      assert.ok(await pictures.isOpaque(encoded));
      assert.ok(far((await pictures.decode(encoded, SETTINGS)).data, pixels.data) <= 6, encoding.format);
    }
  },

  async "what shows through transparent parts is the background"() {
    const png = await pictures.encode(
      { data: Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0, 100, 100, 100, 51), width: 3, height: 1, channels: 4 },
      { format: "png" },
    );
    assert.equal((await pictures.inspect(png)).hasAlpha, true);
    assert.equal(await pictures.isOpaque(png), false);
    const on = async (background: "white" | "black") =>
      (await pictures.decode(png, { maxPixels: 10, background })).data;
    assert.ok(far(await on("white"), [10, 20, 30, 255, 255, 255, 224, 224, 224]) <= 1);
    assert.ok(far(await on("black"), [10, 20, 30, 0, 0, 0, 20, 20, 20]) <= 1);
  },

  async "too many pixels are refused before they are unpacked, and what is no picture is refused"() {
    const png = await pictures.encode(colours(20, 20), { format: "png" });
    await assert.rejects(pictures.decode(png, { maxPixels: 399, background: "white" }), /pixel/);
    for (const bytes of [
      new Uint8Array(),
      Uint8Array.of(1, 2, 3),
      png.slice(0, 20),
      new TextEncoder().encode("<svg/>"),
    ]) {
      await assert.rejects(pictures.decode(bytes, SETTINGS), /./);
    }
  },

  async "a picture is brought to a size, by part, in its own shape, with the channels that it has"() {
    const pixels = colours(8, 4);
    const twice = await pictures.resize(pixels, { width: 16, height: 8, fit: "fill", kernel: "nearest" });
    const every = Array.from({ length: 16 * 8 * 3 }, (_, i) => {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % 16, Math.floor(i / 48)];
      return pixels.data[(Math.floor(y / 2) * 8 + Math.floor(x / 2)) * 3 + c];
    });
    assert.deepEqual([...twice.data], every);
    const sizes = async (fit: "fill" | "inside" | "cover") => {
      const { width, height, data } = await pictures.resize(plain(20, 10, [9, 8, 7]), { width: 6, height: 6, fit });
      assert.deepEqual([...new Set(data)].sort(), [7, 8, 9]);
      return [width, height];
    };
    assert.deepEqual(
      [await sizes("fill"), await sizes("inside"), await sizes("cover")],
      [
        [6, 6],
        [6, 3],
        [6, 6],
      ],
    );
    const part = { x: 2, y: 1, width: 3, height: 2 };
    const cut = await pictures.resize(pixels, { part, width: 3, height: 2, fit: "fill", kernel: "nearest" });
    const row = (y: number) => [...pixels.data.slice((y * 8 + 2) * 3, (y * 8 + 5) * 3)];
    assert.deepEqual([...cut.data], [...row(1), ...row(2)]);
    const grey = await pictures.resize(plain(4, 4, [50]), { width: 2, height: 2, fit: "fill" });
    assert.deepEqual([grey.channels ?? 3, [...grey.data]], [1, [50, 50, 50, 50]]);
  },

  async "a drawing is what its list says, the last one on top"() {
    const {
      data,
      width,
      channels = 3,
    } = await pictures.draw({
      width: 4,
      height: 2,
      background: "#102030",
      shapes: [
        { kind: "rect", x: 1, y: 0, width: 2, height: 2, fill: "#ff0000" },
        { kind: "path", d: "M2 0H3V1H2Z", fill: "#00ff00" },
        { kind: "image", pixels: plain(1, 1, [1, 2, 3]), left: 3, top: 1 },
        { kind: "rect", x: 0, y: 1, width: 1, height: 1, fill: "#ffffff", opacity: 0.5 },
      ],
    });
    const at = (x: number, y: number) => [...data.slice((y * width + x) * channels).slice(0, 3)];
    assert.deepEqual(
      [at(0, 0), at(1, 0), at(2, 0)],
      [
        [16, 32, 48],
        [255, 0, 0],
        [0, 255, 0],
      ],
    );
    assert.deepEqual(
      [at(2, 1), at(3, 1)],
      [
        [255, 0, 0],
        [1, 2, 3],
      ],
    );
    assert.ok(far(at(0, 1), [136, 144, 152]) <= 1);
  },
};
