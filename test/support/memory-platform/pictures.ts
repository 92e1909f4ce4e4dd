import type { RawImage } from "../../../src/core/raw-image.js";
import type { Pictures, Pixels, ResizeSettings } from "../../../src/platform/pictures.js";
import { draw } from "./drawing.js";

/** Pictures that are written as what they are: PAM, whatever the encoding asked for. */
export const pictures: Pictures = {
  async inspect(encoded) {
    const { width, height, channels } = parse(encoded);
    return { width, height, frames: 1, hasAlpha: channels === 4 };
  },
  async isOpaque(encoded) {
    const { data, channels } = parse(encoded);
    return channels !== 4 || data.every((value, i) => i % 4 !== 3 || value === 255);
  },
  async decode(encoded, { maxPixels, background }) {
    const { width, height, data, channels = 3 } = parse(encoded);
    if (width * height > maxPixels) throw new Error(`${width} × ${height} pixels are more than ${maxPixels}`);
    const paper = background === "white" ? 255 : 0;
    const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3) * channels;
      const value = data[pixel + (channels < 3 ? 0 : i % 3)];
      const share = channels === 4 ? data[pixel + 3] / 255 : 1;
      return Math.round(value * share + paper * (1 - share));
    });
    return { data: rgb, width, height };
  },
  resize: async (pixels, settings) => resize(pixels, settings),
  async encode({ data, width, height, channels = 3 }) {
    const kind = { 1: "GRAYSCALE", 3: "RGB", 4: "RGB_ALPHA" }[channels];
    const head = `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH ${channels}\nMAXVAL 255\nTUPLTYPE ${kind}\nENDHDR\n`;
    const out = new Uint8Array(head.length + data.length);
    out.set(new TextEncoder().encode(head));
    out.set(data, head.length);
    return out;
  },
  draw: async (drawing) => draw(drawing),
};

function parse(encoded: Uint8Array): Pixels {
  const head = new TextDecoder("latin1").decode(encoded.subarray(0, 200));
  const [whole, ...numbers] =
    /^P7\nWIDTH (\d+)\nHEIGHT (\d+)\nDEPTH ([134])\nMAXVAL 255\n.*\nENDHDR\n/.exec(head) ?? [];
  const [width, height, channels] = numbers.map(Number);
  const data = encoded.subarray(whole?.length);
  if (data.length !== width * height * channels) throw new Error("not a PAM file");
  return { data, width, height, channels: channels as 1 | 3 | 4 };
}

/** Means of the pixels that each new one covers; where there is none, the nearest. */
function resize(pixels: Pixels, { width, height, fit, part }: ResizeSettings): RawImage & Pixels {
  const { data, channels = 3 } = pixels;
  const { x, y, width: across, height: down } = part ?? { x: 0, y: 0, ...size(pixels) };
  const scales = [width / across, height / down];
  const scale = fit === "inside" ? Math.min(...scales) : Math.max(...scales);
  const [horizontal, vertical] = fit === "fill" ? scales : [scale, scale];
  const out =
    fit === "inside" ? { width: Math.round(across * scale), height: Math.round(down * scale) } : { width, height };
  const left = x + (across - out.width / horizontal) / 2;
  const top = y + (down - out.height / vertical) / 2;
  const result = new Uint8Array(out.width * out.height * channels);
  const range = (start: number, step: number, i: number) => {
    const first = Math.floor(start + i / step);
    return [first, Math.max(first + 1, Math.floor(start + (i + 1) / step))];
  };
  for (let row = 0, to = 0; row < out.height; row++) {
    const [y0, y1] = range(top, vertical, row);
    for (let column = 0; column < out.width; column++) {
      const [x0, x1] = range(left, horizontal, column);
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += data[(v * pixels.width + u) * channels + c];
        result[to] = Math.round(sum / ((y1 - y0) * (x1 - x0)));
      }
    }
  }
  return { data: result, ...out, ...(channels !== 3 && { channels }) };
}

const size = ({ width, height }: Pixels) => ({ width, height });
