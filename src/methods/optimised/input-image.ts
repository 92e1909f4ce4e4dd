import { pixelIndex } from "../../core/pixel-index.js";
import type { Artifact } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import type { Subject } from "../method.js";
import { collapse } from "../pixel-gradients.js";

/** Values that the model's input takes for black and for each full colour, channel by channel. */
function palette(subject: Subject): { black: number[]; full: number[]; colour: number[] } {
  const { geometry } = subject;
  const at = pixelIndex(geometry);
  const values = (colour: readonly [number, number, number]) => {
    const { data } = subject.fill(colour);
    return Array.from({ length: geometry.channels }, (_, c) => data[at(c, 0)]);
  };
  const black = values([0, 0, 0]);
  const single = (
    [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ] as const
  ).map(values);
  const colour = black.map((low, c) => {
    const answers = single.map((full) => Math.abs(full[c] - low));
    return answers.indexOf(Math.max(...answers));
  });
  return { black, full: values([255, 255, 255]), colour };
}

/** Range of each value of the model's input that a picture can have. */
export function inputRange(subject: Subject): { low: Float32Array; high: Float32Array } {
  const { black, full } = palette(subject);
  const { geometry, input } = subject;
  const at = pixelIndex(geometry);
  const low = new Float32Array(input.data.length);
  const high = new Float32Array(input.data.length);
  for (let c = 0; c < geometry.channels; c++) {
    for (let p = 0; p < geometry.width * geometry.height; p++) {
      low[at(c, p)] = Math.min(black[c], full[c]);
      high[at(c, p)] = Math.max(black[c], full[c]);
    }
  }
  return { low, high };
}

/** A model input as a picture to be shown. */
export function inputImage(subject: Subject, { data }: Tensor, title: string, target?: number): Artifact {
  const { black, full, colour } = palette(subject);
  const { geometry } = subject;
  const { channels, width, height } = geometry;
  const at = pixelIndex(geometry);
  const pixels = new Float32Array(width * height * 3);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < channels; c++) {
      const value = (255 * (data[at(c, p)] - black[c])) / (full[c] - black[c] || 1);
      const shown = Math.min(255, Math.max(0, value));
      if (channels === 1) pixels.fill(shown, p * 3, p * 3 + 3);
      else pixels[p * 3 + colour[c]] = shown;
    }
  }
  return { kind: "image", title, data: pixels, width, height, target };
}

/** What changed from the subject's input to another, summed over channels. */
export function inputDifference(subject: Subject, { data }: Tensor, title: string, target?: number): Artifact {
  const change = data.map((value, i) => value - subject.input.data[i]);
  return { kind: "signed", title, ...collapse(change, subject.geometry, "sum"), target };
}
